-- Whether crew $1 is on shift at $2.
select exists (
  select from shift
  where
    crew_id = $1
    and ended_at is null
    and coalesce(started_at, starts_at) <= $2
    and ends_at > $2
)
