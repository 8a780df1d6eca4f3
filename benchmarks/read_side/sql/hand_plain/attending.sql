SELECT m.doc_id, u.doc_id AS user_id,
  CASE WHEN u.nickname <> '' THEN u.nickname
    ELSE COALESCE(u.firstName, 'None') || ' ' || COALESCE(u.lastName, 'None') END AS value__name,
  u.organization AS value__organization, u.hearingAidRequested AS value__hearing_aid_requested
FROM meetings AS m
CROSS JOIN UNNEST(ARRAY_DISTINCT(m.users)) AS e (user_id)
JOIN users AS u ON e.user_id = u.doc_id
JOIN tickets AS t ON m.tickets[e.user_id] = t.doc_id
WHERE m.status IS DISTINCT FROM 'not-started' AND t.attendance
