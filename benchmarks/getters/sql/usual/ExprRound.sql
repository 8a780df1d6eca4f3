SELECT doc_id, ROUND(cents * 1.19e0 / 3, 2) FROM orders
