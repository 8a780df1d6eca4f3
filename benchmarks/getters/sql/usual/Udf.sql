SELECT doc_id, without_numbers(code) FROM orders
