-- The oldest fix of devices $1 observed before $2, stamps that say nothing left out.
select min(old.observed_at)
from unnest($1::uuid[]) as d (device_id)
cross join lateral (
  select f.observed_at
  from fix as f
  where f.device_id = d.device_id and f.observed_at < $2 and (f.flags & 6) < 1
  order by f.observed_at
  limit 1
) as old
