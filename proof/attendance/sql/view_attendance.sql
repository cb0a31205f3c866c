-- Attendance of the day $1, a day being the site's own (time zone $2 where there is no site), in
-- order of device time. $3 sites in reach, $4 worker in reach, $5 device time and $6 id of the
-- last row shown, $7 limit; null does not narrow.
select
  e.id,
  e.worker_id,
  w.name as worker_name,
  e.site_id,
  e.kind,
  e.source,
  e.device_at,
  e.server_at,
  e.skew_ms,
  e.device_id,
  e.accuracy_m,
  e.is_mock,
  e.corrects_id,
  e.clock_ms,
  e.provider,
  e.void,
  e.why,
  e.recorded_by,
  thought.verdict,
  coalesce(thought.reasons, '[]'::jsonb) as reasons,
  thought.distance_m
from attendance_event e
left join lateral (
  select t.verdict, t.reasons, t.distance_m
  from attendance_verdict t
  where t.event_id = e.id
  order by t.revision desc
  limit 1
) thought on true
left join site s on s.id = e.site_id
left join worker w on w.id = e.worker_id
-- Bounds that need no other table, so that the chunks of other days are left alone.
where e.device_at >= ($1::date - 1)::timestamp at time zone 'UTC'
  and e.device_at < ($1 + 2)::timestamp at time zone 'UTC'
  and (e.device_at at time zone coalesce(s.tz, $2::text))::date = $1
  and ($3::uuid[] is null or e.site_id = any($3))
  and ($4::uuid is null or e.worker_id = $4)
  and ($5::timestamptz is null or (e.device_at, e.id) > ($5, $6::uuid))
order by e.device_at, e.id
limit $7::bigint
