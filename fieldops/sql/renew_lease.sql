-- Prolong the lease of role $1 by $3 seconds from now while epoch $2 is current.
update lease
set until = now() + make_interval(secs => $3)
where role = $1 and epoch = $2
returning epoch
