-- From when to when the crews $2 that drive vehicle $1 were on shift in [$3, $4): no row when none
-- of them drives it, nulls when none was on shift.
select
  min(coalesce(s.started_at, s.starts_at)) as from_at,
  max(coalesce(s.ended_at, s.ends_at)) as until_at
from crew
left join shift as s
  on s.crew_id = crew.id
  and coalesce(s.started_at, s.starts_at) < $4
  and coalesce(s.ended_at, s.ends_at) > $3
where crew.vehicle_id = $1 and crew.id = any($2::uuid[]) and crew.active
having count(crew.id) > 0
