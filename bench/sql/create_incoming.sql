-- A table of this session for rows on their way to fix.
create temporary table incoming (like fix)
