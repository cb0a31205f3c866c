"""The web application's files: the page for its own paths, nothing outside its folder."""

from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from api.problems import add_handlers
from api.web import Web, content_policy

POLICY = content_policy("http://files.test:8333")


def _client(dist: Path) -> httpx.AsyncClient:
    app = FastAPI()
    add_handlers(app)
    app.router.default = Web(dist, policy=POLICY)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test")


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<html>the page</html>")
    (folder / "assets" / "app-3f2a.js").write_text("run()")
    (folder / "logo.svg").write_text("<svg/>")
    (tmp_path / "secret.txt").write_text("secret")
    return folder


@pytest.mark.parametrize("path", ["/", "/live", "/crew/today", "/tasks/0199"])
async def test_every_path_of_the_application_is_its_page(dist: Path, path: str) -> None:
    answer = await _client(dist).get(path)

    assert (answer.status_code, answer.text) == (200, "<html>the page</html>")
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_hashed_assets_are_kept_and_other_files_asked_for_again(dist: Path) -> None:
    asset = await _client(dist).get("/assets/app-3f2a.js")
    logo = await _client(dist).get("/logo.svg")

    assert "immutable" in asset.headers["cache-control"]
    assert asset.headers["content-type"].startswith("text/javascript")
    assert logo.headers["cache-control"] == "no-cache"


async def test_an_asset_of_an_old_build_is_not_the_page(dist: Path) -> None:
    assert (await _client(dist).get("/assets/app-old.js")).status_code == 404


@pytest.mark.parametrize("path", ["/api", "/api/v1/nothing", "/api/v2"])
async def test_an_unknown_route_of_the_api_is_a_problem_not_a_page(dist: Path, path: str) -> None:
    for method in ("GET", "POST"):
        answer = await _client(dist).request(method, path)
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "path",
    ["/../secret.txt", "/%2e%2e/secret.txt", "/assets/../../secret.txt", "/%00", "/" + "x" * 5000],
)
async def test_nothing_outside_the_folder_is_served(dist: Path, path: str) -> None:
    answer = await _client(dist).get(httpx.URL("http://test").copy_with(raw_path=path.encode()))

    assert "secret" not in answer.text


async def test_only_reading_is_allowed(dist: Path) -> None:
    answer = await _client(dist).post("/live")

    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


async def test_an_unbuilt_application_says_what_to_do(tmp_path: Path) -> None:
    answer = await _client(tmp_path).get("/")

    assert answer.status_code == 503
    assert "npm run build" in answer.text


def test_the_policy_lets_the_map_work_and_photos_go_up() -> None:
    rules = dict(rule.split(" ", 1) for rule in POLICY.split("; "))

    assert rules["worker-src"] == "'self' blob:"
    assert "http://files.test:8333" in rules["connect-src"].split()
    assert "'unsafe-inline'" not in rules["script-src"]
    assert rules["frame-ancestors"] == "'none'"
