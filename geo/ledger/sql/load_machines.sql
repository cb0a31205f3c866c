-- The machines that do not rest.
select device_id, fence_id, memory
from presence
limit 500000
