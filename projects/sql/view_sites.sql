-- Sites as they are shown, in order of id, each with a point on its first fence in force.
-- $1 ids, $2 sites in reach, $3 crews in reach (that were ever given work there), $4 project,
-- $5 after id, $6 limit; null does not narrow.
select
  s.id,
  s.version,
  s.created_at,
  s.updated_at,
  s.project_id,
  s.code,
  s.name,
  s.address,
  s.tz,
  st_x(place.point) as lon,
  st_y(place.point) as lat
from site s
left join lateral (
  select st_pointonsurface(v.geom) as point
  from fence f
  join fence_version v on v.fence_id = f.id and v.valid_until is null
  where f.site_id = s.id and f.active
  order by f.kind <> 'site', f.id
  limit 1
) as place on true
where ($1::uuid[] is null or s.id = any($1))
  and ($2::uuid[] is null or s.id = any($2))
  and (
    $3::uuid[] is null
    or exists (
      select
      from task t
      join assignment a on a.task_id = t.id
      where t.site_id = s.id and a.crew_id = any($3)
    )
  )
  and ($4::uuid is null or s.project_id = $4)
  and ($5::uuid is null or s.id > $5)
order by s.id
limit $6::bigint
