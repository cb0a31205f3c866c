-- Wait for the step in hand of role $1 and keep the next one out until the transaction ends.
select epoch
from lease
where role = $1
for update
