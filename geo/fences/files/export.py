"""Write fences as GeoJSON that an import reads back as the same fences."""

from collections.abc import Iterable, Mapping
from typing import Any

_KEPT = (
    "name", "kind", "radius_m", "width_m", "margin_m", "buffer_m", "dwell_s", "max_accuracy_m",
    "confidence", "schedule", "site_id", "active",
)  # fmt: skip


def geojson_of(fences: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return a FeatureCollection of fences' views: each as it was drawn, its fields beside it."""
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": str(fence["id"]),
                "geometry": fence["geometry"],
                "properties": {
                    name: str(fence[name]) if name == "site_id" and fence[name] else fence[name]
                    for name in _KEPT
                    if fence.get(name) is not None
                },
            }
            for fence in fences
        ],
    }
