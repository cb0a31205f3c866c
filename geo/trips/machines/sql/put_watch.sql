-- Watch, as row $1, vehicle $2 outside the hours $3, or not ($4); by user $5.
insert into machine_watch (id, vehicle_id, hours, active, created_by)
values ($1, $2, $3, $4, $5)
on conflict (vehicle_id) do update
set
  hours = excluded.hours, active = excluded.active, version = machine_watch.version + 1,
  updated_at = now()
