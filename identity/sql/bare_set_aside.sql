-- Leave of the messages $1 in quarantine only the bytes $2 (arrays).
update quarantine
set payload = bare.payload
from unnest($1::uuid[], $2::bytea[]) as bare (id, payload)
where quarantine.id = bare.id
