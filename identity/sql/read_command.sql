-- What key $1 of actor $2 was used for, and the answer (an array of one).
select request_sha256, answer
from command
where key = $1 and actor = $2
