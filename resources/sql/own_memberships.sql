-- Worker $1's crews, newest first, at most $2.
select m.crew_id, c.name, m.valid_from, m.valid_until
from crew_member as m
join crew as c on c.id = m.crew_id
where m.worker_id = $1
order by m.valid_from desc, m.id
limit $2
