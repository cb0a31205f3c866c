-- Delete what was set aside before $1, raw bytes and all, at most $2; return how many.
with gone as (
  delete from quarantine
  where id in (
    select id
    from quarantine
    where received_at < $1
    order by received_at
    limit $2
  )
  returning 1
)
select count(*) from gone
