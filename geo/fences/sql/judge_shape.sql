-- Judge the GeoJSON $1 (Polygon; Point with radius $2 m; LineString with width $3 m; the others'
-- null), grown by margin $4 m: is it valid, else why and where; its area as EWKB and in m², its
-- diagonal in m. A circle is a polygon of 128 sides (0.03 % of the radius inside the true one), a
-- rounded corner has 16 to the quarter.
select
  (detail).valid,
  (detail).reason,
  st_x((detail).location) as lon,
  st_y((detail).location) as lat,
  st_asewkb(area) as area,
  st_area(area::geography) as area_m2,
  st_distance(
    st_setsrid(st_makepoint(st_xmin(box), st_ymin(box)), 4326)::geography,
    st_setsrid(st_makepoint(st_xmax(box), st_ymax(box)), 4326)::geography
  ) as extent_m
from (
  select
    detail,
    coalesce(area, drawn) as box,
    area
  from (
    select
      drawn,
      detail,
      case
        when not (detail).valid then null
        when $2::float8 is not null
          then st_buffer(drawn::geography, $2::float8 + $4::float8, 'quad_segs=32')::geometry
        when $3::float8 is not null
          then st_buffer(drawn::geography, $3::float8 / 2 + $4::float8, 'quad_segs=16')::geometry
        when $4::float8 > 0
          then st_buffer(drawn::geography, $4::float8, 'quad_segs=16')::geometry
        else drawn
      end as area
    from (
      select drawn, st_isvaliddetail(drawn) as detail
      from (select st_geomfromgeojson($1::jsonb) as drawn) as given
    ) as checked
  ) as grown
) as judged
