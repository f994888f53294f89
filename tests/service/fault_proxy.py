#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A proxy that stands before a real server, spoils what fault_rules.Rule says, and records every request.

In a test:      with Proxy(port) as proxy: proxy.add(slow_down(times=2)); … proxy.requests
By hand:        fault_proxy.py UPSTREAM_PORT [--port N] [--rules FILE] [--delay-ms N] [--bytes-per-s N]

Requests are passed on byte for byte, Host included: the client signed it, and the server computes from it. Nothing is
interpreted but the framing. One thread, asyncio, standard library only; whole messages are held in memory."""

import argparse
import asyncio
import dataclasses
import re
import socket
import struct
import sys
import threading
import time

import fault_rules

HEAD_MAX_BYTES = 1 << 20
BODY_MAX_BYTES = 1 << 30
ENDLESS_MAX_BYTES = 1 << 30  # what no client takes
CONNECTION_ERRORS = (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError)


@dataclasses.dataclass
class Request:
    method: str
    path: str            # and query, as sent
    headers: dict        # names in lower case
    time: float          # of arrival, time.monotonic()
    connection: int      # number of the connection it came on
    body: bytes = b""
    fault: str = ""      # the name of the rule that acted
    status: int = 0      # of the answer that was sent, 0: none
    sent_bytes: int = 0  # of the answer's body, as far as the client took it

    @property
    def operation(self):
        return self.headers.get("x-amz-target", "").rpartition(".")[2]


class Message:
    """A head and a body as they came."""

    def __init__(self, head, body):
        self.head, self.body = head, body
        self.first, self.headers = parse_head(head)


def parse_head(head):
    lines = head.decode("latin-1").split("\r\n")
    headers = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if colon:
            headers[name.strip().lower()] = value.strip()
    return lines[0], headers


def replace_headers(head, changes):
    """The head with these headers in place of those of the same names."""
    for name in changes:
        head = re.sub(rb"(?im)^" + re.escape(name.encode()) + rb":[^\r]*\r\n", b"", head)
    added = "".join("%s: %s\r\n" % pair for pair in changes.items()).encode("latin-1")
    return head[:-2] + added + b"\r\n"


async def read_body(reader, headers, first):
    """The body as framed: chunks keep their sizes."""
    if "chunked" in headers.get("transfer-encoding", "").lower():
        parts = []
        while True:
            line = await reader.readuntil(b"\r\n")
            size = int(line.split(b";")[0], 16)
            parts += [line, await reader.readexactly(size + 2)]
            if size == 0:
                return b"".join(parts)
    if "content-length" in headers:
        return await reader.readexactly(min(int(headers["content-length"]), BODY_MAX_BYTES))
    return await reader.read(BODY_MAX_BYTES) if first.startswith("HTTP/") else b""


def has_body(method, status):
    return method != "HEAD" and status >= 200 and status not in (204, 304)


class Stopped(Exception):
    """The connection ends here."""


class Client:
    """One connection of a client, and ours to the server on its behalf."""

    def __init__(self, proxy, number, reader, writer):
        self.proxy, self.number, self.reader, self.writer = proxy, number, reader, writer
        self.server = None

    async def serve(self):
        try:
            while await self.serve_one():
                pass
        except (Stopped, *CONNECTION_ERRORS):
            pass
        finally:
            self.drop_server()
            self.writer.close()

    def drop_server(self):
        if self.server:
            self.server[1].close()
        self.server = None

    async def serve_one(self):
        head = await self.reader.readuntil(b"\r\n\r\n")
        first, headers = parse_head(head)
        method, path, _ = first.split(" ", 2)
        request = Request(method, path, headers, time.monotonic(), self.number)
        rule = self.proxy.record(request)
        await self.end_here(rule, "request")
        if headers.get("expect", "").lower() == "100-continue":
            self.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            head = re.sub(rb"(?im)^expect:[^\r]*\r\n", b"", head)
        request.body = await read_body(self.reader, headers, "")
        await self.pause(len(request.body))
        answer = await self.forward(head + request.body, method) if rule.act else None
        await self.pause(0)
        await self.end_here(rule, "answer")
        if rule.raw:
            self.writer.write(rule.raw)
            await self.writer.drain()
            raise Stopped
        if rule.status:
            reason = "HTTP/1.1 %d Fault\r\nContent-Length: %d\r\n\r\n" % (rule.status, len(rule.body))
            answer = Message(reason.encode(), rule.body if method != "HEAD" else b"")
        if answer is None:
            raise Stopped
        await self.send(request, rule, answer)
        return "close" not in answer.headers.get("connection", "").lower()

    async def pause(self, size_bytes):
        """The way there or back on a slow link."""
        proxy = self.proxy
        seconds = proxy.delay_ms / 1000 + (size_bytes / proxy.bytes_per_s if proxy.bytes_per_s else 0)
        if seconds:
            await asyncio.sleep(seconds)

    async def forward(self, data, method):
        for fresh in (False, True):  # the server may have closed a connection that was kept
            if fresh or self.server is None:
                self.drop_server()
                self.server = await asyncio.open_connection("127.0.0.1", self.proxy.upstream, limit=HEAD_MAX_BYTES)
            reader, writer = self.server
            try:
                writer.write(data)
                await writer.drain()
                head = await reader.readuntil(b"\r\n\r\n")
                break
            except CONNECTION_ERRORS:
                if fresh:
                    raise
        first, headers = parse_head(head)
        status = int(first.split(" ")[1])
        body = await read_body(reader, headers, first) if has_body(method, status) else b""
        # Swift sends the end of a chunked body after the head that answers HEAD: it would be taken for the next answer.
        if "close" in headers.get("connection", "").lower() or method == "HEAD":
            self.drop_server()
        return Message(head, body)

    def reset(self):
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()
        raise Stopped

    async def end_here(self, rule, place):
        if rule.stall == place:
            await asyncio.sleep(rule.stall_s)
        if rule.close == place:
            raise Stopped
        if rule.reset == place:
            # A reset throws away what has not left yet.
            self.writer.transport.set_write_buffer_limits(0)
            await self.writer.drain()
            await asyncio.sleep(0.02)
            self.reset()

    async def send(self, request, rule, answer):
        head = replace_headers(answer.head, rule.headers) if rule.headers else answer.head
        body = answer.body
        request.status = int(answer.first.split(" ")[1])
        if rule.endless:
            await self.send_endless(request, rule, head, body)
        if rule.flip and body:
            at = rule.place(len(body) - 1)
            body = body[:at] + bytes([body[at] ^ 1 << rule.random.randrange(8)]) + body[at + 1:]
        if "headers" in (rule.reset, rule.close, rule.stall):
            at = rule.place(len(head) - 4)
            self.writer.write(head[:at])
            await self.end_here(rule, "headers")
            head = head[at:]
        self.writer.write(head)
        if "body" in (rule.reset, rule.close, rule.stall):
            at = rule.place(len(body))
            await self.send_body(request, rule, body[:at])
            await self.end_here(rule, "body")
            body = body[at:]
        await self.send_body(request, rule, body)
        await self.end_here(rule, "end")

    async def send_body(self, request, rule, data):
        rate = rule.bytes_per_s or self.proxy.bytes_per_s
        step = 1 if rule.bytes_per_s else max(1, int(rate / 50)) if rate else len(data) or 1
        for at in range(0, len(data), step):
            part = data[at:at + step]
            self.writer.write(part)
            await self.writer.drain()
            request.sent_bytes += len(part)
            if rate:
                await asyncio.sleep(len(part) / rate)
        await self.writer.drain()

    async def send_endless(self, request, rule, head, body):
        """Headers without end; or a body without end and without an announced size, which begins with the answer's."""
        if rule.endless == "headers":
            self.writer.write(head[:-2])
            part = b"X-Endless: " + b"x" * 1000 + b"\r\n"
        else:
            framed = re.sub(rb"(?im)^(content-length|transfer-encoding|connection):[^\r]*\r\n", b"", head)
            self.writer.write(framed[:-2] + b"Connection: close\r\n\r\n" + body)
            part = b"x" * 16384
        while request.sent_bytes < ENDLESS_MAX_BYTES:
            self.writer.write(part)
            await self.writer.drain()
            request.sent_bytes += len(part)
        raise Stopped


