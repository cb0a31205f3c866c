"""Files of fences: what is read, what is refused and how it is named, and that nothing explodes."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldops.errors import BadInput
from fieldops.events import last_position
from geo.fences.editing import view_fences
from geo.fences.files.export import geojson_of
from geo.fences.files.feature import Fault, Feature
from geo.fences.files.intake import Intake, import_fences, read_features
from identity.commands import Change, execute
from tests.geo.fences.test_editing import create
from tests.geo.fences.test_shapes import CENTRE, NIGHTS, ROAD, drawn
from tests.geo.yard import LAT, LON, square
from tests.world import World

SQUARE = {"type": "Polygon", "coordinates": square()}


def collection(*features: Any, **more: Any) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features, **more}).encode()


def feature(geometry: Any, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def kml(*placemarks: str, head: str = "") -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{head}<kml xmlns="http://www.opengis.net/kml/2.2">'
        f"<Document><name>Chantiers</name>{''.join(placemarks)}</Document></kml>"
    ).encode()


def ring(points: list[tuple[float, float]], tag: str) -> str:
    text = " ".join(f"{lon},{lat},171.5" for lon, lat in points)
    return f"<{tag}><LinearRing><coordinates>{text}</coordinates></LinearRing></{tag}>"


PLACEMARK = (
    "<Placemark><name>Emprise &amp; accès</name><styleUrl>#s</styleUrl>"
    '<ExtendedData><Data name="kind"><value>danger</value></Data>'
    '<SchemaData><SimpleData name="margin_m">5</SimpleData></SchemaData></ExtendedData><Polygon>'
    + ring(square()[0], "outerBoundaryIs")
    + ring(square(half_m=30)[0], "innerBoundaryIs")
    + "</Polygon></Placemark>"
)
LINE = (
    "<Placemark><name>Réseau HTA</name><MultiGeometry>"
    f"<LineString><coordinates>{LON},{LAT} {LON + 0.01},{LAT}</coordinates></LineString>"
    f"<Point><coordinates>{LON},{LAT},0</coordinates></Point></MultiGeometry></Placemark>"
)


def test_geojson_gives_its_drawings_names_and_measures() -> None:
    many = {"type": "MultiPolygon", "coordinates": [square(), square(500)]}
    found = read_features(
        collection(feature(CENTRE, nom="Poste", radius_m="80", colour="red"), feature(many))
    )

    assert found[0] == Feature(0, "Poste", CENTRE, {"radius_m": 80.0})
    assert [(f.feature if isinstance(f, Fault) else f.place) for f in found] == [0, 1, 1]
    assert isinstance(found[2], Feature)
    assert found[2].geometry["coordinates"] == square(500)


def test_kml_gives_holes_lines_points_and_extended_data() -> None:
    area, line, point = read_features(kml(PLACEMARK, LINE))

    assert area == Feature(
        0,
        "Emprise & accès",
        {"type": "Polygon", "coordinates": [square()[0], square(half_m=30)[0]]},
        {"kind": "danger", "margin_m": 5.0},
    )
    assert isinstance(line, Feature)
    assert isinstance(point, Feature)
    assert (line.geometry["type"], point.geometry["type"]) == ("LineString", "Point")
    assert (line.name, point.place) == ("Réseau HTA", 1)


BOMB = (
    '<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>'
)
STRANGER = '<!DOCTYPE kml [<!ENTITY x SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("content", "code", "message"),
    [
        (kml("<Placemark><name>&c;</name></Placemark>", head=BOMB), "file_doctype", "document"),
        (kml("<Placemark><name>&x;</name></Placemark>", head=STRANGER), "file_doctype", "document"),
        (b"<kml>" + b"<Folder>" * 200, "file_invalid", "nest deeper than 100"),
        (b"<kml><Placemark>", "file_invalid", "not XML"),
        (b"{", "file_invalid", "not JSON"),
        (b"[" * 100_000, "file_invalid", "not JSON"),
        (b'{"type": "Topology"}', "file_invalid", "'Topology' is not GeoJSON's"),
        (b"\xff\xfe", "file_invalid", "not UTF-8"),
        (b"PK\x03\x04", "file_archive", "KMZ"),
        (collection(), "file_empty", "no feature"),
        (kml(), "file_empty", "no feature"),
        (b" " * (10 * 2**20 + 1), "file_too_large", "the limit is 10485760"),
        (collection(*[feature(CENTRE)] * 2001), "file_too_large", "more than 2000 features"),
        (
            collection(feature(CENTRE), crs={"properties": {"name": "urn:ogc:def:crs:EPSG::2154"}}),
            "file_projection",
            "EPSG::2154; export it in WGS 84",
        ),
    ],
)
def test_a_file_that_is_none_is_refused(content: bytes, code: str, message: str) -> None:
    with pytest.raises(BadInput, match=message) as refused:
        read_features(content)

    assert refused.value.code == code


@pytest.mark.parametrize(
    ("geometry", "properties", "pointer", "message"),
    [
        ({"type": "Point", "coordinates": [842_000.0, 6_519_000.0]}, {}, "/geometry/coordinates",
         "off the globe .* Lambert 93"),
        ({"type": "Point", "coordinates": ["4", 45]}, {}, "/geometry/coordinates", "of numbers"),
        ({"type": "LineString", "coordinates": [[4, 45], [4]]}, {}, "/geometry/coordinates",
         "point 1: position"),
        ({"type": "Curve", "coordinates": []}, {}, "/geometry", "'Curve' is not Polygon"),
        (None, {}, "/geometry", "None is not Polygon"),
        ({"type": "Polygon", "coordinates": 5}, {}, "/geometry/coordinates", "a list of rings"),
        ({"type": "Point", "coordinates": [10**400, 45]}, {}, "/geometry/coordinates", "off the"),
        (CENTRE, {"radius_m": "large"}, "/radius_m", "radius_m 'large' is not a number"),
    ],
)  # fmt: skip
def test_a_feature_that_cannot_be_read_is_named(
    geometry: Any, properties: dict[str, Any], pointer: str, message: str
) -> None:
    right, wrong = read_features(
        collection(feature(CENTRE), feature(geometry, name="Nord", **properties))
    )

    assert isinstance(right, Feature)
    assert isinstance(wrong, Fault)
    assert (wrong.feature, wrong.name, wrong.pointer) == (1, "Nord", pointer)
    with pytest.raises(AssertionError, match=message):
        raise AssertionError(wrong.message)


@given(st.binary(max_size=200) | st.recursive(
    st.none() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["type", "features", "geometry", "coordinates", "properties"]), inner),
    max_leaves=20,
).map(lambda value: json.dumps(value).encode()))  # fmt: skip
def test_whatever_comes_is_read_or_refused(content: bytes) -> None:
    with suppress(BadInput):
        read_features(content)


async def taken(world: World, content: bytes, **asked: Any) -> Intake:
    defaults = {"radius_m": 50.0, "width_m": 20.0, **asked.pop("defaults", {})}

    async def apply(change: Change) -> Intake:
        return await import_fences(change, read_features(content), defaults, **asked)

    return await execute(world.store, world.actor(), apply, what="import")


@pytest.mark.services
async def test_a_file_is_drawn_whole_for_a_site(world: World) -> None:
    site = await world.site()

    intake = await taken(world, kml(PLACEMARK, LINE), defaults={"site_id": site, "kind": "depot"})

    drawings = [(f["name"], f["kind"], f["geometry"]["type"]) for f in intake.fences]
    assert drawings == [
        ("Emprise & accès", "danger", "Polygon"),
        ("Réseau HTA", "depot", "LineString"),
        ("Réseau HTA", "depot", "Point"),
    ]
    assert {f["site_id"] for f in intake.fences} == {site}
    assert [f["width_m"] for f in intake.fences] == [None, 20, None]


@pytest.mark.services
async def test_one_wrong_feature_refuses_all_and_each_is_named_with_the_place(world: World) -> None:
    (sw, se, ne, nw, _) = square()[0]
    bow_tie = {"type": "Polygon", "coordinates": [[sw, ne, se, nw, sw]]}
    content = collection(
        feature(SQUARE, name="Bon"), feature(bow_tie, name="Nœud"), feature(CENTRE, radius_m=1)
    )
    fences = "select count(*) from fence"
    before = await last_position(world.pool), await world.pool.fetchval(fences)

    with pytest.raises(BadInput) as refused:
        await taken(world, content)
    tried = await taken(world, content, dry_run=True)

    assert [p.pointer for p in refused.value.problems] == [
        "/features/1/geometry/coordinates",
        "/features/2/radius_m",
    ]
    said = [p.message for p in refused.value.problems]
    assert said[0].startswith("feature 1 (Nœud): the fence is not a simple polygon: Self-inter")
    assert said[0].endswith(f"at {LON}, {LAT}")
    assert said[1] == "feature 2: radius_m 1 is not 5 to 20000"
    assert (len(tried.fences), [f.feature for f in tried.faults]) == (1, [1, 2])
    after = await last_position(world.pool), await world.pool.fetchval(fences)
    assert after == before

    kept = await taken(world, content, skip_invalid=True)
    assert ([f["name"] for f in kept.fences], len(kept.faults)) == (["Bon"], 2)


@pytest.mark.services
async def test_what_is_exported_is_imported_as_the_same_fences(world: World) -> None:
    made = [
        await create(world, drawn(CENTRE, radius_m=300.0, margin_m=4.0, schedule=NIGHTS)),
        await create(world, drawn(ROAD, width_m=40.0, kind="forbidden", dwell_s=30.0)),
        await create(world, drawn(SQUARE)),
    ]
    async with world.pool.acquire() as connection:
        views = await view_fences(connection, ids=[fence["id"] for fence in made])

    intake = await taken(world, json.dumps(geojson_of(views)).encode())

    own = ("id", "created_at", "updated_at")
    assert [{k: v for k, v in f.items() if k not in own} for f in intake.fences] == [
        {k: v for k, v in f.items() if k not in own} for f in views
    ]
