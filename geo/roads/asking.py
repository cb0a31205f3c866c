"""One question to a road service over HTTP, and what its silence means."""

from typing import Any

import httpx

from fieldops.errors import Unavailable


async def asked(http: httpx.AsyncClient, name: str, request: httpx.Request) -> tuple[int, Any]:
    """Send a request; return the status and the JSON body of an answer below 500.

    Raises:
        Unavailable: no answer, a server's error, or a body that is not a JSON object. The message
            holds no URL: it would tell places.
    """
    try:
        response = await http.send(request)
    except httpx.HTTPError as error:
        raise Unavailable(f"{name}: does not answer ({type(error).__name__})") from error
    if response.status_code >= 500:
        raise Unavailable(f"{name}: answers {response.status_code}")
    try:
        body = response.json()
    except ValueError as error:
        raise Unavailable(f"{name}: answers {response.status_code} without JSON") from error
    if not isinstance(body, dict):
        raise Unavailable(f"{name}: answers {response.status_code} without a JSON object")
    return response.status_code, body
