-- Wait for no lock longer than 5 s in this transaction.
select set_config('lock_timeout', '5s', true)
