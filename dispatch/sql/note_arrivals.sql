-- Note when a crew was first seen at the site of a visit it has accepted or started, by a vehicle
-- of its own or a member's phone that presence holds inside one of the site's fences; returns what
-- was noted. Seen before it accepted counts from the acceptance. $1 now.
with seen as (
  select a.id, min(greatest(presence.since, a.answered_at)) as at
  from assignment as a
  join task on task.id = a.task_id
  join fence on fence.site_id = task.site_id and fence.active
  join presence on presence.fence_id = fence.id and presence.state in ('inside', 'leaving')
  join crew on crew.id = a.crew_id
  join device_binding as binding
    on binding.device_id = presence.device_id
    and binding.valid_from <= $1::timestamptz
    and (binding.valid_until is null or binding.valid_until > $1)
  where
    a.state in ('accepted', 'started')
    and a.arrived_at is null
    and (
      binding.vehicle_id = crew.vehicle_id
      or exists (
        select from crew_member as m
        where
          m.crew_id = crew.id
          and m.worker_id = binding.worker_id
          and m.valid_from <= $1
          and (m.valid_until is null or m.valid_until > $1)
      )
    )
  group by a.id
)
update assignment as a
set arrived_at = seen.at, left_at = null, updated_at = now()
from seen
where a.id = seen.id
returning a.id
