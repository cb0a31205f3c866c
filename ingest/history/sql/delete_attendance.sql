-- Delete attendance events said before $1, the oldest first, at most $2, with their verdicts, and the
-- agreement on days that are wholly gone; return how many events.
with old as (
  select id, device_at
  from attendance_event
  where device_at < $1
  order by device_at
  limit $2
),
gone as (
  delete from attendance_event as e
  using old
  where e.id = old.id and e.device_at = old.device_at
  returning e.id
),
thought as (
  delete from attendance_verdict as v
  using gone
  where v.event_id = gone.id
),
agreed as (
  delete from attendance_day
  where day < (select max(device_at)::date - 2 from old)
)
select count(*) from gone
