SELECT doc_id, COALESCE(SUM(cents), 0)
FROM (
  SELECT doc_id, 1 AS present, CAST(NULL AS BIGINT) AS cents FROM customers
  UNION ALL
  SELECT customer, CAST(NULL AS INT), cents FROM orders WHERE customer IS NOT NULL
)
GROUP BY doc_id
HAVING COUNT(present) > 0
