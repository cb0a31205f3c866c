-- Let user $1 answer for the object $3 of kind $2 (project or site).
insert into user_scope (user_id, kind, object_id)
values ($1, $2, $3)
on conflict do nothing
