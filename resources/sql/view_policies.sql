-- Tracking policies as they are shown, in order of id. $1 ids, $2 after id, $3 limit; null does
-- not narrow.
select
  p.id,
  p.version,
  p.created_at,
  p.updated_at,
  p.name,
  p.purpose,
  p.schedule,
  p.retention_days,
  p.notice_version,
  p.cse_date
from tracking_policy p
where ($1::uuid[] is null or p.id = any($1))
  and ($2::uuid is null or p.id > $2)
order by p.id
limit $3::bigint
