-- Follower $1 has read the event log up to position $2.
insert into follower (name, batch)
values ($1, $2)
on conflict (name) do update
set batch = excluded.batch
