-- What was thought of event $1 over time, oldest first, with whom it is about and where.
select
  t.revision, t.at, t.verdict, t.reasons, t.distance_m, t.fence_version_id, t.cause,
  e.worker_id, e.site_id
from attendance_event as e
left join attendance_verdict as t on t.event_id = e.id
where e.id = $1
order by t.revision
