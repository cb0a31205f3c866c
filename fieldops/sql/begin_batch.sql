-- Fence, number and order one batch of role $1 in epoch $2; no row: another owns the tenant.
update lease
set last_batch = last_batch + 1
where role = $1 and epoch = $2
returning last_batch
