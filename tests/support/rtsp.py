"""A small RTSP camera server over TCP that loops a video, and that can be told to fail in the ways cameras do.

    python -m tests.support.rtsp --video FILE --size 1280x720 --fps 25 --port 8554 --streams 4

prints the addresses, one a line, and then serves until it is stopped. RTSP 1.0 (RFC 2326) with interleaved RTP,
H.264 packets by RFC 6184 (single units and FU-A), basic authentication (RFC 7617).
"""

import argparse
import asyncio
import base64
import contextlib
import os
import random
import struct
import threading
from collections.abc import Coroutine, Sequence
from enum import Enum
from typing import Any, Self

from tests.support.encoding import EncodedVideo, encode, read_pictures

_PAYLOAD_BYTES = 1400
_CLOCK_HZ = 90_000
_FU_A = 28
_SLOW_S = 0.3


class Fault(Enum):
    """What a path does wrong, from the next picture or request on."""

    NONE = "none"
    FREEZE = "freeze"  # keeps the connection and sends nothing more
    MUTE = "mute"  # takes connections and never answers
    REFUSE = "refuse"  # answers that there is no such stream
    GARBAGE = "garbage"  # sends well-formed RTP with noise in it
    SLOW = "slow"  # thinks before each answer, and then sends nothing


