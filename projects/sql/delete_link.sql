-- Take away link $1.
delete from task_link where id = $1
