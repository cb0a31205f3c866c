-- A shift of crew $1, other than $2, that overlaps [$3, $4).
select id, coalesce(started_at, starts_at) as from_at, coalesce(ended_at, ends_at) as until_at
from shift
where crew_id = $1
  and id <> $2
  and coalesce(started_at, starts_at) < $4::timestamptz
  and coalesce(ended_at, ends_at) > $3::timestamptz
order by starts_at
limit 1
