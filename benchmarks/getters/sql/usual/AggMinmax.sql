SELECT c.doc_id, o.smallest, o.largest
FROM customers AS c
LEFT JOIN (
  SELECT customer, MIN(cents) AS smallest, MAX(cents) AS largest FROM orders GROUP BY customer
) AS o ON o.customer = c.doc_id
