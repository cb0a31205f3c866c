-- Judge the GeoJSON Polygon $1: is it valid, else why and where; area in m², diagonal in m.
select
  (detail).valid,
  (detail).reason,
  st_x((detail).location) as lon,
  st_y((detail).location) as lat,
  case when (detail).valid then st_area(geom::geography) end as area_m2,
  st_distance(
    st_setsrid(st_makepoint(st_xmin(geom), st_ymin(geom)), 4326)::geography,
    st_setsrid(st_makepoint(st_xmax(geom), st_ymax(geom)), 4326)::geography
  ) as extent_m
from (
  select geom, st_isvaliddetail(geom) as detail
  from (select st_geomfromgeojson($1::jsonb) as geom) as given
) as judged
