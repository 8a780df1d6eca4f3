SELECT doc_id, LAST_VALUE(in_session) AS in_session, LAST_VALUE(latitude) AS latitude,
  LAST_VALUE(longitude) AS longitude, LAST_VALUE(address) AS address,
  LAST_VALUE(aids) AS num_hearing_aid_requested
FROM (
  SELECT m.doc_id, m.status IS NOT DISTINCT FROM 'in-session' AS in_session, l.latitude, l.longitude, l.address,
    COALESCE(a.aids, 0) AS aids
  FROM meetings AS m
  LEFT JOIN locations AS l ON m.location = l.doc_id
  LEFT JOIN (
    SELECT m.doc_id, COUNT(*) AS aids
    FROM meetings AS m
    CROSS JOIN UNNEST(m.users) AS e (user_id)
    JOIN users AS u ON e.user_id = u.doc_id
    JOIN tickets AS t ON m.tickets[e.user_id] = t.doc_id
    WHERE m.status IS DISTINCT FROM 'not-started' AND t.attendance AND u.hearingAidRequested
    GROUP BY m.doc_id
  ) AS a ON m.doc_id = a.doc_id
) AS j
GROUP BY doc_id
