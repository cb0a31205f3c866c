-- End the lease of role $1 now if epoch $2 is still current.
update lease
set until = now(), owner = null
where role = $1 and epoch = $2
