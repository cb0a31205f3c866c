-- Forget the break that event $1 began: the event does not count any more.
delete from private_period
where attendance_id = $1
