-- Offers nobody answered in time at $1, locked.
select id, task_id, crew_id, version
from assignment
where state = 'offered' and expires_at <= $1
order by id
limit 500
for update
