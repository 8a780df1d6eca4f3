SELECT doc_id, COALESCE(status = 'paid', FALSE) FROM orders
