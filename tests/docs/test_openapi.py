"""The document the web's types are made of is the one the api serves, to the byte."""

import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_the_webs_document_is_what_the_api_prints(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_module("api.openapi", run_name="__main__")

    assert capsys.readouterr().out == (ROOT / "web" / "openapi.json").read_text("utf-8"), (
        "run `make types` and commit web/openapi.json and web/src/api/schema.d.ts"
    )
