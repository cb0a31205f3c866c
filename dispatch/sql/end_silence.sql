-- Forget the silence of all crews but $1; returns whose.
delete from crew_silence where not (crew_id = any($1::uuid[])) returning crew_id, since
