-- Drop the chunk of hypertable $1 that spans [$2, $3).
select drop_chunks($1::text::regclass, newer_than => $2::timestamptz, older_than => $3::timestamptz)
