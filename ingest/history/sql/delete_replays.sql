-- Forget opened days that ended before $1, at most $2; return how many.
with gone as (
  delete from replay
  where id in (select id from replay where expires_at < $1 limit $2)
  returning 1
)
select count(*) from gone
