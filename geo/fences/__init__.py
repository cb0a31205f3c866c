"""Fences as people draw them, with dated versions; PostGIS judges every one.

A fence is drawn as a polygon (with holes), a circle (a point and its radius) or a corridor (a line
and its width, for networks and roads), grown by a margin. What is watched is always the polygon
that PostGIS makes of the drawing, kept beside it, so that everybody means the same area.
"""
