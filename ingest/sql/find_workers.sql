-- The workers meant by ids ($1) or by employee references ($2).
select id, employee_no
from worker
where id = any($1::uuid[]) or employee_no = any($2::text[])
