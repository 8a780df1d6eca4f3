SELECT c.doc_id, o.status, SUM(COALESCE(o.cents, 0))
FROM customers AS c
JOIN orders AS o ON o.customer = c.doc_id
WHERE o.status IS NOT NULL
GROUP BY c.doc_id, o.status
