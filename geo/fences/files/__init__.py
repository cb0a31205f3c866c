"""Fences in files: GeoJSON and KML in, GeoJSON out."""
