-- The longest retention any purpose or policy of the tenant knows, used or not.
select greatest(
  (select max(retention_days) from purpose_retention),
  (select max(retention_days) from tracking_policy)
)
