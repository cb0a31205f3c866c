-- Give assignment $1 its times of now: travel $2, arrival $3, start $4, end $5. Its version stays.
update assignment
set travel_s = $2, eta_at = $3, start_at = $4, end_at = $5, updated_at = now()
where id = $1
