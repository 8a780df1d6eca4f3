SELECT c.doc_id, COALESCE(o.paid, 0)
FROM customers AS c
LEFT JOIN (SELECT customer, COUNT(*) AS paid FROM orders WHERE status = 'paid' GROUP BY customer) AS o
  ON o.customer = c.doc_id
