-- Open replay $1 for user $2: vehicle $3, day $4, from $5 until $6; it ends at $7.
insert into replay (id, user_id, vehicle_id, day, from_at, until_at, expires_at)
values ($1, $2, $3, $4, $5, $6, $7)
