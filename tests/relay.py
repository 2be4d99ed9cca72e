"""A bad network between browser and server: a TCP relay that tests can break.

One request a connection, so that each can be cut, delayed or answered falsely by
itself. Its `mode` is what happens to requests from now on:

- "pass": handed on; "slow": as over a line of 50 kbit/s with 300 ms delay, where one
  request in twenty stalls for three seconds;
- "reset": cut at once; "hang": taken and not answered until the mode changes;
- "lost reply": the server gets it, the browser never hears so;
- "lossy": half of all requests are cut at once, a quarter loses the reply.

`false_reply` (bytes) answers saves in the server's place.
"""

import asyncio
import contextlib
import random
import re
import socket
import struct
import threading

SLOW_BYTES_A_SECOND = 50_000 / 8
SLOW_SECONDS = 0.3
STALL_SECONDS = 3
PIECE = 1500


class Relay:
    """Listens on a free port of its own and hands on to `port`."""

    def __init__(self, port, seed=7):
        self.port_behind = port
        self.mode = "pass"
        self.false_reply = None
        self.random = random.Random(seed)
        self.saves = 0
        self.now = 0
        self.most_at_once = 0
        self._tasks = set()
        self._loop = asyncio.new_event_loop()
        started = threading.Event()
        self._thread = threading.Thread(
            target=self._run, args=(started,), daemon=True, name="relay"
        )
        self._thread.start()
        started.wait(10)

    def _run(self, started):
        asyncio.set_event_loop(self._loop)
        self._server = self._loop.run_until_complete(
            asyncio.start_server(self._serve, "127.0.0.1", 0, limit=2**22)
        )
        self.port = self._server.sockets[0].getsockname()[1]
        started.set()
        self._loop.run_forever()

    def close(self):
        async def stop():
            self._server.close()
            # Who has just been let in is served first: a task that is cancelled
            # before its first step closes nothing.
            await asyncio.sleep(0.1)
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)
            # Closed transports are taken away in the loop's next turns.
            await asyncio.sleep(0.1)

        asyncio.run_coroutine_threadsafe(stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _serve(self, reader, writer):
        # The loop itself remembers tasks only weakly.
        task = asyncio.current_task()
        self._tasks.add(task)
        try:
            with contextlib.suppress(OSError, EOFError, asyncio.LimitOverrunError):
                await self._one(reader, writer)
        finally:
            await _closed(writer)
            self._tasks.discard(task)

    async def _one(self, reader, writer):
        if self.mode == "reset":
            return _cut(writer)
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        body = await reader.readexactly(int(length[1])) if length else b""
        is_save = head.startswith(b"POST") and b"/save/ " in head
        if is_save:
            self.saves += 1
            self.now += 1
            self.most_at_once = max(self.most_at_once, self.now)
        try:
            await self._answer(is_save, head, body, writer)
        finally:
            self.now -= is_save
        return None

    async def _answer(self, is_save, head, body, writer):
        while self.mode == "hang":
            await asyncio.sleep(0.05)
        mode = self.mode
        chance = self.random.random()
        if mode == "reset" or (mode == "lossy" and chance < 0.5):
            return _cut(writer)
        if is_save and self.false_reply is not None:
            writer.write(self.false_reply)
            return await writer.drain()
        if mode == "slow":
            stall = STALL_SECONDS if chance < 0.05 else 0
            await asyncio.sleep(
                SLOW_SECONDS + stall + len(head + body) / SLOW_BYTES_A_SECOND
            )
        reply = await self._behind(head, body)
        if mode == "lost reply" or (mode == "lossy" and chance > 0.75):
            return _cut(writer)
        for start in range(0, len(reply), PIECE):
            # On its way before it is there: with the last byte the request is over.
            if mode == "slow":
                await asyncio.sleep(PIECE / SLOW_BYTES_A_SECOND)
            writer.write(reply[start : start + PIECE])
            await writer.drain()
        return None

    async def _behind(self, head, body):
        """Return the server's whole answer to one request."""
        head = re.sub(rb"(?i)\r\nconnection: [^\r]*", b"", head)
        head = head.replace(b"\r\n", b"\r\nConnection: close\r\n", 1)
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port_behind)
        try:
            writer.write(head + body)
            await writer.drain()
            return await reader.read()
        finally:
            await _closed(writer)


async def _closed(writer):
    writer.close()
    try:
        with contextlib.suppress(OSError, asyncio.TimeoutError):
            await asyncio.wait_for(writer.wait_closed(), 1)
    finally:
        # Who does not read what was sent would keep the transport open for ever.
        writer.transport.abort()


def _cut(writer):
    """Close with a reset, as a pulled cable's router would."""
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, linger
    )
    writer.transport.abort()


def reply(status, body=b"", kind="text/html; charset=utf-8", **headers):
    """Return an HTTP answer as bytes; header names with _ for -."""
    lines = [
        f"HTTP/1.1 {status}",
        f"Content-Type: {kind}",
        f"Content-Length: {len(body)}",
        "Connection: close",
        *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
