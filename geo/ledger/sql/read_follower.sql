-- The last batch follower $1 has stored.
select batch
from follower
where name = $1
