-- How far devices' clocks are off, at most $1 of them, those that moved last first.
select device_id, offset_s, off
from device_clock
order by updated_at desc
limit $1
