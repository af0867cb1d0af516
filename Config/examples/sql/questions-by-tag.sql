-- One row is a month and a tag; a question with three tags counts in three rows.
WITH tagged AS (
  SELECT
    CAST(date_trunc('month', CreationDate) AS DATE) AS month,
    unnest(string_split(trim(Tags, '<>'), '><')) AS tag,
    AnswerCount,
    AcceptedAnswerId
  FROM posts
  WHERE PostTypeId = 1                     -- questions; their answers are counted in AnswerCount
)
SELECT
  month,
  tag,
  count(*) AS questions,
  CAST(sum(AnswerCount) AS BIGINT) AS answers,
  count(AcceptedAnswerId) / count(*) AS accepted_rate
FROM tagged
GROUP BY month, tag
