-- Append events in the order given and return the last position. $1 jsonb: array of
-- {kind, body, sites, crews, traceparent, schema}. The caller holds the log's lock.
with incoming as (
  select ord, item
  from jsonb_array_elements($1::jsonb) with ordinality as e (item, ord)
),
drawn as (
  select nextval('event_position') as position, ord, item
  from (select ord, item from incoming order by ord) as ordered
),
appended as (
  insert into event (position, kind, schema, body, sites, crews, traceparent)
  select
    position,
    item ->> 'kind',
    (item ->> 'schema')::smallint,
    item -> 'body',
    array(select jsonb_array_elements_text(item -> 'sites')::uuid),
    array(select jsonb_array_elements_text(item -> 'crews')::uuid),
    item ->> 'traceparent'
  from drawn
  returning position
)
select max(position) from appended
