-- Vehicles as they are shown, in order of id. $1 ids, $2 after id, $3 limit; null does not narrow.
select
  v.id,
  v.version,
  v.created_at,
  v.updated_at,
  v.plate,
  v.label,
  v.kind,
  v.travel_class,
  v.capacity
from vehicle v
where ($1::uuid[] is null or v.id = any($1))
  and ($2::uuid is null or v.id > $2)
order by v.id
limit $3::bigint
