-- Whether batch $1 was drawn beside the owner of the lease.
select exists (select from side_batch where batch = $1)
