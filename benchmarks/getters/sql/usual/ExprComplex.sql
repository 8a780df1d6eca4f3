SELECT o.doc_id,
  CASE
    WHEN c.doc_id IS NULL OR o.status = 'cancelled' THEN CAST(NULL AS STRING)
    WHEN o.cents >= 9000 THEN c.name || ' (large)'
    WHEN o.status = 'open' THEN UPPER(c.name)
    ELSE c.name
  END
FROM orders AS o
LEFT JOIN (
  SELECT doc_id, CASE WHEN nickname <> '' THEN nickname
    ELSE COALESCE(`first`, 'None') || ' ' || COALESCE(`last`, 'None') END AS name
  FROM customers
) AS c ON o.customer = c.doc_id
