-- Forget side batches drawn before $1; return how many.
with gone as (
  delete from side_batch
  where at < $1
  returning 1
)
select count(*) from gone
