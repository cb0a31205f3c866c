-- Write how far devices' clocks are off. $1 device_id, $2 offset_s, $3 off: arrays.
insert into device_clock (device_id, offset_s, off)
select device_id, offset_s, off
from unnest($1::uuid[], $2::float8[], $3::boolean[]) as incoming (device_id, offset_s, off)
on conflict (device_id) do update
set
  offset_s = excluded.offset_s,
  off = excluded.off,
  updated_at = now()
