-- Take the lease of role $1 for owner $2 and $3 seconds if it has been free, or ended, for $4
-- seconds, or is already ours.
update lease
set
  epoch = epoch + 1,
  owner = $2,
  until = now() + make_interval(secs => $3)
where
  role = $1
  and (until is null or until < now() - make_interval(secs => $4) or owner = $2)
returning epoch
