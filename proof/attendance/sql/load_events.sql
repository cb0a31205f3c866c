-- Attendance events of workers $1 said in [$2, $3), with the calendar they stand on ($4 where there
-- is no site), the distance to the site's fence of that time, and the last verdict; $5 at most.
select
  e.id, e.worker_id, e.site_id, e.kind, e.source, e.device_at, e.server_at, e.skew_ms, e.clock_ms,
  e.device_id, e.lon is not null as located, e.accuracy_m, e.provider, e.is_mock, e.corrects_id,
  e.void, e.why, e.recorded_by, coalesce(s.tz, $4::text) as tz, s.name as site_name,
  coalesce(author.worker_id = e.worker_id, false) as by_worker,
  nearest.fence_version_id, nearest.distance_m,
  thought.revision, thought.verdict, thought.reasons, thought.distance_m as thought_distance_m
from attendance_event as e
left join site as s on s.id = e.site_id
left join app_user as author on author.id = e.recorded_by
left join lateral (
  select
    v.id as fence_version_id,
    st_distance(
      v.geom::geography, st_setsrid(st_makepoint(e.lon, e.lat), 4326)::geography
    ) as distance_m
  from fence as f
  join fence_version as v on v.fence_id = f.id
  where
    f.site_id = e.site_id
    and f.kind = 'site'
    and v.active
    and v.valid_from <= e.device_at
    and (v.valid_until is null or v.valid_until > e.device_at)
  order by 2, 1
  limit 1
) as nearest on e.lon is not null
left join lateral (
  select t.revision, t.verdict, t.reasons, t.distance_m
  from attendance_verdict as t
  where t.event_id = e.id
  order by t.revision desc
  limit 1
) as thought on true
where e.worker_id = any($1::uuid[]) and e.device_at >= $2 and e.device_at < $3
order by e.device_at, e.id
limit $5
