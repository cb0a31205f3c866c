-- Worker $1's attendance with its positions and verdicts, newest first, at most $2.
select
  e.id, e.site_id, e.kind, e.source, e.device_at, e.server_at, e.lon, e.lat, e.accuracy_m,
  e.provider, e.is_mock, e.corrects_id, e.void, e.why, t.verdict, t.reasons
from attendance_event as e
left join lateral (
  select v.verdict, v.reasons
  from attendance_verdict as v
  where v.event_id = e.id
  order by v.revision desc
  limit 1
) as t on true
where e.worker_id = $1
order by e.device_at desc, e.id
limit $2
