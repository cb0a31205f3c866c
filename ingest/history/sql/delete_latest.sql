-- Forget the newest position of devices $1 where it is older than $2; return how many.
with gone as (
  delete from latest_fix
  where device_id = any($1::uuid[]) and observed_at < $2
  returning 1
)
select count(*) from gone
