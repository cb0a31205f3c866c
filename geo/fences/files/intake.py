"""Bring the fences of a file in: all of them or none, unless asked to leave out what is wrong.

Every feature is judged, so that one reading tells all that is wrong: which feature, which value,
which limit. Nothing is written unless everything that is kept can be.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from fieldops.errors import BadInput, Problem
from geo.fences.editing import create_fence
from geo.fences.files.feature import Fault, Feature
from geo.fences.files.geojson import read_geojson
from geo.fences.files.kml import read_kml
from identity.commands import Change

FILE_MOST = 10 << 20
FEATURES_MOST = 2_000
KINDS = ("site", "depot", "forbidden", "danger")


@dataclass(frozen=True, slots=True)
class Intake:
    """What became of a file: views of the fences drawn, and the features that cannot be."""

    fences: tuple[dict[str, Any], ...]
    faults: tuple[Fault, ...]


class _Undo(Exception):
    """Leaves a savepoint without keeping what was done in it."""


def read_features(content: bytes) -> list[Feature | Fault]:
    """Return a file's drawings and what could not be read, in the order of the file.

    What begins with `<` is KML, everything else GeoJSON.

    Raises:
        BadInput: the file is neither, too large, or holds nothing.
    """
    if len(content) > FILE_MOST:
        raise BadInput(
            f"the file has {len(content)} bytes, the limit is {FILE_MOST}", code="file_too_large"
        )
    if content[:2] == b"PK":
        raise BadInput("the file is a KMZ archive: unpack its doc.kml first", code="file_archive")
    start = content.removeprefix(b"\xef\xbb\xbf").lstrip()
    found = list(_bounded(read_kml(start) if start[:1] == b"<" else read_geojson(_text(start))))
    if not found:
        raise BadInput("the file holds no feature", code="file_empty")
    return found


async def import_fences(
    change: Change,
    features: Iterable[Feature | Fault],
    defaults: Mapping[str, Any],
    *,
    skip_invalid: bool = False,
    dry_run: bool = False,
) -> Intake:
    """Draw the features as fences, in the caller's transaction.

    Args:
        change: the open command.
        features: as `read_features` gave them.
        defaults: fields of a fence the file does not say: `site_id`, `kind`, and `radius_m` and
            `width_m` for its points and lines. The file's own come first.
        skip_invalid: draw what is right and return what is not; else anything wrong refuses all.
        dry_run: draw nothing; return what would be.

    Raises:
        BadInput: something is wrong and `skip_invalid` is not asked; a problem for each feature.
        NotFound: the site is not one of the actor's.
    """
    fences: list[dict[str, Any]] = []
    faults: list[Fault] = []
    for feature in features:
        if isinstance(feature, Fault):
            faults.append(feature)
            continue
        try:
            fences.append(await _drawn(change, feature, defaults, dry_run=dry_run))
        except BadInput as error:
            faults += _faults(feature, error)
    if faults and not (skip_invalid or dry_run):
        raise BadInput(
            f"{len({f.feature for f in faults})} features of the file cannot be fences, the first: "
            f"{_said(faults[0])}",
            problems=tuple(Problem(f"/features/{f.feature}{f.pointer}", _said(f)) for f in faults),
            code="import_refused",
            faults=len(faults),
        )
    return Intake(tuple(fences), tuple(faults))


async def _drawn(
    change: Change, feature: Feature, defaults: Mapping[str, Any], *, dry_run: bool
) -> dict[str, Any]:
    """Draw one feature behind a savepoint, so that a refused one leaves nothing."""
    values = _values(feature, defaults)
    reported = len(change.events), len(change.entries)
    fence: dict[str, Any] = {}
    try:
        async with change.connection.transaction():
            fence = await create_fence(change, values)
            if dry_run:
                raise _Undo
    except _Undo:
        del change.events[reported[0] :], change.entries[reported[1] :]
    return fence


def _values(feature: Feature, defaults: Mapping[str, Any]) -> dict[str, Any]:
    values = {**defaults, **feature.properties}
    shape = feature.geometry["type"]
    # A default measure is for the shapes that have one; what the file itself says is judged.
    for name, owner in (("radius_m", "Point"), ("width_m", "LineString")):
        if shape != owner and name not in feature.properties:
            values.pop(name, None)
    if values.get("kind", "site") not in KINDS:
        raise BadInput(
            f"kind {values['kind']!r:.40} is not {', '.join(KINDS)}", pointer="/kind", code="kind"
        )
    name = feature.name or f"{defaults.get('name', 'Import')} {feature.place + 1}"
    return {**values, "name": name, "geometry": feature.geometry}


def _faults(feature: Feature, error: BadInput) -> list[Fault]:
    problems = error.problems or (Problem("/geometry/coordinates", str(error)),)
    return [
        Fault(
            feature.place,
            feature.name,
            each.pointer,
            error.code,
            each.message,
            cast(float | None, error.params.get("lon")),
            cast(float | None, error.params.get("lat")),
        )
        for each in problems
    ]


def _said(fault: Fault) -> str:
    name = "" if fault.name is None else f" ({fault.name})"
    return f"feature {fault.feature}{name}: {fault.message}"


def _bounded(found: Iterator[Feature | Fault]) -> Iterator[Feature | Fault]:
    for count, each in enumerate(found):
        if count >= FEATURES_MOST:
            raise BadInput(
                f"the file holds more than {FEATURES_MOST} features", code="file_too_large"
            )
        yield each


def _text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise BadInput(f"the file is not UTF-8 text: {error}", code="file_invalid") from error
