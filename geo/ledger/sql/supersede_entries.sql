-- Entries $1 are replaced by entries $2, pair by pair.
update presence_event
set superseded_by = m.new_id
from unnest($1::uuid[], $2::uuid[]) as m (old_id, new_id)
where presence_event.id = m.old_id
