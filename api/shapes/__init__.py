"""The bodies that cross HTTP, as Pydantic models: OpenAPI and the web's types come from here.

snake_case, UUIDv7 ids, RFC 3339 UTC times, units in names, GeoJSON for shapes (lon, lat).
"""
