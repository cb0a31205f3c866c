-- Open alert $1 by rule $2 on vehicle $3, device $4, for trip $5, at $6; closed at $7 by $8.
insert into alert (
  id, rule, vehicle_id, device_id, cause_id, opened_at, closed_at, closed_by
)
values ($1, $2, $3, $4, $5, $6, $7, $8)
