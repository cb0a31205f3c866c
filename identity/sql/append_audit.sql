-- Append one row of the chain.
insert into audit (seq, at, actor, action, object, subject, body, openings, prev_hash, hash)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
