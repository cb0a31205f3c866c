-- Read events after position $1 in order, at most $2.
select position, at, kind, body, sites, crews
from event
where position > $1
order by position
limit $2
