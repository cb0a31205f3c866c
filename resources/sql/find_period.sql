-- The period of worker $1 and kind $2 that covers the instant $3, the longest first.
select id, ends_at
from private_period
where worker_id = $1
  and kind = $2
  and starts_at <= $3::timestamptz
  and (ends_at is null or ends_at > $3)
order by ends_at desc nulls first
limit 1
