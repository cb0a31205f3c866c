-- Workers as they are shown, in order of id; the skills are those valid on the day (UTC) of $2.
-- $1 ids, $3 after id, $4 limit; null does not narrow.
select
  w.id,
  w.version,
  w.created_at,
  w.updated_at,
  w.name,
  w.employee_no,
  w.phone,
  w.is_staff_rep,
  array(
    select distinct k.skill
    from worker_skill k
    where k.worker_id = w.id
      and k.valid_from <= ($2::timestamptz at time zone 'UTC')::date
      and (k.valid_until is null or k.valid_until >= ($2 at time zone 'UTC')::date)
    order by k.skill
  ) as skills
from worker w
where ($1::uuid[] is null or w.id = any($1))
  and ($3::uuid is null or w.id > $3)
order by w.id
limit $4::bigint
