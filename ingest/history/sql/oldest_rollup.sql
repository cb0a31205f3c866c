-- The oldest roll-up of devices $1 before $2.
select min(old.bucket_at)
from unnest($1::uuid[]) as d (device_id)
cross join unnest(array[300, 3600]::smallint[]) as s (span_s)
cross join lateral (
  select r.bucket_at
  from fix_rollup as r
  where r.device_id = d.device_id and r.span_s = s.span_s and r.bucket_at < $2
  order by r.bucket_at
  limit 1
) as old
