-- Add many devices at once. $1 ids, $2 names, $3 labels, $4 kinds, $5 purposes, $6 author.
insert into device (id, name, label, kind, purpose, created_by)
select given.id, given.name, given.label, given.kind, given.purpose, $6::uuid
from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[])
  as given (id, name, label, kind, purpose)
