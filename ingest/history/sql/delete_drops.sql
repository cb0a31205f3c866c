-- Delete the counts of private fixes of days before $1 (YYYY-MM-DD); return how many.
with gone as (
  delete from privacy_drop
  where day < $1
  returning 1
)
select count(*) from gone
