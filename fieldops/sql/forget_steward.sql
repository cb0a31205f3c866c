-- Count steward $1 no more.
delete from steward
where owner = $1
