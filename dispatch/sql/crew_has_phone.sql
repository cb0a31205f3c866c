-- Whether crew $1 answers for itself.
select has_phone from crew where id = $1
