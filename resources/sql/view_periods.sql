-- Private periods as they are shown, in order of id. $1 ids, $2 worker in reach, $3 only those not
-- over at $4, $5 after id, $6 limit; null does not narrow.
select p.id, p.worker_id, p.kind, p.starts_at, p.ends_at
from private_period p
where ($1::uuid[] is null or p.id = any($1))
  and ($2::uuid is null or p.worker_id = $2)
  and (not $3::boolean or p.ends_at is null or p.ends_at > $4::timestamptz)
  and ($5::uuid is null or p.id > $5)
order by p.id
limit $6::bigint
