SELECT doc_id, CASE WHEN COUNT(ordered) > 0 THEN ROUND(CAST(100 * COUNT(paid) AS DOUBLE) / COUNT(ordered), 3) ELSE 0e0 END
FROM (
  SELECT doc_id, 1 AS present, CAST(NULL AS INT) AS ordered, CAST(NULL AS INT) AS paid FROM customers
  UNION ALL
  SELECT customer, CAST(NULL AS INT), 1, CASE WHEN status = 'paid' THEN 1 END FROM orders WHERE customer IS NOT NULL
)
GROUP BY doc_id
HAVING COUNT(present) > 0
