-- The two newest fixes of each device up to batch $1 that presence looked at, the older first: of
-- trusted clock (flags 2 and 4 are not), and the first of their half second.
-- (`< 1` and not `= 0`, which PostgreSQL takes for rare: it would sort all of them.)
select latest_fix.device_id, newest.observed_at, newest.lon, newest.lat, newest.accuracy_m
from latest_fix
cross join lateral (
  select fix.observed_at, fix.lon, fix.lat, fix.accuracy_m
  from fix
  where
    fix.device_id = latest_fix.device_id and fix.batch <= $1 and fix.flags & 6 < 1
    and not exists (
      select 1
      from fix as first
      where
        first.device_id = latest_fix.device_id
        and first.observed_at >= date_bin('500 ms', fix.observed_at, 'epoch')
        and first.observed_at < fix.observed_at
        and first.batch <= $1
        and first.flags & 6 < 1
    )
  order by fix.observed_at desc
  limit 2
) as newest
order by latest_fix.device_id, newest.observed_at
limit 400000
