-- The two newest fixes of each device up to batch $1 whose clock is trusted (flags 2 and 4 are not),
-- the older first.
-- (`< 1` and not `= 0`, which PostgreSQL takes for rare: it would sort all of them.)
select latest_fix.device_id, newest.observed_at, newest.lon, newest.lat, newest.accuracy_m
from latest_fix
cross join lateral (
  select fix.observed_at, fix.lon, fix.lat, fix.accuracy_m
  from fix
  where fix.device_id = latest_fix.device_id and fix.batch <= $1 and fix.flags & 6 < 1
  order by fix.observed_at desc
  limit 2
) as newest
order by latest_fix.device_id, newest.observed_at
limit 400000
