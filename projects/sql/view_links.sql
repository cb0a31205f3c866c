-- Links between tasks as they are shown, in order of id. $1 ids, $2 a task at either end, $3 sites
-- in reach of either end, $4 after id, $5 limit; null does not narrow.
select
  l.id,
  l.version,
  l.created_at,
  l.updated_at,
  l.pred_id,
  l.succ_id,
  l.kind,
  l.lag_s,
  l.most_s,
  l.after,
  l.within_s
from task_link l
join task pred on pred.id = l.pred_id
join task succ on succ.id = l.succ_id
where ($1::uuid[] is null or l.id = any($1))
  and ($2::uuid is null or $2 in (l.pred_id, l.succ_id))
  and ($3::uuid[] is null or pred.site_id = any($3) or succ.site_id = any($3))
  and ($4::uuid is null or l.id > $4)
order by l.id
limit $5::bigint
