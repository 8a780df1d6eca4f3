SELECT a.doc_id, a.user_id, a.person.name AS value__name, a.person.organization AS value__organization,
  a.person.aid AS value__hearing_aid_requested
FROM (
  SELECT m.doc_id, u.doc_id AS user_id, LAST_VALUE(CAST(ROW(
    display_name(COALESCE(u.nickname, ''), COALESCE(u.firstName, 'None'), COALESCE(u.lastName, 'None')),
    u.organization, u.hearingAidRequested) AS ROW<name STRING, organization STRING, aid BOOLEAN>)) AS person
  FROM meetings AS m
  CROSS JOIN UNNEST(m.users) AS e (user_id)
  JOIN users AS u ON e.user_id = u.doc_id
  JOIN tickets AS t ON m.tickets[e.user_id] = t.doc_id AND attends(COALESCE(t.attendance, FALSE))
  WHERE m.status IS DISTINCT FROM 'not-started'
  GROUP BY m.doc_id, u.doc_id
) AS a
