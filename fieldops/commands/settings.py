"""`fieldops settings`: every FIELDOPS_* variable, its value now, and what it means."""

import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from fieldops.settings import Settings, load_settings


def show_settings(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Print every setting: its variable, value, and meaning. Secrets in URLs are withheld."""
    rows = described(load_settings())
    if as_json:
        typer.echo(json.dumps(rows, indent=1))
        return
    table = Table("variable", "value", "meaning", box=None)
    for row in rows:
        table.add_row(row["variable"], row["value"], row["meaning"])
    Console().print(table)


def described(settings: Settings) -> list[dict[str, Any]]:
    """Return one row a setting: variable, value as text, meaning."""
    return [
        {
            "variable": f"FIELDOPS_{name.upper()}",
            "value": _shown(name, getattr(settings, name)),
            "meaning": info.description or "",
        }
        for name, info in Settings.model_fields.items()
    ]


def _shown(name: str, value: object) -> str:
    if value is None:
        return ""
    return "(set)" if name.endswith("_url") and name != "tile_url" else str(value)
