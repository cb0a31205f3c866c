-- Give a task to a crew.
insert into assignment (
  id, task_id, crew_id, plan_version, sequence, state, pinned, travel_s, eta_at, start_at, end_at,
  reason, offered_at, expires_at, created_by
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
