-- Forget where device $1 stands.
delete from presence
where device_id = $1
