-- Claim key $1 of actor $2 for the request $3; no row: it was claimed before.
insert into command (key, actor, request_sha256)
values ($1, $2, $3)
on conflict do nothing
returning key
