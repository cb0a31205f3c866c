-- What each version after $1 up to $2 changed, oldest first.
select version, diff
from plan
where version > $1 and version <= $2
order by version
limit 5000
