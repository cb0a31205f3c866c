"""The document the web's types are made of is the one the api serves."""

import json
from pathlib import Path

from api.app import create_routes

ROOT = Path(__file__).resolve().parents[2]


def test_the_webs_document_is_the_apis() -> None:
    kept = json.loads((ROOT / "web" / "openapi.json").read_text("utf-8"))

    assert kept == json.loads(json.dumps(create_routes().openapi())), (
        "run `make types` and commit web/openapi.json and web/src/api/schema.d.ts"
    )
