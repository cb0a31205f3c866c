-- Note when a crew that had come to the site of a visit under way was last seen leaving it: none of
-- its devices is inside any more and one has left since it came; returns what was noted. $1 now.
with gone as (
  select a.id, max(left_event.at) as at
  from assignment as a
  join task on task.id = a.task_id
  join fence on fence.site_id = task.site_id and fence.active
  join crew on crew.id = a.crew_id
  join device_binding as binding
    on binding.valid_from <= $1::timestamptz
    and (binding.valid_until is null or binding.valid_until > $1)
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
  left join presence_event as left_event
    on left_event.fence_id = fence.id
    and left_event.device_id = binding.device_id
    and left_event.kind = 'left'
    and left_event.superseded_by is null
    and left_event.at >= a.arrived_at
  left join presence as inside
    on inside.fence_id = fence.id
    and inside.device_id = binding.device_id
    and inside.state in ('inside', 'leaving')
  where a.state in ('accepted', 'started') and a.arrived_at is not null and a.left_at is null
  group by a.id
  having count(inside.device_id) = 0 and max(left_event.at) is not null
)
update assignment as a
set left_at = gone.at, updated_at = now()
from gone
where a.id = gone.id
returning a.id
