-- Alert $1 opened at $2 and was closed at $3 by $4.
update alert
set opened_at = $2, closed_at = $3, closed_by = $4, version = version + 1, updated_at = now()
where id = $1
