-- Remember what was told of credentials. $1 ids, $2 what, in the same order.
update worker_credential c
set told = new.told
from unnest($1::uuid[], $2::text[]) as new (id, told)
where c.id = new.id
