-- Write what each sequence space has settled, and how many more of it said no position or were
-- duplicates. $1 device_id, $2 run, $3 upto, $4 ranges, $5 unlocated, $6 duplicates: arrays, ranges of
-- JSON texts (an array of arrays would be one array of more dimensions).
insert into settlement (device_id, run, upto, ranges, unlocated, duplicates)
select device_id, run, upto, ranges::jsonb, unlocated, duplicates
from unnest(
  $1::uuid[], $2::text[], $3::bigint[], $4::text[], $5::bigint[], $6::bigint[]
) as incoming (device_id, run, upto, ranges, unlocated, duplicates)
on conflict (device_id, run) do update
set
  upto = excluded.upto,
  ranges = excluded.ranges,
  unlocated = settlement.unlocated + excluded.unlocated,
  duplicates = settlement.duplicates + excluded.duplicates,
  updated_at = now()
