-- Write what each sequence space has settled. $1 device_id, $2 run, $3 upto, $4 ranges: arrays, the
-- last of JSON texts (an array of arrays would be one array of more dimensions).
insert into settlement (device_id, run, upto, ranges)
select device_id, run, upto, ranges::jsonb
from unnest($1::uuid[], $2::text[], $3::bigint[], $4::text[]) as incoming (
  device_id, run, upto, ranges
)
on conflict (device_id, run) do update
set upto = excluded.upto, ranges = excluded.ranges, updated_at = now()
