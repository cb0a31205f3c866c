-- Keep break $1 of worker $2 that event $3 began, from $4 to $5 (null: it lasts).
insert into private_period (id, worker_id, kind, starts_at, ends_at, attendance_id)
values ($1, $2, 'break', $4, $5, $3)
on conflict (attendance_id) do update
set starts_at = excluded.starts_at, ends_at = excluded.ends_at
