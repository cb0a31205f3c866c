"""A tenant's bucket for photos and documents, in any S3; the client is synchronous, so threads."""

import asyncio
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import unquote, urlsplit

import urllib3
from minio import Minio
from minio.deleteobjects import DeleteObject
from minio.error import S3Error

from fieldops.errors import Unavailable
from fieldops.model import TenantSlug
from fieldops.settings import Settings

Answer = TypeVar("Answer")
TIMEOUT_S = 10.0
_OURS_ALREADY = frozenset({"BucketAlreadyOwnedByYou", "BucketAlreadyExists"})


def bucket_name(settings: Settings, slug: TenantSlug) -> str:
    """Return the name of the tenant's bucket."""
    return f"{settings.s3_bucket_prefix}{slug}"


def s3_client(url: str) -> Minio:
    """Return a client for `http(s)://access:secret@host:port`; it gives up after 10 s."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return Minio(
        f"{parts.hostname}{port}",
        access_key=unquote(parts.username or ""),
        secret_key=unquote(parts.password or ""),
        secure=parts.scheme == "https",
        # Given, it saves a request for the bucket's location before each other one.
        region="us-east-1",
        http_client=urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=3.0, read=TIMEOUT_S), retries=urllib3.Retry(1)
        ),
    )


async def ensure_bucket(url: str, name: str) -> None:
    """Create the bucket if it is missing.

    Raises:
        Unavailable: the S3 server does not answer.
    """
    await _threaded(f"bucket {name}", lambda: _ensure(s3_client(url), name))


async def remove_bucket(url: str, name: str) -> None:
    """Remove the bucket with everything in it; one that is not there is no error.

    Raises:
        Unavailable: the S3 server does not answer, or keeps an object.
    """
    await _threaded(f"bucket {name}", lambda: _remove(s3_client(url), name))


async def _threaded(what: str, work: Callable[[], Answer]) -> Answer:
    try:
        return await asyncio.to_thread(work)
    except (S3Error, urllib3.exceptions.HTTPError) as error:
        raise Unavailable(f"{what}: the S3 server refuses ({type(error).__name__})") from error


def _ensure(client: Minio, name: str) -> None:
    if client.bucket_exists(name):
        return
    try:
        client.make_bucket(name)
    except S3Error as error:
        if error.code not in _OURS_ALREADY:
            raise


def _remove(client: Minio, name: str) -> None:
    if not client.bucket_exists(name):
        return
    names = (found.object_name for found in client.list_objects(name, recursive=True))
    doomed = [DeleteObject(found) for found in names if found is not None]
    for error in client.remove_objects(name, doomed):
        raise Unavailable(f"bucket {name}: an object stays ({error.code})")
    client.remove_bucket(name)
