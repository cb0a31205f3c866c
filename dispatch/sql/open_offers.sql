-- Unanswered offers of crews $1, locked; what a person gave them is not to be taken away unasked.
select id
from assignment
where state = 'offered' and not pinned and crew_id = any($1::uuid[])
order by id
for update
