-- Proofs as they are shown, in order of id. $1 ids, $2 sites in reach, $3 crews in reach (that
-- were ever given the task), $4 task, $5 after id, $6 limit; null does not narrow.
select
  p.id,
  p.version,
  p.created_at,
  p.updated_at,
  p.task_id,
  p.kind,
  p.state,
  p.content_type,
  p.size_bytes,
  p.sha256_device,
  p.sha256_server,
  p.captured_at,
  p.uploaded_at
from proof p
join task t on t.id = p.task_id
where ($1::uuid[] is null or p.id = any($1))
  and ($2::uuid[] is null or t.site_id = any($2))
  and (
    $3::uuid[] is null
    or exists (select from assignment a where a.task_id = t.id and a.crew_id = any($3))
  )
  and ($4::uuid is null or p.task_id = $4)
  and ($5::uuid is null or p.id > $5)
order by p.id
limit $6::bigint
