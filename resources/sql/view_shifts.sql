-- Shifts as they are shown, in order of id. $1 ids, $2 crews in reach, $3 crew, $4 after id,
-- $5 limit; null does not narrow.
select
  s.id,
  s.version,
  s.created_at,
  s.updated_at,
  s.crew_id,
  s.starts_at,
  s.ends_at,
  s.started_at,
  s.ended_at,
  s.break_after_s,
  s.break_s,
  s.overtime_s,
  s.max_span_s,
  s.max_route_s
from shift s
where ($1::uuid[] is null or s.id = any($1))
  and ($2::uuid[] is null or s.crew_id = any($2))
  and ($3::uuid is null or s.crew_id = $3)
  and ($4::uuid is null or s.id > $4)
order by s.id
limit $5::bigint
