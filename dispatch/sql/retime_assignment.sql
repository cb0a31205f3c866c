-- Give assignment $1 its place and times in plan $2. Its version stays: an offer that was sent
-- and only shifts by minutes can still be answered.
update assignment
set
  plan_version = $2, sequence = $3, travel_s = $4, eta_at = $5, start_at = $6, end_at = $7,
  updated_at = now()
where id = $1
