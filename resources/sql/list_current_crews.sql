-- The crew each of the workers $1 is in at $2.
select m.worker_id, m.crew_id
from crew_member m
where m.worker_id = any($1::uuid[])
  and m.valid_from <= $2::timestamptz
  and (m.valid_until is null or m.valid_until > $2)
