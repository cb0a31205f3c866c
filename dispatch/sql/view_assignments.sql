-- Assignments as people see them. $1 ids or null, $2 crews or null, $3 task or null, $4 only live
-- ones (today's done included), $5 after this id, $6 at most. Late is what begins after the end of
-- the windows that had opened, so between two windows as well.
select
  a.id, a.version, a.created_at, a.updated_at, a.task_id, a.crew_id, a.plan_version, a.sequence,
  a.state, a.pinned, a.travel_s, a.eta_at, a.start_at, a.end_at, a.reason, a.offered_at,
  a.expires_at, a.answered_at, a.answered_by, a.answer_why, a.started_at, a.done_at,
  a.arrived_at, a.left_at,
  greatest(0, ceil(extract(epoch from coalesce(a.started_at, a.start_at) - open.until)))::integer
    as late_s
from assignment as a
join task on task.id = a.task_id
cross join lateral (
  select case when task.windows = '[]' then task.window_end else max((span ->> 'end')::timestamptz) end
    as until
  from jsonb_array_elements(task.windows) as span
  where (span ->> 'start')::timestamptz <= coalesce(a.started_at, a.start_at)
) as open
where
  ($1::uuid[] is null or a.id = any($1))
  and ($2::uuid[] is null or a.crew_id = any($2))
  and ($3::uuid is null or a.task_id = $3)
  and (
    not $4
    or a.state in ('planned', 'offered', 'accepted', 'started')
    or (a.state = 'done' and a.done_at > now() - interval '12 hours')
  )
  and ($5::uuid is null or a.id > $5)
  and ($7::uuid[] is null or task.site_id = any($7))
order by a.id
limit $6
