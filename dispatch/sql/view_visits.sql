-- The live visits of every route in order, with where they are.
select
  a.crew_id, a.id as assignment_id, a.task_id, a.sequence, a.state,
  place.lon, place.lat,
  a.eta_at, a.start_at, a.end_at, a.travel_s
from assignment as a
join task on task.id = a.task_id
join task_place as place on place.task_id = task.id
where
  a.state in ('planned', 'offered', 'accepted', 'started')
  and place.lon is not null
order by a.crew_id, a.state <> 'started', a.sequence, a.start_at
limit 5000
