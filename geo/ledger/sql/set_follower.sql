-- Follower $1 has followed the fixes up to batch $2.
insert into follower (name, batch)
values ($1, $2)
on conflict (name) do update
set batch = excluded.batch
