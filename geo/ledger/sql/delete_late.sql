-- The past of device $1 has been told anew.
delete from presence_late
where device_id = $1
