-- Remove the checkpoints of device $1 after $2: what was before them has changed.
delete from presence_checkpoint
where device_id = $1 and at > $2
