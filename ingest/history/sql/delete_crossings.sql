-- Delete the crossings of fences by devices $1 before $2; return how many.
with gone as (
  delete from presence_event
  where device_id = any($1::uuid[]) and at < $2
  returning 1
)
select count(*) from gone
