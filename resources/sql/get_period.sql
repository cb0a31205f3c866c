-- Private period $1.
select worker_id, kind, starts_at, ends_at
from private_period
where id = $1
