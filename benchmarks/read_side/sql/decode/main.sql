SELECT 'meetings' AS collection, COUNT(*) AS documents,
  SUM(CHAR_LENGTH(doc_id) + CHAR_LENGTH(status) + CHAR_LENGTH(location) + CARDINALITY(users) + CARDINALITY(tickets)) AS total
FROM meetings
UNION ALL
SELECT 'users', COUNT(*),
  SUM(CHAR_LENGTH(doc_id) + CHAR_LENGTH(firstName) + CHAR_LENGTH(lastName) + CHAR_LENGTH(organization)
    + CHAR_LENGTH(COALESCE(nickname, '')) + CASE WHEN hearingAidRequested THEN 1 ELSE 0 END)
FROM users
UNION ALL
SELECT 'tickets', COUNT(*), SUM(CHAR_LENGTH(doc_id) + CASE WHEN attendance THEN 1 ELSE 0 END) FROM tickets
UNION ALL
SELECT 'locations', COUNT(*),
  SUM(CHAR_LENGTH(doc_id) + CAST(latitude AS BIGINT) + CAST(longitude AS BIGINT) + CHAR_LENGTH(address))
FROM locations
