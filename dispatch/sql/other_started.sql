-- The visit crew $1 has started and not finished, other than $2.
select id from assignment where crew_id = $1 and state = 'started' and id <> $2 limit 1
