-- Count the batches of ingest up without owning its lease, and write the number down for source $1.
-- As for the owner, the server ends a transaction that stands still for 5 s.
with drawn as (
  update lease
  set last_batch = last_batch + 1
  where role = 'ingest'
  returning last_batch, set_config('idle_in_transaction_session_timeout', '5s', true)
)
insert into side_batch (batch, source)
select last_batch, $1
from drawn
returning batch
