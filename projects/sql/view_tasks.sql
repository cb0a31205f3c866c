-- Tasks as they are shown, in order of id. The place is the task's own point, else a point on its
-- site's first fence in force.
-- $1 ids, $2 sites in reach, $3 crews in reach (that were ever given the task), $4 site, $5 state,
-- $6 only those neither done nor cancelled, $7 after id, $8 limit; null does not narrow.
select
  t.id,
  t.version,
  t.created_at,
  t.updated_at,
  t.site_id,
  t.title,
  t.description,
  t.duration_s,
  t.window_start,
  t.window_end,
  t.priority,
  t.skills,
  t.credentials,
  t.equipment,
  t.min_crew,
  t.setup_s,
  t.windows,
  t.soft_start,
  t.soft_end,
  t.keep_group,
  t.setup_kind,
  t.demand,
  t.permits,
  t.state,
  place.lon,
  place.lat,
  coalesce(u.reasons, '[]'::jsonb) as unassigned
from task t
left join unassigned u on u.task_id = t.id
join task_place place on place.task_id = t.id
where ($1::uuid[] is null or t.id = any($1))
  and ($2::uuid[] is null or t.site_id = any($2))
  and (
    $3::uuid[] is null
    or exists (select from assignment a where a.task_id = t.id and a.crew_id = any($3))
  )
  and ($4::uuid is null or t.site_id = $4)
  and ($5::text is null or t.state = $5)
  and (not $6::boolean or t.state not in ('done', 'cancelled'))
  and ($7::uuid is null or t.id > $7)
order by t.id
limit $8::bigint
