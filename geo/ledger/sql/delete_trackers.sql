-- Forget the motion of devices $1.
delete from presence_device
where device_id = any($1::uuid[])
