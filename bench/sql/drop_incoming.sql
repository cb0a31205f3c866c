-- Give the session's table back.
drop table incoming
