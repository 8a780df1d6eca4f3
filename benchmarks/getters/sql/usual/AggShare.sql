SELECT c.doc_id, CASE WHEN o.orders > 0 THEN ROUND(CAST(100 * o.paid AS DOUBLE) / o.orders, 3) ELSE 0e0 END
FROM customers AS c
LEFT JOIN (
  SELECT customer, COUNT(*) AS orders, COUNT(CASE WHEN status = 'paid' THEN 1 END) AS paid FROM orders GROUP BY customer
) AS o
  ON o.customer = c.doc_id
