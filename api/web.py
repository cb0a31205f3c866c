"""The web application: files of one folder, and its page for every path the application routes.

It answers what no route does. Paths under /api are never a page. Hashed assets are kept for a
year, the page itself is asked for again each time, so a deployment shows at the next load.
"""

from pathlib import Path
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.types import Receive, Scope, Send

from fieldops.process import Process

ASSETS = "assets/"  # Vite puts what it hashes here
IMMUTABLE = "public, max-age=31536000, immutable"
NOT_BUILT = """<!doctype html><meta charset="utf-8"><title>FieldOps360</title>
<h1>FieldOps360</h1><p>The web application is not built yet: run <code>npm ci</code> and
<code>npm run build</code> in <code>web/</code>. The API answers under <code>/api/v1</code>.</p>
"""


class Web:
    """An ASGI application over a folder of built files."""

    def __init__(self, dist: Path, *, policy: str) -> None:
        self._dist = dist.resolve()
        self._headers = {
            "Content-Security-Policy": policy,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Permissions-Policy": "geolocation=(self), camera=(self), microphone=()",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
            return
        response = self._answer(Request(scope))
        response.headers.update(self._headers)
        await response(scope, receive, send)

    def _answer(self, request: Request) -> Response:
        path = request.url.path.lstrip("/")
        if path == "api" or path.startswith("api/"):
            raise HTTPException(404, "no such route")
        if request.method not in ("GET", "HEAD"):
            raise HTTPException(405, headers={"Allow": "GET, HEAD"})
        page = self._dist / "index.html"
        if not page.is_file():
            return HTMLResponse(NOT_BUILT, 503)
        file = self._file(path)
        if file is not None:
            hashed = path.startswith(ASSETS)
            return FileResponse(
                file, headers={"Cache-Control": IMMUTABLE if hashed else "no-cache"}
            )
        if path.startswith(ASSETS):
            # An old page asks for an asset of an old build: the page would be no answer.
            raise HTTPException(404, "no such file")
        return FileResponse(page, headers={"Cache-Control": "no-cache"})

    def _file(self, path: str) -> Path | None:
        """Return the file at a path, None when there is none or it lies outside the folder."""
        try:
            file = (self._dist / path).resolve()
            return file if file.is_relative_to(self._dist) and file.is_file() else None
        except (OSError, ValueError):
            return None  # a NUL, or a name longer than the file system takes


def web_of(process: Process) -> Web:
    """Return the web application of a process, allowed to speak to us, the files and the tiles."""
    sources = [_origin(process.urls.s3)]
    if process.settings.tile_url:
        sources.append(_origin(process.settings.tile_url))
    return Web(process.settings.web_dist, policy=content_policy(*sources))


def content_policy(*others: str) -> str:
    """Return the Content-Security-Policy: our own origin, and `others` for images and requests.

    `'self'` covers our WebSocket; maplibre runs its workers from blobs, and Mantine writes its
    styles into the page.
    """
    more = " ".join(("", *others))
    return "; ".join(
        (
            "default-src 'self'",
            "script-src 'self'",
            "worker-src 'self' blob:",
            "style-src 'self' 'unsafe-inline'",
            "font-src 'self' data:",
            f"img-src 'self' data: blob:{more}",
            f"connect-src 'self' ws: wss: data: blob:{more}",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def _origin(url: str) -> str:
    """Return scheme, host and port, without the credentials a URL may carry."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname}{port}"
