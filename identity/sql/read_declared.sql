-- The attendance events of worker $1 in [$2, $3) that count: neither corrected nor taken back, and
-- of several corrections of one event the last received.
select e.id, e.kind, e.device_at
from attendance_event as e
where
  e.worker_id = $1
  and e.device_at >= $2
  and e.device_at < $3
  and not e.void
  and not exists (select 1 from attendance_event as c where c.corrects_id = e.id)
  and not exists (
    select 1
    from attendance_event as c
    where
      c.corrects_id = e.corrects_id
      and (c.server_at, c.id) > (e.server_at, e.id)
  )
order by e.device_at
