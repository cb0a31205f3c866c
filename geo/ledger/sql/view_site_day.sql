-- The ledger of the fences of site $1 on day $2 of its own calendar, in order of crossing, after
-- entry $3 (null: from the beginning), at most $4. Before it stand the entries of the 7 days before
-- with which somebody was still inside as the day began.
with day as (
  select
    $2::date::timestamp at time zone site.tz as begins,
    ($2::date + 1)::timestamp at time zone site.tz as ends
  from site
  where site.id = $1
),
watched as (
  select fence.id, fence.name
  from fence
  where fence.site_id = $1
),
carried as (
  select distinct on (e.device_id, e.fence_id) e.id, e.kind
  from presence_event as e, day
  where
    e.fence_id in (select watched.id from watched)
    and e.at < day.begins
    and e.at >= day.begins - interval '7 days'
    and e.superseded_by is null
    and e.status = 'confirmed'
  order by e.device_id, e.fence_id, e.at desc, e.detected_at desc
)
select
  e.id, e.device_id, device.label as device_label, e.fence_id, watched.name as fence_name,
  e.kind, e.status, e.at, e.detected_at, e.recorded_at, e.supersedes, e.superseded_by,
  e.why
from presence_event as e
join watched on watched.id = e.fence_id
join device on device.id = e.device_id
cross join day
where
  (
    (e.at >= day.begins and e.at < day.ends)
    or e.id in (select carried.id from carried where carried.kind = 'entered')
  )
  and (
    $3::uuid is null
    or (e.at, e.id) > (select last.at, last.id from presence_event as last where last.id = $3)
  )
order by e.at, e.id
limit $4
