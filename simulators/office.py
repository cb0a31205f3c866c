"""A person at the public API: signs in, keeps the token fresh, reads, writes with idempotency."""

import asyncio
import time
from types import TracebackType
from typing import Any, Self
from uuid import UUID

import httpx

from fieldops.errors import Conflict, FieldopsError, NotFound, Unauthenticated, Unavailable
from fieldops.model import new_id

TIMEOUT_S = 15.0
ATTEMPTS = 6
RENEW_BEFORE_S = 60.0
# Only these say "not now"; everything else is an answer.
TRANSIENT = frozenset({502, 503, 504})


class Office:
    """One signed-in user. Use `async with`; not safe to share between event loops."""

    def __init__(self, base_url: str, tenant: str, login: str, password: str) -> None:
        self._login = {"tenant": tenant, "login": login, "password": password}
        self._http = httpx.AsyncClient(base_url=f"{base_url}/api/v1", timeout=TIMEOUT_S)
        self._token = ""
        self._refresh = ""
        self._renew_at = 0.0
        self._signing_in = asyncio.Lock()

    async def __aenter__(self) -> Self:
        try:
            await self.token()
        except FieldopsError:
            await self._http.aclose()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._http.aclose()

    async def token(self) -> str:
        """Return an access token with at least a minute of life in it.

        Raises:
            Unauthenticated: the login is refused. Unavailable: the api does not answer.
        """
        async with self._signing_in:
            if time.monotonic() > self._renew_at:
                await self._sign_in()
            return self._token

    async def get(self, path: str, **query: Any) -> Any:
        """Return the answer to a read."""
        return await self._ask(
            "GET", path, params={k: v for k, v in query.items() if v is not None}
        )

    async def all(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """Return every item of a list, page by page."""
        items: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            page = await self.get(path, limit=500, cursor=cursor, **query)
            items += page["items"]
            cursor = page["next"]
            if cursor is None:
                return items

    async def post(self, path: str, body: Any = None, *, key: UUID | None = None) -> Any:
        """Write; asking again after a lost answer is safe, for the key says it is the same."""
        headers = {"Idempotency-Key": str(key or new_id())}
        return await self._ask("POST", path, json=body, headers=headers)

    async def _sign_in(self) -> None:
        if self._refresh:
            answer = await self._send(
                "POST", "/auth/refresh", json={"refresh_token": self._refresh}
            )
            if answer.status_code != 200:
                answer = await self._send("POST", "/auth/login", json=self._login)
        else:
            answer = await self._send("POST", "/auth/login", json=self._login)
        tokens = _checked(answer)
        self._token, self._refresh = tokens["access_token"], tokens["refresh_token"]
        self._renew_at = time.monotonic() + max(5.0, tokens["expires_in_s"] - RENEW_BEFORE_S)

    async def _ask(self, method: str, path: str, **request: Any) -> Any:
        headers = {**request.pop("headers", {}), "Authorization": f"Bearer {await self.token()}"}
        return _checked(await self._send(method, path, headers=headers, **request))

    async def _send(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Send, again after a pause while the api does not answer."""
        reason = ""
        for attempt in range(ATTEMPTS):
            try:
                answer = await self._http.request(method, path, **request)
            except httpx.TransportError as error:
                reason = type(error).__name__
            else:
                if answer.status_code not in TRANSIENT:
                    return answer
                reason = f"status {answer.status_code}"
            await asyncio.sleep(0.3 * 2**attempt)
        raise Unavailable(f"{method} {path}: the api does not answer ({reason})")


def _checked(answer: httpx.Response) -> Any:
    if answer.is_success:
        return answer.json() if answer.content else None
    try:
        problem = answer.json()
    except ValueError:
        problem = {}
    asked = f"{answer.request.method} {answer.request.url.path}"
    text = f"{asked}: {problem.get('detail', answer.status_code)} {problem.get('errors', '')}"
    kind = {401: Unauthenticated, 404: NotFound, 409: Conflict, 412: Conflict}.get(
        answer.status_code
    )
    raise (kind or FieldopsError)(text, code=problem.get("code"))
