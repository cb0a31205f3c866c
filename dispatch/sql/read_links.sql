-- Links whose successor is open, with what became of the predecessor: its state, when its work was
-- done, when work on it started and how long it takes.
select
  l.pred_id, l.succ_id, l.kind, l.lag_s, l.most_s, l.after, l.within_s,
  pred.state as pred_state,
  pred.setup_s + pred.duration_s as pred_work_s,
  work.done_at as pred_done_at,
  work.started_at as pred_started_at
from task_link as l
join task as pred on pred.id = l.pred_id
join task as succ on succ.id = l.succ_id
left join assignment as work
  on work.task_id = pred.id and work.state in ('planned', 'offered', 'accepted', 'started', 'done')
where succ.state not in ('done', 'cancelled')
order by l.id
limit 5000
