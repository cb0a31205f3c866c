-- Whether device $1 has fixes in [$2, $3].
select exists (
  select
  from fix
  where device_id = $1 and observed_at between $2 and $3
)
