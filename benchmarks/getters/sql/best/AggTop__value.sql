SELECT customer, doc_id, code, -COALESCE(cents, 0)
FROM (
  SELECT customer, doc_id, code, cents,
    ROW_NUMBER() OVER (PARTITION BY customer ORDER BY COALESCE(cents, 0) DESC, doc_id) AS place
  FROM orders
)
WHERE place <= 3 AND customer IS NOT NULL
