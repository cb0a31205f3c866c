-- Absences as they are shown, in order of id. $1 ids, $2 worker, $3 and $4 those that touch
-- [$3, $4), $5 after id, $6 limit; null does not narrow.
select
  a.id,
  a.version,
  a.created_at,
  a.updated_at,
  a.worker_id,
  w.name as worker_name,
  a.starts_at,
  a.ends_at,
  a.kind,
  a.cancelled_at
from worker_absence a
join worker w on w.id = a.worker_id
where ($1::uuid[] is null or a.id = any($1))
  and ($2::uuid is null or a.worker_id = $2)
  and ($3::timestamptz is null or a.ends_at > $3)
  and ($4::timestamptz is null or a.starts_at < $4)
  and ($5::uuid is null or a.id > $5)
order by a.id
limit $6::bigint
