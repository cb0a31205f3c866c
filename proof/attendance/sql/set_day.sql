-- Write the day of worker $2 on $3: status $4 by step $5, digest $6, by user $7 at $8, dispute $9
-- (null leaves what there is); $1 the id of a new row. Opening it again forgets what was agreed.
insert into attendance_day (
  id, worker_id, day, status, digest, validated_by, validated_at, dispute, created_by
)
values (
  $1, $2, $3, $4, $6,
  case when $5::text = 'validate' then $7::uuid end,
  case when $5::text = 'validate' then $8::timestamptz end,
  $9, $7::uuid
)
on conflict (worker_id, day) do update
set
  status = excluded.status,
  version = attendance_day.version + 1,
  updated_at = $8::timestamptz,
  digest = case
    when $5::text in ('reopen', 'withdraw') then null
    else coalesce(excluded.digest, attendance_day.digest)
  end,
  validated_by = case
    when $5::text = 'reopen' then null
    else coalesce(excluded.validated_by, attendance_day.validated_by)
  end,
  validated_at = case
    when $5::text = 'reopen' then null
    else coalesce(excluded.validated_at, attendance_day.validated_at)
  end,
  dispute = case
    when $5::text = 'validate' then null
    else coalesce(excluded.dispute, attendance_day.dispute)
  end
returning worker_id, day, status, version, digest
