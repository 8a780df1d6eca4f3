SELECT customer, status, SUM(COALESCE(cents, 0))
FROM orders
WHERE status IS NOT NULL AND customer IS NOT NULL
GROUP BY customer, status
