"""`fieldops ingest-file`: the past of a device, from a file."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, TextIO
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from devices.registry import Registered, load_registry
from fieldops.commands.opening import call
from fieldops.errors import BadInput
from fieldops.process import Process
from fieldops.stack.progress import Progress, progress_on
from fieldops.tenancy import transaction
from identity.commands import Change, TenantStore, execute
from identity.rights import Actor
from ingest.files.gpx import read_gpx
from ingest.files.intake import Taken, open_intake
from ingest.files.lines import read_lines
from ingest.files.message import Said, Unusable, run_of
from ingest.files.table import MPS, Columns, columns_from, read_table

FORMATS = {".jsonl": "json", ".ndjson": "json", ".json": "json", ".gpx": "gpx", ".csv": "csv"}


@dataclass(frozen=True, slots=True)
class Source:
    """A file and how it is to be read; `columns` for CSV."""

    path: Path
    kind: str
    columns: Columns | None = None


def ingest_file(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="What to read.")],
    tenant: Annotated[str, typer.Option(help="Slug of the tenant.")],
    device: Annotated[str, typer.Option(help="Name of the device whose past it is.")],
    kind: Annotated[
        str | None, typer.Option("--format", help="json (lines), gpx or csv; else by its name.")
    ] = None,
    columns: Annotated[
        str | None, typer.Option("--map", help="CSV: at=Time,lon=Longitude,lat=Latitude,…")
    ] = None,
    speed_unit: Annotated[str, typer.Option(help=f"CSV: {', '.join(MPS)}.")] = "mps",
    tz: Annotated[str | None, typer.Option(help="CSV: zone of times that tell none.")] = None,
    delimiter: Annotated[str, typer.Option(help="CSV: one character.")] = ",",
    errors: Annotated[
        Path | None, typer.Option(help="Where unusable lines are told; else FILE.errors.jsonl.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Store a file's fixes; exit status 1 when a line could not be used, each told in a file."""
    source = _source(file, kind, columns, speed_unit, tz, delimiter)
    where = errors or file.with_name(file.name + ".errors.jsonl")

    async def main(process: Process) -> Taken:
        with progress_on(sys.stderr) as progress:
            return await taken_in(process, tenant, device, source, where, progress)

    taken = call(main)
    private = sum(taken.private.values())
    if as_json:
        typer.echo(json.dumps(asdict(taken)))
    else:
        typer.echo(
            f"{taken.fixes} fixes: {taken.inserted} new, {taken.replaced} replaced, "
            f"{taken.duplicates} there already, {private} private; "
            f"{taken.unlocated} messages without position, {taken.unusable} unusable"
        )
    if taken.unusable:
        print(f"fieldops: {taken.unusable} unusable lines are in {where}", file=sys.stderr)
        raise typer.Exit(1)


async def taken_in(
    process: Process, slug: str, name: str, source: Source, errors: Path, progress: Progress
) -> Taken:
    """Store a file's fixes for a device; the audit chain says which file.

    Raises:
        NotFound: no such active tenant. BadInput: no such device, or no such file or column.
        Unavailable: the database is lost; reading the file again goes on where it was.
    """
    tenant = await process.tenants.find(slug, fresh=True)
    store = TenantStore(await process.tenants.database(tenant.slug), process.valkey)
    device = await _device(store, name)
    run, size = run_of(source.path), max(source.path.stat().st_size, 1)
    intake = await open_intake(store.pool, tenant.slug, device)
    with _opened(source, run) as said, _Errors(errors) as told:
        taken = await intake.take(
            said,
            told=told.add,
            progress=lambda end: progress.advance(source.path.name, min(end, size), size),
        )
    progress.advance(source.path.name, size, size)

    async def remember(change: Change) -> None:
        body = {"file": run, "inserted": taken.inserted, "replaced": taken.replaced}
        change.audit("imported", f"device:{device.id}", body=body | {"unusable": taken.unusable})

    await execute(store, Actor(tenant.slug), remember, what="ingest file")
    return taken


class _Errors:
    """The file of unusable lines, made with the first of them."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: TextIO | None = None

    def __enter__(self) -> "_Errors":
        self._path.unlink(missing_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, unusable: Sequence[Unusable]) -> None:
        if unusable and self._file is None:
            self._file = self._path.open("w", encoding="utf-8")
        for each in unusable:
            print(json.dumps(asdict(each), ensure_ascii=False), file=self._file)


@contextmanager
def _opened(source: Source, run: str) -> Iterator[Iterator[Said | Unusable]]:
    """Open a file and yield what it says."""
    if source.kind == "csv":
        assert source.columns is not None
        # What is no UTF-8 spoils its own field, not the file.
        with source.path.open(encoding="utf-8-sig", errors="replace", newline="") as text:
            yield read_table(text, source.columns, run)
        return
    with source.path.open("rb") as file:
        yield read_gpx(file, run) if source.kind == "gpx" else read_lines(file)


async def _device(store: TenantStore, name: str) -> Registered:
    async with transaction(store.pool, "devices") as connection:
        device = (await load_registry(connection)).find(name)
    if device is None:
        raise BadInput(f"device {name!r} is not registered", pointer="/device")
    return device


def _source(
    file: Path,
    kind: str | None,
    columns: str | None,
    speed_unit: str,
    tz: str | None,
    delimiter: str,
) -> Source:
    kind = kind or FORMATS.get(file.suffix.lower())
    if kind is None or kind not in FORMATS.values():
        raise BadInput(f"{file.name}: say --format json, gpx or csv", pointer="/format")
    if kind != "csv":
        return Source(file, kind)
    if columns is None:
        raise BadInput("a CSV file needs --map at=…,lon=…,lat=…", pointer="/map")
    if speed_unit not in MPS:
        raise BadInput(f"speed unit {speed_unit!r} is none of {', '.join(MPS)}")
    if len(delimiter) != 1:
        raise BadInput(f"delimiter {delimiter!r} is not one character")
    try:
        zone = None if tz is None else ZoneInfo(tz)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise BadInput(f"no time zone {tz!r}") from error
    return Source(file, kind, Columns(columns_from(columns), MPS[speed_unit], zone, delimiter))
