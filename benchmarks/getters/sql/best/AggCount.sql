SELECT doc_id, COUNT(paid)
FROM (
  SELECT doc_id, 1 AS present, CAST(NULL AS INT) AS paid FROM customers
  UNION ALL
  SELECT customer, CAST(NULL AS INT), 1 FROM orders WHERE status = 'paid' AND customer IS NOT NULL
)
GROUP BY doc_id
HAVING COUNT(present) > 0