class RtspServer:
    """Serves each path its own encoded video from a thread of its own; usable as a context manager."""

    def __init__(
        self,
        streams: dict[str, EncodedVideo],
        port: int = 0,
        login: tuple[str, str] | None = None,
        *,
        starts_at: int = 0,
        length_s: float = 0.0,
    ) -> None:
        """``starts_at`` is the picture that a client gets first; with ``length_s`` the streams say that they end."""
        self._streams = streams
        self._packets = {path: [_packetised(picture) for picture in video.pictures] for path, video in streams.items()}
        self._faults = dict.fromkeys(streams, Fault.NONE)
        self._login = login
        self._starts_at = starts_at
        self._length_s = length_s
        self._port = port
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.start()

    def url(self, path: str, login: tuple[str, str] | None = None) -> str:
        who = f"{login[0]}:{login[1]}@" if login else ""
        return f"rtsp://{who}127.0.0.1:{self._port}/{path}"

    def set_fault(self, path: str, fault: Fault) -> None:
        self._faults[path] = fault

    def start(self) -> None:
        """Listen; after `kill` on the same port as before."""
        self._run(self._listen())

    def kill(self) -> None:
        """Drop every connection and stop listening, as a camera that loses power."""
        self._run(self._drop())

    def close(self) -> None:
        self.kill()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def _drop(self) -> None:
        if self._server is not None:
            self._server.close()
        self._server = None
        clients = list(self._clients)
        for client in clients:
            client.cancel()
        await asyncio.gather(*clients, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._clients.add(task)
        try:
            await _Client(self, reader, writer).converse()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._clients.discard(task)
            writer.transport.abort()


class _Client:
    """One connection: answers requests, and plays beside that once asked to."""

    def __init__(self, server: RtspServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._server = server
        self._reader = reader
        self._writer = writer
        self._playing: asyncio.Task[None] | None = None

    async def converse(self) -> None:
        try:
            while True:
                first = await self._reader.readexactly(1)
                if first == b"$":  # the receiver's own reports, interleaved
                    _, length = struct.unpack(">BH", await self._reader.readexactly(3))
                    await self._reader.readexactly(length)
                    continue
                request = first + await self._reader.readuntil(b"\r\n\r\n")
                if not await self._answer(request.decode()):
                    return
        finally:
            if self._playing is not None:
                self._playing.cancel()

    async def _answer(self, request: str) -> bool:
        lines = request.split("\r\n")
        method, url, _ = lines[0].split(" ")
        headers = {key.lower(): value.strip() for key, _, value in (line.partition(":") for line in lines[1:])}
        await self._reader.readexactly(int(headers.get("content-length", 0)))
        path = url.split("/", 3)[3].strip("/").removesuffix("/track") if url.count("/") > 2 else ""
        fault = self._server._faults.get(path, Fault.REFUSE)
        if fault is Fault.MUTE:
            await asyncio.Event().wait()
        if fault is Fault.SLOW:
            await asyncio.sleep(_SLOW_S)
        if method == "OPTIONS":
            self._reply(headers, extra=["Public: OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN"])
        elif not self._is_welcome(headers):
            self._reply(headers, "401 Unauthorized", ['WWW-Authenticate: Basic realm="camera"'])
        elif fault is Fault.REFUSE:
            self._reply(headers, "404 Not Found")
        elif method == "DESCRIBE":
            self._describe(headers, url, self._server._streams[path])
        elif method == "SETUP":
            transport = "RTP/AVP/TCP;unicast;interleaved=0-1"
            is_interleaved = "interleaved" in headers.get("transport", "")
            status = "200 OK" if is_interleaved else "461 Unsupported Transport"
            self._reply(headers, status, [f"Transport: {transport}", "Session: 1;timeout=60"])
        elif method == "PLAY":
            self._reply(headers, extra=["Session: 1", "Range: npt=0.000-"])
            self._playing = asyncio.create_task(self._play(path))
        else:
            self._reply(headers, extra=["Session: 1"])
        return method != "TEARDOWN"

    def _is_welcome(self, headers: dict[str, str]) -> bool:
        if self._server._login is None:
            return True
        expected = base64.b64encode(":".join(self._server._login).encode()).decode()
        return headers.get("authorization") == f"Basic {expected}"

    def _describe(self, headers: dict[str, str], url: str, video: EncodedVideo) -> None:
        parameters = (
            f"packetization-mode=1;profile-level-id={video.profile_level_id};sprop-parameter-sets={video.sprop}"
        )
        lines = ["v=0", "o=- 0 0 IN IP4 127.0.0.1", "s=camera", "c=IN IP4 0.0.0.0", "t=0 0", "m=video 0 RTP/AVP 96"]
        lines += ["a=rtpmap:96 H264/90000", f"a=fmtp:96 {parameters}", f"a=framerate:{video.fps}", "a=control:track"]
        if self._server._length_s:
            lines.insert(5, f"a=range:npt=0-{self._server._length_s}")
        extra = ["Content-Type: application/sdp", f"Content-Base: {url.rstrip('/')}/"]
        self._reply(headers, extra=extra, body="\r\n".join(lines) + "\r\n")

    def _reply(
        self, headers: dict[str, str], status: str = "200 OK", extra: Sequence[str] = (), body: str = ""
    ) -> None:
        lines = [f"RTSP/1.0 {status}", f"CSeq: {headers.get('cseq', '0')}", *extra]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        self._writer.write(("\r\n".join(lines) + "\r\n\r\n" + body).encode())

    async def _play(self, path: str) -> None:
        packets, fps = self._server._packets[path], self._server._streams[path].fps
        sequence, stamp = random.randrange(1 << 16), random.randrange(1 << 32)  # as RFC 3550 asks
        loop = asyncio.get_running_loop()
        started_s = loop.time()
        number = 0
        while True:
            fault = self._server._faults[path]
            if fault not in (Fault.FREEZE, Fault.SLOW):
                payloads = packets[(self._server._starts_at + number) % len(packets)]
                if fault is Fault.GARBAGE:
                    payloads = [os.urandom(len(payload)) for payload in payloads]
                sent = []
                for place, payload in enumerate(payloads):
                    marker = 0x80 if place == len(payloads) - 1 else 0
                    head = struct.pack(
                        ">BBHBBHII",
                        *(0x24, 0, 12 + len(payload), 0x80, 96 | marker, sequence & 0xFFFF, stamp & 0xFFFFFFFF, 0x6D69),
                    )
                    sent += [head, payload]
                    sequence += 1
                if self._writer.is_closing():
                    return
                with contextlib.suppress(ConnectionError):
                    self._writer.writelines(sent)
                    await self._writer.drain()
            number += 1
            stamp += _CLOCK_HZ // fps
            await asyncio.sleep(started_s + number / fps - loop.time())


def _packetised(units: tuple[bytes, ...]) -> list[bytes]:
    """RTP payloads of one picture: small units as they are, large ones in fragments (FU-A)."""
    payloads = []
    for unit in units:
        if len(unit) <= _PAYLOAD_BYTES:
            payloads.append(unit)
            continue
        indicator, kind = (unit[0] & 0xE0) | _FU_A, unit[0] & 0x1F
        parts = [unit[at : at + _PAYLOAD_BYTES] for at in range(1, len(unit), _PAYLOAD_BYTES)]
        for place, part in enumerate(parts):
            edge = (0x80 if place == 0 else 0) | (0x40 if place == len(parts) - 1 else 0)
            payloads.append(bytes((indicator, edge | kind)) + part)
    return payloads


def main() -> None:
    parser = argparse.ArgumentParser(description="Serve videos in a loop as RTSP cameras.")
    parser.add_argument("--video", action="append", required=True, help="a video file; several are dealt out in turn")
    parser.add_argument("--size", default="1280x720", help="width x height in px")
    parser.add_argument("--fps", type=int, default=25)
    parser.add_argument("--bit-rate", type=int, default=3_000_000, help="bits per second")
    parser.add_argument("--pictures", type=int, default=250, help="length of the loop at most")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--streams", type=int, default=1)
    given = parser.parse_args()
    width, height = (int(side) for side in given.size.split("x"))
    videos = [
        encode(read_pictures(path, given.pictures), (width, height), given.fps, given.bit_rate) for path in given.video
    ]
    streams = {f"camera{number + 1}": videos[number % len(videos)] for number in range(given.streams)}
    with RtspServer(streams, given.port) as server:
        print(*(server.url(path) for path in streams), sep="\n", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
