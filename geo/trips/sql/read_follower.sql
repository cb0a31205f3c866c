-- The last batch the follower of trips has done with.
select batch from follower where name = 'trips'
