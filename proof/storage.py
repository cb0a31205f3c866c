"""The files of a tenant's bucket: signed links for browsers, whole objects for ourselves.

The minio client blocks, so each call runs in a thread; its own timeouts bound it, for a thread
cannot be cancelled. Signing a link asks nothing of the server.
"""

import asyncio
import hashlib
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from minio.error import MinioException, S3Error
from urllib3.exceptions import HTTPError

from fieldops.errors import BadInput, NotFound, Unavailable
from fieldops.model import TenantSlug, now
from fieldops.process import Process
from fieldops.settings import Settings
from identity.buckets import bucket_name, s3_client

Answer = TypeVar("Answer")
_MISSING = frozenset({"NoSuchKey", "NoSuchObject", "NoSuchBucket"})
_PIECE = 65_536


@dataclass(frozen=True, slots=True)
class Link:
    """A signed address, good for one verb on one object until `expires_at`."""

    url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Content:
    """An object read whole; `sha256` in hexadecimal."""

    data: bytes
    sha256: str


class ObjectStore:
    """The buckets of all tenants on one S3; what asks the server may raise Unavailable."""

    def __init__(self, url: str, settings: Settings) -> None:
        self._client = s3_client(url)
        self._settings = settings

    def put_link(self, tenant: TenantSlug, key: str, *, valid: timedelta) -> Link:
        """Sign an upload of the object `key`; the store checks neither its size nor its type."""
        url = self._client.presigned_put_object(self._bucket(tenant), key, expires=valid)
        return Link(url, now() + valid)

    def get_link(
        self, tenant: TenantSlug, key: str, *, valid: timedelta, content_type: str
    ) -> Link:
        """Sign a download of the object `key`, to be served as `content_type`."""
        headers: dict[str, str | list[str] | tuple[str]] = {"response-content-type": content_type}
        url = self._client.presigned_get_object(
            self._bucket(tenant), key, expires=valid, response_headers=headers
        )
        return Link(url, now() + valid)

    async def size(self, tenant: TenantSlug, key: str) -> int:
        """Return an object's size in bytes.

        Raises:
            NotFound: there is no such object.
        """
        return await _ask(lambda: self._size(self._bucket(tenant), key))

    async def read(self, tenant: TenantSlug, key: str, *, most: int) -> Content:
        """Read an object of at most `most` bytes, hashing it as it comes.

        Raises:
            NotFound: there is no such object. BadInput: it is larger.
        """
        return await _ask(lambda: self._read(self._bucket(tenant), key, most))

    async def write(self, tenant: TenantSlug, key: str, data: bytes, *, content_type: str) -> None:
        """Write an object, replacing what was there."""
        await _ask(
            lambda: self._client.put_object(
                self._bucket(tenant), key, io.BytesIO(data), len(data), content_type=content_type
            )
        )

    async def remove(self, tenant: TenantSlug, key: str) -> None:
        """Remove an object, if it exists."""
        await _ask(lambda: self._client.remove_object(self._bucket(tenant), key))

    def _bucket(self, tenant: TenantSlug) -> str:
        return bucket_name(self._settings, tenant)

    def _size(self, bucket: str, key: str) -> int:
        size = self._client.stat_object(bucket, key).size
        assert size is not None
        return size

    def _read(self, bucket: str, key: str, most: int) -> Content:
        answer = self._client.get_object(bucket, key)
        try:
            digest, data = hashlib.sha256(), bytearray()
            for piece in answer.stream(_PIECE):
                digest.update(piece)
                data += piece
                if len(data) > most:
                    raise BadInput(f"object {key} is larger than {most} bytes", code="too_large")
            return Content(bytes(data), digest.hexdigest())
        finally:
            answer.close()
            answer.release_conn()


def object_store(process: Process) -> ObjectStore:
    """Return the store a process works with; share it, it keeps connections."""
    return ObjectStore(process.urls.s3, process.settings)


async def _ask(call: Callable[[], Answer]) -> Answer:
    with _translated():
        return await asyncio.to_thread(call)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except S3Error as error:
        if error.code in _MISSING:
            raise NotFound("object does not exist", object="object") from error
        raise Unavailable(f"object store: {error.code}") from error
    except (MinioException, HTTPError, OSError) as error:
        raise Unavailable(f"object store: no answer ({type(error).__name__})") from error
