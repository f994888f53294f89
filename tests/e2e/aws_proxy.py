#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The fault proxy itself: what it should spoil is spoilt, and nothing else. Needs no services, nor tessera."""

import http.client
import http.server
import os
import socket
import sys
import threading
import time

import program
from program import equal

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../service"))
from fault_proxy import Proxy  # noqa: E402
from fault_rules import Rule, dynamo_error, s3_error, slow_down  # noqa: E402

BODY = bytes(range(256)) * 40


class Echo(http.server.BaseHTTPRequestHandler):
    """GET: BODY. POST: what was sent, in chunks."""
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.hosts.append(self.headers["Host"])
        self.send_response(200)
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)

    def do_POST(self):
        data = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posts += 1
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(data), data))

    def log_message(self, *unused):
        pass


class Upstream:
    def __enter__(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
        self.server.hosts, self.server.posts = [], 0
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self.server

    def __exit__(self, *unused):
        self.server.shutdown()
        self.server.server_close()


def ask(proxy, method="GET", path="/a", body=None, headers=None):
    """(status, body) or the name of what went wrong."""
    connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=5)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return response.status, response.read()
    except (OSError, http.client.HTTPException) as failure:
        return type(failure).__name__
    finally:
        connection.close()


def test_passes_on():
    with Upstream() as server, Proxy(server.server_port) as proxy:
        connection = http.client.HTTPConnection("127.0.0.1", proxy.port)
        for _ in range(3):
            connection.request("GET", "/a%20b?c", headers={"Host": "what.was:signed"})
            equal(connection.getresponse().read(), BODY)
            connection.request("POST", "/p", b"x" * 100000)
            equal(connection.getresponse().read(), b"x" * 100000)
        equal(set(server.hosts), {"what.was:signed"})
        equal([one.method for one in proxy.requests], ["GET", "POST"] * 3)
        equal({one.connection for one in proxy.requests}, {1})
        equal((proxy.requests[0].path, proxy.requests[1].body, proxy.requests[1].status), ("/a%20b?c", b"x" * 100000, 200))


def test_answers_of_its_own():
    with Upstream() as server, Proxy(server.server_port) as proxy:
        proxy.add(slow_down(path="^/s", times=2), dynamo_error(400, "ThrottlingException", target="Query", skip=1),
                  s3_error(500, "InternalError", method="POST", act=True))
        equal([ask(proxy, path="/s")[0] for _ in range(3)], [503, 503, 200])
        query = {"X-Amz-Target": "DynamoDB_20120810.Query"}
        equal([ask(proxy, headers=query)[0] for _ in range(3)], [200, 400, 400])
        equal((ask(proxy, "POST", body=b"x")[0], server.posts), (500, 1))
        equal((len(proxy.seen(path="^/s")), len(proxy.seen(operation="Query"))), (3, 3))


def test_broken_connections():
    with Upstream() as server, Proxy(server.server_port) as proxy:
        for place, wanted in (("request", "ConnectionResetError"), ("answer", "ConnectionResetError"),
                              ("headers", "ConnectionResetError"), ("body", "ConnectionResetError"), ("end", (200, BODY))):
            for seed in range(3):
                proxy.clear()
                proxy.add(Rule(reset=place, seed=seed))
                equal(ask(proxy), wanted, "reset: " + place)
        equal(len(server.hosts), 4 * 3, "requests that reached the server")
        for place, offset, wanted in (("body", 5, "IncompleteRead"), ("answer", -1, "RemoteDisconnected")):
            proxy.clear()
            proxy.add(Rule(close=place, offset=offset))
            equal(ask(proxy), wanted, "close: " + place)


def test_spoilt_bodies():
    with Upstream() as server, Proxy(server.server_port) as proxy:
        proxy.add(Rule(flip=True, seed=3, times=1))
        got = ask(proxy)[1]
        equal(sum(bin(a ^ b).count("1") for a, b in zip(got, BODY)), 1)
        proxy.clear()
        proxy.add(Rule(endless="body"))
        connection = socket.create_connection(("127.0.0.1", proxy.port))
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        size = 0
        while size < 1 << 20:
            size += len(connection.recv(65536))
        connection.close()


def test_slow():
    with Upstream() as server, Proxy(server.server_port) as proxy:
        for rule in (Rule(stall="answer", stall_s=0.2), Rule(stall="body", stall_s=0.2), Rule(stall="headers", stall_s=0.2)):
            proxy.clear()
            proxy.add(rule)
            begun = time.monotonic()
            equal(ask(proxy), (200, BODY))
            assert time.monotonic() - begun >= 0.2, rule
        proxy.clear()
        proxy.delay_ms, proxy.bytes_per_s = 30, 100000
        begun = time.monotonic()
        equal(ask(proxy), (200, BODY))
        assert time.monotonic() - begun >= 0.15


program.main(globals())
