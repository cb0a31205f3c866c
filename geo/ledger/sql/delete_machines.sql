-- Remove the machines of devices $1 at fences $2, pair by pair.
delete from presence
using unnest($1::uuid[], $2::uuid[]) as m (device_id, fence_id)
where presence.device_id = m.device_id and presence.fence_id = m.fence_id
