-- Add key $1 with its private PEM $2; it is the one that signs from now on.
insert into signing_key (kid, private_pem, created_at)
values ($1, $2, clock_timestamp())
