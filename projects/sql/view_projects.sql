-- Projects as they are shown, in order of id. $1 ids, $2 sites in reach, $3 projects in reach,
-- $4 after id, $5 limit; null does not narrow.
select p.id, p.version, p.created_at, p.updated_at, p.code, p.name
from project p
where ($1::uuid[] is null or p.id = any($1))
  and (
    $2::uuid[] is null
    or p.id = any($3::uuid[])
    or exists (select from site s where s.project_id = p.id and s.id = any($2))
  )
  and ($4::uuid is null or p.id > $4)
order by p.id
limit $5::bigint
