import re
from fnmatch import fnmatch

import pytest

from fieldops.commands.settings import described
from fieldops.settings import Settings
from tests.docs.tree import text_of, tracked

# What only tests and compose.yaml read, each explained where it stands.
ELSEWHERE = {
    "FIELDOPS_SCREENSHOTS",
    "FIELDOPS_POSTGRES_PASSWORD",
    "FIELDOPS_VALKEY_PASSWORD",
    "FIELDOPS_MQTT_PASSWORD",
    "FIELDOPS_S3_ACCESS_KEY",
    "FIELDOPS_S3_SECRET_KEY",
}
KNOWN = {row["variable"] for row in described(Settings())}
_VARIABLE = re.compile(r"FIELDOPS_[A-Z0-9_*]*[A-Z0-9*]\b|FIELDOPS_\*(?:_[A-Z]+)?")


def _mentions() -> list[tuple[str, str]]:
    """Return (variable, path) wherever one is named, patterns like FIELDOPS_*_URL too."""
    found = {
        (name, path)
        for path in tracked()
        if not path.startswith("tests/")
        for name in _VARIABLE.findall(text_of(path))
    }
    return sorted(found)


def test_every_setting_has_a_meaning() -> None:
    assert [row["variable"] for row in described(Settings()) if len(row["meaning"]) < 5] == []


@pytest.mark.parametrize(("name", "path"), _mentions())
def test_a_setting_mentioned_is_one(name: str, path: str) -> None:
    known = KNOWN | ELSEWHERE

    assert any(fnmatch(each, name) for each in known), f"{path} mentions {name}"


def test_no_secret_has_a_default() -> None:
    urls = [n for n in Settings.model_fields if n.endswith("_url")]

    assert len(urls) >= 6
    assert all(Settings.model_fields[name].default is None for name in urls)
