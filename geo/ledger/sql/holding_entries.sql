-- The entries of device $1 that hold at fences $2 and were decided after $3 by its fixes, in order.
select id, device_id, fence_id, kind, status, at, detected_at, supersedes, superseded_by
from presence_event
where
  device_id = $1
  and fence_id = any($2::uuid[])
  and detected_at > $3
  and superseded_by is null
  and status <> 'withdrawn'
  and why ->> 'rule' is distinct from 'fence_closed'
order by detected_at, id
