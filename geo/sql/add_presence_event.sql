-- Record event $1: device $2, fence $3, kind $4, at $5, why $6.
insert into presence_event (id, device_id, fence_id, kind, at, why)
values ($1, $2, $3, $4, $5, $6)
