SELECT c.doc_id, o.doc_id, o.code, o.cents, o.code IS NULL, COALESCE(o.code, '')
FROM customers AS c
JOIN orders AS o ON o.customer = c.doc_id
