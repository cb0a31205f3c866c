"""Ports, folders, owners and secrets of a stack."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from fieldops.errors import BadInput, Prerequisite
from fieldops.stack.credentials import credentials_in
from fieldops.stack.layout import Ports, locate, ports_from, root_from


@pytest.fixture
def clone() -> Iterator[Path]:
    """A folder that any user may enter, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="fieldops-"))
    folder.chmod(0o755)
    yield folder
    home = folder / ".fieldops/home"
    if home.is_symlink():
        shutil.rmtree(home.resolve())
    shutil.rmtree(folder)


def test_ports_come_from_the_environment() -> None:
    assert ports_from({"FIELDOPS_STACK_MQTT_PORT": "1883"}) == Ports(mqtt=1883)


@pytest.mark.parametrize("value", ["80", "70000", "mqtt", "-1", "²"])
def test_a_port_out_of_range_names_its_setting(value: str) -> None:
    with pytest.raises(BadInput, match=rf"FIELDOPS_STACK_S3_PORT={value} is not a port"):
        ports_from({"FIELDOPS_STACK_S3_PORT": value})


def test_the_folder_is_a_setting() -> None:
    assert root_from({"FIELDOPS_HOME": "/srv/fieldops"}) == Path("/srv/fieldops")
    assert root_from({}).name == ".fieldops"


def test_data_lies_in_the_clone_when_the_services_can_reach_it(clone: Path) -> None:
    layout = locate(clone / ".fieldops")

    assert layout.home.is_relative_to(clone)
    assert layout.store.is_relative_to(clone) or "FIELDOPS_CACHE" in os.environ


def test_root_keeps_data_of_an_unreachable_clone_elsewhere(clone: Path) -> None:
    clone.chmod(0o700)

    layout, again = locate(clone / ".fieldops"), locate(clone / ".fieldops")

    assert again == layout
    assert layout.home.is_relative_to("/var/lib/fieldops360") == (os.geteuid() == 0)


def test_a_clone_of_another_user_is_refused_in_one_line(clone: Path) -> None:
    foreign = clone / ".fieldops"
    if os.geteuid() == 0:
        foreign.mkdir()
        os.chown(foreign, 12345, 12345)
    else:
        foreign = Path("/usr")

    with pytest.raises(
        Prerequisite, match=rf"^{foreign} belongs to .*, not to .*remove it"
    ) as said:
        locate(foreign)

    assert "\n" not in str(said.value)


def test_a_folder_that_cannot_be_made_is_named() -> None:
    with pytest.raises(Prerequisite, match="cannot write /proc/"):
        locate(Path("/proc/fieldops"))


def test_secrets_are_made_once_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    made = credentials_in(tmp_path, data=tmp_path / "data")

    assert credentials_in(tmp_path, data=tmp_path / "data") == made
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600
    assert len({made.postgres, made.valkey, made.mqtt, made.s3_access, made.s3_secret}) == 5


def test_lost_secrets_are_not_replaced_while_data_exists(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()

    with pytest.raises(Prerequisite, match="is gone but"):
        credentials_in(tmp_path, data=tmp_path / "data")
