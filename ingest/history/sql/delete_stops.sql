-- Forget stops of devices $1 that ended before $2; return how many. One that lasts is the present.
with gone as (
  delete from vehicle_stop
  where device_id = any($1::uuid[]) and ended_at < $2
  returning 1
)
select count(*) from gone
