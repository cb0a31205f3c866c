-- Make room for the next rows.
truncate incoming