class Proxy:
    """Runs on a thread of its own from `with` on. May be used by any thread."""

    def __init__(self, upstream, port=0, rules=(), delay_ms=0, bytes_per_s=0):
        self.upstream, self.port = upstream, port
        self.delay_ms, self.bytes_per_s = delay_ms, bytes_per_s
        self.rules, self.requests = list(rules), []
        self.connections = 0
        self._lock = threading.Lock()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._ready = threading.Event()
        self._clients = set()

    @property
    def url(self):
        return "http://127.0.0.1:%d" % self.port

    def add(self, *rules):
        with self._lock:
            self.rules += rules

    def clear(self):
        """No rules, and nothing recorded."""
        with self._lock:
            self.rules, self.requests = [], []

    def seen(self, method="", path="", operation=""):
        """The recorded requests that fit."""
        with self._lock:
            return [one for one in self.requests if one.method.startswith(method) and re.search(path, one.path)
                    and one.operation.startswith(operation)]

    def record(self, request):
        """The rule that acts on it, or one that does nothing."""
        with self._lock:
            self.requests.append(request)
            for rule in self.rules:
                if rule.fits(request):
                    request.fault = rule.name or "fault"
                    return rule
        return fault_rules.Rule()

    def __enter__(self):
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *unused):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self):
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            asyncio.start_server(self._accept, "127.0.0.1", self.port, limit=HEAD_MAX_BYTES))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*asyncio.all_tasks(self._loop), return_exceptions=True))
        self._loop.close()

    async def _accept(self, reader, writer):
        self.connections += 1
        await Client(self, self.connections, reader, writer).serve()


def main():
    parser = argparse.ArgumentParser(description="A proxy that spoils what rules say.")
    parser.add_argument("upstream", type=int, help="port of the server on 127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--rules", help="JSON file: a list of rules, see fault_rules.py")
    parser.add_argument("--delay-ms", type=float, default=0, help="each way")
    parser.add_argument("--bytes-per-s", type=float, default=0)
    options = parser.parse_args()
    rules = fault_rules.load(options.rules) if options.rules else []
    with Proxy(options.upstream, options.port, rules, options.delay_ms, options.bytes_per_s) as proxy:
        print(proxy.url, flush=True)
        shown = 0
        while True:
            time.sleep(0.2)
            for request in proxy.requests[shown:]:
                print(request.method, request.path, request.operation, request.fault, request.status, flush=True)
                shown += 1


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(0)
