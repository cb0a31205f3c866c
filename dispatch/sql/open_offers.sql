-- Unanswered offers of crews $1, locked.
select id from assignment where state = 'offered' and crew_id = any($1::uuid[]) order by id for update
