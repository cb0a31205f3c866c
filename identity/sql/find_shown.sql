-- The workers who are private at $1 while a device of theirs still has a newest position.
select distinct on (p.worker_id) p.worker_id, p.starts_at, p.ends_at, p.kind
from private_period as p
join device_binding as b
  on b.worker_id = p.worker_id
  and b.valid_from <= $1::timestamptz
  and (b.valid_until is null or b.valid_until > $1)
join latest_fix as l on l.device_id = b.device_id
where p.starts_at <= $1 and (p.ends_at is null or p.ends_at > $1)
order by p.worker_id, p.starts_at
limit $2
