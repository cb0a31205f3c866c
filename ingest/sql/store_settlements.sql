-- Write what each sequence space has settled, and how many more of it said no position. $1 device_id,
-- $2 run, $3 upto, $4 ranges, $5 unlocated: arrays, ranges of JSON texts (an array of arrays would be
-- one array of more dimensions).
insert into settlement (device_id, run, upto, ranges, unlocated)
select device_id, run, upto, ranges::jsonb, unlocated
from unnest($1::uuid[], $2::text[], $3::bigint[], $4::text[], $5::bigint[]) as incoming (
  device_id, run, upto, ranges, unlocated
)
on conflict (device_id, run) do update
set
  upto = excluded.upto,
  ranges = excluded.ranges,
  unlocated = settlement.unlocated + excluded.unlocated,
  updated_at = now()
