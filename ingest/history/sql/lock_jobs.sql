-- Wait for the step in hand of role $1 and keep the next one out until the transaction ends;
-- the server ends one that stands still for 5 s.
select set_config('idle_in_transaction_session_timeout', '5s', true)
from lease
where role = $1
for update
