-- How far follower $1 has read: here the position of an event.
select batch
from follower
where name = $1
