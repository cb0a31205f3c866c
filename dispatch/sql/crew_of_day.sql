-- Of crews $1 the one on shift at $2, else the first by name.
select
  crew.id,
  crew.name,
  exists (
    select from shift
    where
      shift.crew_id = crew.id
      and shift.ended_at is null
      and coalesce(shift.started_at, shift.starts_at) <= $2
      and shift.ends_at > $2
  ) as on_shift
from crew
where crew.id = any($1::uuid[]) and crew.active
order by on_shift desc, crew.name
limit 1
