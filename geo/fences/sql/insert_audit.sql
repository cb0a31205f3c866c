-- Keep audit $1 made at $2 of [$3, $4): $5 fixes, $6 near pairs, $7 differing, the differences $8.
insert into fence_audit (id, at, since, until, fixes, pairs, differing, differences)
values ($1, $2, $3, $4, $5, $6, $7, $8)
