-- End what device $1 is fixed to, at $2.
update device_binding
set valid_until = $2
where device_id = $1 and valid_until is null
