SELECT c.doc_id, COALESCE(o.total, 0)
FROM customers AS c
LEFT JOIN (SELECT customer, SUM(cents) AS total FROM orders GROUP BY customer) AS o ON o.customer = c.doc_id
