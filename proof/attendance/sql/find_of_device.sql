-- The declarations within a day of $2 by whoever bore device $1 then, at most $3.
select distinct e.worker_id, e.device_at
from device_binding as b
join attendance_event as e on e.worker_id = b.worker_id
where
  b.device_id = $1
  and b.valid_from <= $2
  and (b.valid_until is null or b.valid_until > $2)
  and e.device_at between $2::timestamptz - interval '1 day' and $2::timestamptz + interval '1 day'
order by 2
limit $3
