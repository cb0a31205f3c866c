-- Has user $1 looked at object $2 in the way of key $3 since $4?
select exists (
  select 1
  from audit
  where
    action = 'read' and at >= $4 and object = $2 and actor = $1 and body ->> 'key' = $3
)
