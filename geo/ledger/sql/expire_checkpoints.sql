-- Remove the checkpoints that no fix late by less than $1 can need: those older than another one
-- that is itself older than that; and all older than $2.
delete from presence_checkpoint as c
where
  c.at < $2
  or (
    c.at < $1
    and exists (
      select 1
      from presence_checkpoint as next
      where next.device_id = c.device_id and next.at > c.at and next.at < $1
    )
  )
