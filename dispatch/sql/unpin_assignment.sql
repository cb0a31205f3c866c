-- Let re-planning move assignment $1 again.
update assignment set pinned = false, updated_at = now() where id = $1
