-- Worker $1's memberships that overlap [$2, $3) ($3 null: without end), in order.
select id, crew_id, valid_from, valid_until
from crew_member
where worker_id = $1
  and (valid_until is null or valid_until > $2::timestamptz)
  and ($3::timestamptz is null or valid_from < $3)
order by valid_from
