-- Count the rows of run $1, and how many messages they are of.
select count(*) as rows, count(distinct (device_id, seq)) as messages
from fix
where run = $1
