-- Take the lease of role $1 for owner $2 and $3 seconds if it is free, ended, or already ours.
update lease
set
  epoch = epoch + 1,
  owner = $2,
  until = now() + make_interval(secs => $3)
where
  role = $1
  and (until is null or until < now() or owner = $2)
returning epoch
