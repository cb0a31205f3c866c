-- What the sequence spaces ($1 device_id, $2 run: arrays) have settled.
select s.device_id, s.run, s.upto, s.ranges
from unnest($1::uuid[], $2::text[]) as asked (device_id, run)
join settlement as s on s.device_id = asked.device_id and s.run = asked.run
