-- Revenue by day, from the purchases of people.
SELECT
  event_date AS day,
  count(*) AS purchases,
  sum(CAST(properties ->> '$.revenue' AS DECIMAL(18, 2))) AS revenue
FROM events
WHERE name = 'purchase' AND NOT is_bot
GROUP BY event_date
