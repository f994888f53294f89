# SPDX-License-Identifier: MIT
"""Running `tessera serve` and talking to it, politely (http.client) and rudely (bytes on a socket)."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
import urllib.parse

import program


class Answer:
    """Status, headers (names in lower case) and body."""

    def __init__(self, status, headers, body):
        self.status, self.body = status, body
        self.headers = {name.lower(): value for name, value in headers}

    def json(self):
        return json.loads(self.body.decode("utf-8"))

    def __repr__(self):
        return "<%d %r %r>" % (self.status, self.headers, self.body[:300])


class Service:
    """The program as a service on a free port, stopped at the end of the `with`."""

    def __init__(self, *options, env=None, data="data", environment=None, before=()):
        """`env` changes the test's environment; `environment` is all of it, of a store that is elsewhere. `before` is a
        command that runs the program: ("prlimit", "--nofile=64")."""
        self.before = before
        self.options = options
        self.environment = environment or program.environment(TESSERA_DATA=os.path.abspath(data), **(env or {}))
        self.process = self.lines = None
        self.host, self.port = "127.0.0.1", 0

    def __enter__(self):
        self.start()
        return self

    def start(self):
        listen = [] if "--listen" in self.options else ["--listen", "127.0.0.1:0"]
        self.process = subprocess.Popen([*self.before, program.PROGRAM, "serve", *listen, *self.options],
                                        stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, env=self.environment)
        self.lines = []
        for raw in self.process.stderr:
            line = raw.decode("utf-8", "replace").rstrip("\n")
            self.lines.append(line)
            found = re.search(r"listening on http://(?:127\.0\.0\.1|\[::1\]):(\d+)", line)
            if found:
                self.port = int(found.group(1))
                break
        if not self.port:
            raise AssertionError("the service did not start: %r, status %r" % (self.lines, self.process.wait()))
        self.reader = threading.Thread(target=self.read_log, daemon=True)
        self.reader.start()

    def read_log(self):
        for raw in self.process.stderr:
            self.lines.append(raw.decode("utf-8", "replace").rstrip("\n"))

    def __exit__(self, kind, value, trace):
        status = self.stop() if self.process.poll() is None else self.process.returncode
        if kind is None and status not in (0, -signal.SIGKILL):
            raise AssertionError("the service ended with %r\n%s" % (status, "\n".join(self.lines[-60:])))
        if kind is not None:
            print("\n".join(self.lines[-40:]))

    def stop(self, number=signal.SIGTERM, seconds=60):
        self.process.send_signal(number)
        status = self.process.wait(seconds)
        self.reader.join(5)
        self.process.stderr.close()
        return status

    def url(self, path=""):
        return "http://%s:%d%s" % (self.host, self.port, path)

    def connect(self, timeout=60):
        return http.client.HTTPConnection(self.host, self.port, timeout=timeout)

    def ask(self, method, path, body=None, headers=None, connection=None, timeout=60):
        """One request; on a connection of its own unless one is given."""
        link = connection or self.connect(timeout)
        try:
            link.request(method, path, body, headers or {})
            answer = link.getresponse()
            return Answer(answer.status, answer.getheaders(), answer.read())
        finally:
            if not connection:
                link.close()

    def ask_json(self, method, path, body=None, status=200, headers=None, connection=None):
        answer = self.ask(method, path, body, headers, connection)
        program.equal(answer.status, status, "%s %s: %s" % (method, path, answer.body[:400]))
        program.contains(answer.headers.get("content-type", ""), "application/json")
        return answer.json()

    def fetch(self, url, method="GET", headers=None, body=None):
        """Follows a presigned link, byte for byte."""
        parts = urllib.parse.urlsplit(url)
        program.equal(parts.netloc, "%s:%d" % (self.host, self.port))
        return self.ask(method, parts.path + "?" + parts.query, body, headers)

    def raw(self, data, timeout=20, shut=False, closes=False):
        """Sends bytes as they are and reads until the service closes, or is silent for a second after an answer. With `closes` it
        has to close, in less than the time it leaves idle connections open."""
        with socket.create_connection((self.host, self.port), 60 if closes else timeout) as link:
            try:
                link.sendall(data)
                if shut:
                    link.shutdown(socket.SHUT_WR)
            except OSError:
                pass # it may have had enough
            answer = b""
            try:
                while True:
                    piece = link.recv(65536)
                    if not piece:
                        break
                    answer += piece
                    if not closes:
                        link.settimeout(1)
            except TimeoutError:
                assert not closes, "the connection was left open"
            except OSError:
                pass
            return answer

    def metrics(self):
        text = self.ask("GET", "/metrics").body.decode()
        return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1])
                for line in text.splitlines() if line and not line.startswith("#")}

    def settled_metrics(self):
        """The numbers once no request but this one is under way: a request is counted when its connection is done
        with it, which may be a moment after its client has read the answer."""
        eventually(lambda: self.metrics()["tessera_in_flight"] == 1, "the requests before have been counted")
        return self.metrics()

    def add(self, grid, path, connection=None):
        with open(path, "rb") as file:
            return self.ask_json("POST", "/add_image?uniqueGridId=" + urllib.parse.quote(grid, safe=""), file.read(),
                                 connection=connection)


def eventually(check, what, seconds=20):
    """Waits until check() is true, asking more and more seldom: what is asked may be busy with the last question."""
    until, pause = time.monotonic() + seconds, 0.02
    while not check():
        if time.monotonic() > until:
            raise AssertionError("not within %d s: %s" % (seconds, what))
        time.sleep(pause)
        pause = min(pause * 1.5, 0.5)


def status_of(raw):
    """The status of the first answer in the bytes; 0 when there is none."""
    found = re.match(rb"HTTP/1\.[01] (\d{3}) ", raw)
    return int(found.group(1)) if found else 0
