-- Forget trips of devices $1 that ended before $2; return how many.
with gone as (
  delete from trip
  where device_id = any($1::uuid[]) and last_at < $2
  returning 1
)
select count(*) from gone
