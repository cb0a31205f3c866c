-- The status of the days of workers $1 from $2 to $3.
select
  d.id, d.worker_id, d.day, d.status, d.version, d.digest, d.validated_by, d.validated_at,
  d.dispute, u.display_name as validated_by_name
from attendance_day as d
left join app_user as u on u.id = d.validated_by
where d.worker_id = any($1::uuid[]) and d.day between $2 and $3
