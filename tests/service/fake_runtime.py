# SPDX-License-Identifier: MIT
"""AWS Lambda's Runtime API (2018-06-01) as far as a runtime sees it, for one function instance: standard library only.

    runtime = FakeRuntime()
    ... start the program with AWS_LAMBDA_RUNTIME_API=runtime.address ...
    done = runtime.invoke({"counter": "resume"})
    done.kind, done.body        "response", {"statusCode": 200, "value": 1}

As the real one: one event at a time, an answer for another request or a second one is refused, 413 above 6 MB.
"""

import http.server
import json
import queue
import socket
import struct
import threading
import time

PREFIX = "/2018-06-01/runtime/"
MOST_BYTES = 6 << 20


class Done:
    """What came of an invocation: kind "response" or "error" (or "init-error"), the body and the time it took."""

    def __init__(self, kind, text, headers, came_ms):
        self.kind, self.text, self.headers, self.came_ms = kind, text, headers, came_ms
        try:
            self.body = json.loads(text)
        except ValueError:
            self.body = None

    def proxied(self):
        """The JSON within a proxy answer."""
        return json.loads(self.body["body"])


class Event:
    def __init__(self, number, text, headers):
        self.request_id = "8476a536-e9f4-11e8-9739-%012d" % number
        self.text, self.headers, self.answers = text, headers, queue.Queue()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self):
        super().setup()
        self.server.owner.connections.append(self.connection)

    def log_message(self, *arguments):
        pass

    def reply(self, status, body=b"", headers=()):
        whole = "HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %d\r\n" % (status, len(body))
        for name, value in headers:
            whole += "%s: %s\r\n" % (name, value)
        self.wfile.write(whole.encode("latin-1") + b"\r\n" + body)

    def handle_one_request(self):
        try:
            super().handle_one_request()
        except OSError:
            self.close_connection = True

    def do_GET(self):
        owner = self.server.owner
        if self.path != PREFIX + "invocation/next":
            return self.reply(404)
        owner.requests.append(dict(self.headers))
        with owner.lock:
            owner.nexts += 1
            number = owner.nexts
        while True:
            try:
                event = owner.events.get(timeout=0.05)
            except queue.Empty:
                if owner.closed or self.is_gone():
                    self.close_connection = True
                    return None
                continue
            if self.is_gone() or number != owner.nexts:  # the event is for whoever asks now
                owner.events.put(event)
                self.close_connection = True
                return None
            break
        owner.current = event
        headers = [("Lambda-Runtime-Aws-Request-Id", event.request_id)] + event.headers
        return self.reply(200, event.text, headers)

    def is_gone(self):
        try:
            return self.connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True

    def do_POST(self):
        owner = self.server.owner
        came_ms = time.time() * 1000
        text = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == PREFIX + "init/error":
            owner.init_errors.put(Done("init-error", text, self.headers, came_ms))
            return self.reply(202, b'{"status":"OK"}')
        event = owner.current
        for kind in ("response", "error"):
            if event and self.path == "%sinvocation/%s/%s" % (PREFIX, event.request_id, kind):
                if len(text) > MOST_BYTES:
                    return self.reply(413, b'{"errorMessage":"Exceeded maximum allowed payload size"}')
                owner.current = None
                event.answers.put(Done(kind, text, self.headers, came_ms))
                return self.reply(202, b'{"status":"OK"}')
        return self.reply(400, b'{"errorMessage":"State transition is not allowed","errorType":"InvalidStateTransition"}')


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass


class FakeRuntime:
    def __init__(self):
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.owner = self
        self.address = "127.0.0.1:%d" % self.server.server_address[1]
        self.events, self.init_errors = queue.Queue(), queue.Queue()
        self.connections, self.requests = [], []
        self.current, self.closed, self.count, self.nexts = None, False, 0, 0
        self.lock = threading.Lock()
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    def begin(self, event, timeout_ms=30000, deadline_ms=None, headers=(), trace="Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700"):
        """Puts an event there; finish() waits for what comes of it. `deadline_ms` is taken as it is; "" leaves it out."""
        self.count += 1
        all_headers = [("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-west-1:123456789012:function:grid")]
        if deadline_ms is None:
            deadline_ms = int(time.time() * 1000) + timeout_ms
        if deadline_ms != "":
            all_headers.append(("Lambda-Runtime-Deadline-Ms", str(deadline_ms)))
        if trace:
            all_headers.append(("Lambda-Runtime-Trace-Id", trace))
        text = event if isinstance(event, bytes) else json.dumps(event).encode("utf-8")
        there = Event(self.count, text, all_headers + list(headers))
        self.events.put(there)
        return there

    def finish(self, event, wait_s=60):
        return event.answers.get(timeout=wait_s)

    def invoke(self, event, **options):
        return self.finish(self.begin(event, **options))

    def drop_connections(self):
        """Resets every connection, as a process finds them that was frozen for long."""
        for connection in self.connections:
            try:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                connection.shutdown(socket.SHUT_RD)
                connection.close()
            except OSError:
                pass
        self.connections.clear()

    def close(self):
        self.closed = True
        self.server.shutdown()
        self.server.server_close()
