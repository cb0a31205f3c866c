-- End the lease of role $1 at once if epoch $2 is still current.
update lease
set until = null, owner = null
where role = $1 and epoch = $2
