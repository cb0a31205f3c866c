-- The devices worker $1 bore, newest first, at most $2.
select b.device_id, d.label, d.kind, b.valid_from, b.valid_until
from device_binding as b
join device as d on d.id = b.device_id
where b.worker_id = $1
order by b.valid_from desc, b.id
limit $2
