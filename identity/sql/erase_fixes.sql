-- Take away the fixes of worker $1's own devices in [$2, $3) (null: without end), judged as the gate
-- does (by receipt where the stamp says nothing), with their roll-ups; note the hole each device's
-- track has now, and count them as dropped for $4 on the day (UTC) of $5. Returns how many.
with bound as (
  select b.device_id, greatest(b.valid_from, $2::timestamptz) as first,
    least(coalesce(b.valid_until, 'infinity'), coalesce($3::timestamptz, 'infinity')) as last
  from device_binding as b
  where b.worker_id = $1
),
gone as (
  delete from fix
  using bound
  where
    fix.device_id = bound.device_id
    and (
      (fix.flags & 6 = 0 and fix.observed_at >= bound.first and fix.observed_at < bound.last)
      or (fix.flags & 6 <> 0 and fix.received_at >= bound.first and fix.received_at < bound.last)
    )
  returning
    fix.device_id,
    fix.observed_at,
    fix.flags,
    bound.first,
    date_bin(interval '5 minutes', fix.observed_at, timestamptz '2000-01-01 00:00:00+00') as bucket_at
),
touched as (
  select distinct device_id, bucket_at from gone
),
dirty as (
  insert into rollup_dirty (device_id, bucket_at)
  select device_id, bucket_at from touched
  on conflict do nothing
),
holes as (
  insert into hole (device_id, at)
  select device_id, max(observed_at)
  from gone
  where flags & 6 = 0
  group by device_id, first
  on conflict do nothing
),
rolled as (
  delete from fix_rollup as r
  using touched as t
  where
    r.device_id = t.device_id
    and (
      (r.span_s = 300 and r.bucket_at = t.bucket_at)
      or (r.span_s = 3600 and r.bucket_at = date_trunc('hour', t.bucket_at, 'UTC'))
    )
),
counted as (
  insert into privacy_drop (day, reason, fixes)
  select to_char($5::timestamptz at time zone 'UTC', 'YYYY-MM-DD'), $4, count(*)
  from gone
  having count(*) > 0
  on conflict (day, reason) do update
  set fixes = privacy_drop.fixes + excluded.fixes
)
select count(*) from gone
