-- Give each task of $1 the state at the same place of $2.
update task t
set state = move.state,
    version = t.version + 1,
    updated_at = now()
from unnest($1::uuid[], $2::text[]) as move (id, state)
where t.id = move.id
