-- Revenue of paid orders by month and country, and how much of it comes from customers' first orders.
WITH paid AS (
  SELECT
    CAST(date_trunc('month', ordered_at) AS DATE) AS month,
    orders.country,
    amount,
    row_number() OVER (PARTITION BY customer_id ORDER BY ordered_at, order_id) = 1 AS is_first
  FROM orders
  JOIN customers USING (customer_id)
  WHERE status IN ('paid', 'sent')
)
SELECT
  month,
  country,
  count(*) AS orders,
  CAST(sum(amount) AS DECIMAL(18, 2)) AS revenue,
  CAST(sum(amount) FILTER (WHERE is_first) AS DECIMAL(18, 2)) AS revenue_of_new_customers
FROM paid
GROUP BY month, country
