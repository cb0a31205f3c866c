-- Where people checked in at site $1 within $2 days: the newest $3 that have a position, are not
-- mocked and were not corrected.
select event.worker_id, event.lon, event.lat, event.accuracy_m
from attendance_event as event
where
  event.site_id = $1
  and event.kind = 'in'
  and event.device_at > now() - make_interval(days => $2)
  and event.lon is not null
  and event.is_mock is not true
  and not exists (
    select
    from attendance_event as later
    where later.corrects_id = event.id
  )
order by event.device_at desc
limit $3
