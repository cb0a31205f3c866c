-- Open proposals give way to a newer one.
update plan_draft
set state = 'stale', version = version + 1, updated_at = now()
where kind = 'proposal' and state = 'open'
