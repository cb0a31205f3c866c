-- The newest fix of each device up to batch $1 whose clock is trusted (flags 2 and 4 are not).
select latest_fix.device_id, newest.observed_at
from latest_fix
cross join lateral (
  select fix.observed_at
  from fix
  where fix.device_id = latest_fix.device_id and fix.batch <= $1 and fix.flags & 6 = 0
  order by fix.observed_at desc
  limit 1
) as newest
limit 200000
