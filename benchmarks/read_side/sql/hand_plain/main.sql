SELECT g.doc_id, g.s.in_session AS in_session, g.s.latitude AS latitude, g.s.longitude AS longitude,
  g.s.address AS address, COALESCE(g.aids, 0) AS num_hearing_aid_requested
FROM (
  SELECT doc_id, LAST_VALUE(s) AS s, SUM(aid) AS aids
  FROM (
    SELECT m.doc_id, CAST(ROW(m.status IS NOT DISTINCT FROM 'in-session', l.latitude, l.longitude, l.address)
        AS ROW<in_session BOOLEAN, latitude DOUBLE, longitude DOUBLE, address STRING>) AS s,
      CAST(NULL AS BIGINT) AS aid
    FROM meetings AS m LEFT JOIN locations AS l ON m.location = l.doc_id
    UNION ALL
    SELECT a.doc_id,
      CAST(NULL AS ROW<in_session BOOLEAN, latitude DOUBLE, longitude DOUBLE, address STRING>) AS s,
      CAST(1 AS BIGINT) AS aid
    FROM meetings AS a
    CROSS JOIN UNNEST(ARRAY_DISTINCT(a.users)) AS e (user_id)
    JOIN users AS u ON e.user_id = u.doc_id AND u.hearingAidRequested
    JOIN tickets AS t ON a.tickets[e.user_id] = t.doc_id AND t.attendance
    WHERE a.status IS DISTINCT FROM 'not-started'
  ) AS i
  GROUP BY doc_id
  HAVING LAST_VALUE(s) IS NOT NULL
) AS g
