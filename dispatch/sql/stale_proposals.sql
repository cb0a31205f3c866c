-- Open proposals that move a task which is over or no longer where it was: now stale.
update plan_draft
set state = 'stale', version = version + 1, updated_at = now()
where kind = 'proposal'
  and state = 'open'
  and exists (
    select
    from jsonb_array_elements(moves) as move
    left join assignment as live
      on live.task_id = (move ->> 'task_id')::uuid
      and live.state in ('planned', 'offered', 'accepted', 'started')
    where live.crew_id is distinct from (move ->> 'from_crew_id')::uuid
      or live.state in ('accepted', 'started')
  )
returning id
