-- Worker $1's private periods, newest first, at most $2.
select id, kind, starts_at, ends_at
from private_period
where worker_id = $1
order by starts_at desc, id
limit $2
