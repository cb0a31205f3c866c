"""A TCP proxy between us and a service, to take the service away from one test alone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit, urlunsplit

CHUNK_BYTES = 65_536


class Proxy:
    """Forwards bytes while up; `lose_commit` swallows the server's answer to one COMMIT,
    `cut_commit` the COMMIT itself."""

    def __init__(self, url: str) -> None:
        self._parts = urlsplit(url)
        self._up = True
        self._writers: set[asyncio.StreamWriter] = set()
        self._port = 0
        self.lose_commit = False
        self.cut_commit = False
        self.refused = 0

    @property
    def url(self) -> str:
        """The service's URL by way of the proxy."""
        credentials = self._parts.netloc.rpartition("@")[0]
        return urlunsplit(self._parts._replace(netloc=f"{credentials}@127.0.0.1:{self._port}"))

    def down(self) -> None:
        """Cut every connection and refuse new ones."""
        self._up = False
        for writer in list(self._writers):
            writer.transport.abort()

    def up(self) -> None:
        """Let connections through again."""
        self._up = True

    async def serve(self) -> asyncio.Server:
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self._port = server.sockets[0].getsockname()[1]
        return server

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._up:
            self.refused += 1
            writer.transport.abort()
            return
        assert self._parts.port is not None
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._parts.port)
        pair = {writer, far_writer}
        self._writers |= pair
        swallow = asyncio.Event()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._forward(reader, far_writer, writer, swallow))
                group.create_task(self._back(far_reader, writer, far_writer, swallow))
        finally:
            self._writers -= pair
            for each in pair:
                each.transport.abort()

    async def _forward(
        self,
        source: asyncio.StreamReader,
        target: asyncio.StreamWriter,
        other: asyncio.StreamWriter,
        swallow: asyncio.Event,
    ) -> None:
        with suppress(ConnectionError):
            while data := await source.read(CHUNK_BYTES):
                if self.cut_commit and b"COMMIT" in data:
                    self.cut_commit = False
                    self.down()
                    break
                if self.lose_commit and b"COMMIT" in data:
                    self.lose_commit = False
                    swallow.set()
                target.write(data)
                await target.drain()
        target.transport.abort()
        other.transport.abort()

    async def _back(
        self,
        source: asyncio.StreamReader,
        target: asyncio.StreamWriter,
        other: asyncio.StreamWriter,
        swallow: asyncio.Event,
    ) -> None:
        with suppress(ConnectionError):
            while data := await source.read(CHUNK_BYTES):
                if swallow.is_set():
                    break
                target.write(data)
                await target.drain()
        target.transport.abort()
        other.transport.abort()


@asynccontextmanager
async def proxied(url: str) -> AsyncIterator[Proxy]:
    """Run a proxy before a service."""
    proxy = Proxy(url)
    server = await proxy.serve()
    try:
        yield proxy
    finally:
        proxy.down()
        server.close()
        await server.wait_closed()
