-- The oldest position still kept, 0 when there is none.
select coalesce(min(position), 0) from event
