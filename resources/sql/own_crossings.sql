-- Crossings of fences by worker $1's own devices, newest first, at most $2.
select p.device_id, p.fence_id, p.kind, p.at
from device_binding as b
join presence_event as p
  on p.device_id = b.device_id
  and p.at >= b.valid_from
  and (b.valid_until is null or p.at < b.valid_until)
where b.worker_id = $1
order by p.at desc, p.id
limit $2
