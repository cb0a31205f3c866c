-- The open tasks with their place, their live assignment, the crews that declined them, whether the
-- plan that stands leaves them out, and what their site was granted of the kinds of permit that they
-- need: [kind, from, until], in order. At most 5,000 tasks, the oldest, as `lock_work` has it.
select
  task.id,
  task.site_id,
  task.version,
  task.state,
  task.duration_s,
  task.window_start,
  task.window_end,
  task.priority,
  task.skills,
  task.credentials,
  task.equipment,
  task.min_crew,
  task.setup_s,
  task.windows,
  task.soft_start,
  task.soft_end,
  task.keep_group,
  task.setup_kind,
  task.demand,
  task.permits,
  (
    select coalesce(
      jsonb_agg(
        jsonb_build_array(p.kind, p.valid_from, p.valid_until) order by p.valid_from, p.id
      ),
      '[]'::jsonb
    )
    from permit as p
    where p.site_id = task.site_id and p.kind = any(task.permits) and p.revoked_at is null
  ) as granted,
  place.lon,
  place.lat,
  live.id as assignment_id,
  live.version as assignment_version,
  live.state as assignment_state,
  live.crew_id,
  live.sequence,
  live.pinned,
  live.travel_s,
  live.eta_at,
  live.start_at,
  live.end_at,
  coalesce(live.told_eta_at, live.eta_at) as told_eta_at,
  coalesce(live.told_start_at, live.start_at) as told_start_at,
  coalesce(live.told_end_at, live.end_at) as told_end_at,
  live.started_at,
  array(
    select distinct crew_id from assignment
    where assignment.task_id = task.id and assignment.state = 'declined'
  ) as declined,
  exists (select from unassigned where unassigned.task_id = task.id) as left_out
from task
left join assignment as live
  on live.task_id = task.id and live.state in ('planned', 'offered', 'accepted', 'started')
join task_place as place on place.task_id = task.id
where task.state not in ('done', 'cancelled')
order by task.id
limit 5000
