SELECT m.doc_id, u.doc_id AS user_id,
  LAST_VALUE(CASE WHEN u.nickname <> '' THEN u.nickname
    ELSE COALESCE(u.firstName, 'None') || ' ' || COALESCE(u.lastName, 'None') END) AS value__name,
  LAST_VALUE(u.organization) AS value__organization,
  LAST_VALUE(u.hearingAidRequested) AS value__hearing_aid_requested
FROM meetings AS m
CROSS JOIN UNNEST(m.users) AS e (user_id)
JOIN users AS u ON e.user_id = u.doc_id
JOIN tickets AS t ON m.tickets[e.user_id] = t.doc_id
WHERE m.status IS DISTINCT FROM 'not-started' AND t.attendance
GROUP BY m.doc_id, u.doc_id
