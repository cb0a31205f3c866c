-- What of devices $1 is to go: fixes observed (those whose stamps say nothing: received) before $2,
-- roll-ups, newest positions and crossings of fences.
select
  (
    select count(*)
    from fix
    where device_id = any($1::uuid[]) and observed_at < $2 and (flags & 6) = 0
  ) + (
    select count(*)
    from fix
    where device_id = any($1::uuid[]) and received_at < $2 and (flags & 6) <> 0
  ) as fixes,
  (
    select count(*) from fix_rollup where device_id = any($1::uuid[]) and bucket_at < $2
  ) as rollups,
  (
    select count(*) from latest_fix where device_id = any($1::uuid[]) and observed_at < $2
  ) as latest,
  (
    select count(*) from presence_event where device_id = any($1::uuid[]) and at < $2
  ) as crossings
