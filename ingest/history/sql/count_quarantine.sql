-- How many messages were set aside before $1.
select count(*)
from quarantine
where received_at < $1
