-- Replay $1 if it is user $2's, of vehicle $3.
select day, from_at, until_at, expires_at
from replay
where id = $1 and user_id = $2 and vehicle_id = $3
