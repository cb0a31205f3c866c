-- The follower of trips has done with the fixes up to batch $1.
insert into follower (name, batch)
values ('trips', $1)
on conflict (name) do update
set batch = excluded.batch
