-- Metres from each point lon $1, lat $2 to the edge of version $3, in the order given. Edges are
-- straight in lon and lat; cut small, the geography follows them.
select
  st_distance(
    st_boundary(st_segmentize(v.geom, 0.001))::geography,
    st_setsrid(st_makepoint(lon, lat), 4326)::geography
  ) as edge_m
from unnest($1::float8[], $2::float8[], $3::uuid[]) with ordinality
  as given (lon, lat, version_id, place)
join fence_version as v on v.id = version_id
order by place
