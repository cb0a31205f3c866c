-- Every device of the tenant with what its messages are judged by; $1 at most.
select id, name, kind, status
from device
order by id
limit $1
