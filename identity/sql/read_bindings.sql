-- What each device was fixed to since $1, at most $2.
select device_id, worker_id, valid_from, valid_until
from device_binding
where valid_until is null or valid_until > $1
order by device_id, valid_from
limit $2
