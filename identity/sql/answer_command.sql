-- Keep the answer to key $1 of actor $2.
update command
set answer = $3
where key = $1 and actor = $2
