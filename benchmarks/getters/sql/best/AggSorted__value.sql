SELECT o.customer, o.doc_id, o.code, o.cents, o.code IS NULL, COALESCE(o.code, '')
FROM orders AS o
WHERE o.customer IS NOT NULL
