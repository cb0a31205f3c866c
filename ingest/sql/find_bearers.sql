-- Which worker bore each device at a moment. $1 device_id, $2 at: arrays.
select asked.device_id, asked.at, b.worker_id
from unnest($1::uuid[], $2::timestamptz[]) as asked (device_id, at)
join device_binding as b
  on b.device_id = asked.device_id
  and b.valid_from <= asked.at
  and (b.valid_until is null or b.valid_until > asked.at)
where b.worker_id is not null
