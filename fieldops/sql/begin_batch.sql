-- Fence, number and order one batch of role $1 in epoch $2; no row: another owns the tenant. The
-- row is locked until the transaction ends: the server ends one whose worker stands still for 5 s,
-- or a frozen worker would keep the next owner out.
update lease
set last_batch = last_batch + 1
where role = $1 and epoch = $2
returning last_batch, set_config('idle_in_transaction_session_timeout', '5s', true)
