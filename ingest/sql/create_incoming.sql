-- A table of this transaction for rows on their way to fix.
create temporary table incoming (like fix) on commit drop
