-- Count the batches of ingest up without owning its lease, and write the number down for source $1.
with drawn as (
  update lease
  set last_batch = last_batch + 1
  where role = 'ingest'
  returning last_batch
)
insert into side_batch (batch, source)
select last_batch, $1
from drawn
returning batch
