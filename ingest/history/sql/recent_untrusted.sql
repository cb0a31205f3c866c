-- Whether of the fixes in [$1, $2), whose stamps say nothing, one was received at $3 or later.
select exists (
  select
  from fix
  where observed_at >= $1 and observed_at < $2 and received_at >= $3 and (flags & 6) <> 0
)
