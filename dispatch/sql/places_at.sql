-- Where each of tasks $2 was placed at version $1, as far as a version up to it says.
select distinct on (item ->> 'task_id') (item ->> 'task_id')::uuid as task_id, item -> 'after' as place
from plan, jsonb_array_elements(diff) as item
where version <= $1 and (item ->> 'task_id')::uuid = any($2::uuid[])
order by item ->> 'task_id', version desc
