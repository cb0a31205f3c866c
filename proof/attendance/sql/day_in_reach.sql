-- Did worker $1 declare anything at sites $3 on the date $2 ($4 the calendar without a site)?
select exists (
  select 1
  from attendance_event as e
  join site as s on s.id = e.site_id
  where
    e.worker_id = $1
    and e.site_id = any($3::uuid[])
    and e.device_at >= ($2::date - 1)::timestamp at time zone 'UTC'
    and e.device_at < ($2::date + 3)::timestamp at time zone 'UTC'
    and (e.device_at at time zone coalesce(s.tz, $4::text))::date in ($2::date, $2::date + 1)
)
