-- Lock the tasks $1 until the transaction ends, always in the same order.
select id, state
from task
where id = any($1::uuid[])
order by id
for update
