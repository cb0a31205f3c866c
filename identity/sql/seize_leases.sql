-- Take every lease of the tenant for an hour, so that no worker writes or reconnects any more.
update lease
set epoch = epoch + 1, owner = 'tenant dropped', until = now() + interval '1 hour'
