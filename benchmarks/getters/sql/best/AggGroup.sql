SELECT doc_id, FALSE FROM customers
