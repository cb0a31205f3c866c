-- What is known of the motion of devices near a fence.
select device_id, memory
from presence_device
limit 200000
