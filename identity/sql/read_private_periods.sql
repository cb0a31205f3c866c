-- The private periods that reach beyond $1, at most $2.
select worker_id, kind, starts_at, ends_at
from private_period
where ends_at is null or ends_at > $1
order by worker_id, starts_at
limit $2
