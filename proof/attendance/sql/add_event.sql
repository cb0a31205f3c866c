-- Append one attendance event, columns in this order; null comes back when it is there already.
insert into attendance_event (
  id, worker_id, site_id, kind, source, device_at, server_at, skew_ms, clock_ms, lon, lat,
  accuracy_m, provider, is_mock, corrects_id, void, why, recorded_by
)
select
  $1::uuid, $2, $3, $4, $5, $6::timestamptz, $7, $8, $9, private.lon, private.lat,
  private.accuracy_m, $13, $14, $15::uuid, $16, $17, $18
from (
  -- In private time a declaration keeps all but its position.
  select
    case when hidden then null else $10::float8 end as lon,
    case when hidden then null else $11::float8 end as lat,
    case when hidden then null else $12::real end as accuracy_m
  from (
    select exists (
      select 1
      from private_period as p
      where
        p.worker_id = $2
        and p.starts_at <= $6
        and (p.ends_at is null or p.ends_at > $6)
    ) as hidden
  ) as judged
) as private
where not exists (select 1 from attendance_event as same where same.id = $1)
on conflict do nothing
returning id
