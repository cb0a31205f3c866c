-- Take message $1 out of quarantine.
delete from quarantine
where id = $1
returning received_at, topic, device, code, payload
