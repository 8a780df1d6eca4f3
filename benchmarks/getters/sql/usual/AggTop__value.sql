SELECT doc_id, order_id, code, order_1
FROM (
  SELECT c.doc_id, o.doc_id AS order_id, o.code, -COALESCE(o.cents, 0) AS order_1,
    ROW_NUMBER() OVER (PARTITION BY c.doc_id ORDER BY -COALESCE(o.cents, 0), o.doc_id) AS place
  FROM customers AS c
  JOIN orders AS o ON o.customer = c.doc_id
)
WHERE place <= 3
