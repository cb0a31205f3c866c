-- Whether task $2 is reached from task $1 over links: `order` and `keep_order` forward,
-- `sync` either way. With $3 only a way with an order in it counts, for two tasks in step may be in
-- step twice over.
with recursive way as (
  select $1::uuid as task_id, false as ordered
  union
  select
    case when l.kind = 'sync' and l.succ_id = way.task_id then l.pred_id else l.succ_id end,
    way.ordered or l.kind <> 'sync'
  from way
  join task_link l
    on l.pred_id = way.task_id or (l.kind = 'sync' and l.succ_id = way.task_id)
)
select exists (select from way where task_id = $2::uuid and (ordered or not $3::boolean))
