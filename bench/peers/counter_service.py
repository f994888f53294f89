#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A hit counter as it is usually written in Python: the standard library's threading server over SQLite, one durable
transaction a hit. GET reads, POST counts; prints its port.

usage: counter_service.py DATABASE
"""
import http.server
import sqlite3
import sys
import threading

LOCAL = threading.local()


def database():
    """A connection for each thread, as sqlite3 asks for."""
    if not hasattr(LOCAL, "connection"):
        LOCAL.connection = sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None)
        LOCAL.connection.execute("PRAGMA synchronous=FULL")
    return LOCAL.connection


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65536  # headers and body in one packet: as two they would wait for each other, 40 ms

    def answer(self, row):
        body = b'{"value":%d}' % (row[0] if row else 0)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        name = self.path.rsplit("/", 1)[1]
        self.answer(database().execute("SELECT value FROM counters WHERE name = ?", (name,)).fetchone())

    def do_POST(self):
        name = self.path.rsplit("/", 1)[1]
        self.answer(database().execute("INSERT INTO counters VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1 "
                                       "RETURNING value", (name,)).fetchone())

    def log_message(self, *unused):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True

    def handle_error(self, *unused):
        pass  # clients that leave


first = sqlite3.connect(sys.argv[1])
first.execute("PRAGMA journal_mode=WAL")
first.execute("CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER)")
first.commit()
server = Server(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
