-- The event of id $1, else the one that says the same: worker $2, at $3, kind $4, source $5.
select id, worker_id, kind, device_at, corrects_id, void
from attendance_event
where
  id = $1
  or (
    worker_id = $2 and device_at = $3 and kind = $4 and source = $5 and corrects_id is null
  )
order by id = $1 desc
limit 1
