-- A sample of the fixes of [$1, $2) with a trusted clock (flags $5 are not): the time is cut into $3
-- slices, and from a point by chance in each the first $4 fixes are taken, whoever's they are.
select taken.lon, taken.lat, taken.observed_at
from (
  select $1::timestamptz + n * ($2::timestamptz - $1::timestamptz) / $3::int as starts_at,
    ($2::timestamptz - $1::timestamptz) / $3::int as lasts, random() as chance
  from generate_series(0, $3::int - 1) as slice (n)
) as slice
cross join lateral (
  select fix.lon, fix.lat, fix.observed_at
  from fix
  where
    -- Up to half of a slice is passed over, so that the end of a busy one is seen too.
    fix.observed_at >= slice.starts_at + slice.lasts * slice.chance / 2
    and fix.observed_at < slice.starts_at + slice.lasts
    and fix.flags & $5::int = 0
  order by fix.observed_at
  limit $4
) as taken
