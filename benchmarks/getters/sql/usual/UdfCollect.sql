SELECT c.doc_id, COALESCE(o.balance, 0)
FROM customers AS c
LEFT JOIN (
  SELECT customer, balance(amounts) AS balance
  FROM (SELECT customer, ARRAY_AGG(ROW(doc_id, cents)) AS amounts FROM orders GROUP BY customer)
) AS o ON o.customer = c.doc_id
