SELECT doc_id FROM customers
