# SPDX-License-Identifier: MIT
"""The sections about the fronts: small requests, grids under load, a flood, and cold starts. As in sections.py, each
function is one section. All of it talks to this machine only."""
import collections
import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time

import needs
from cloud import BATCH_GRIDS, BATCH_MEMORY_MIB, BATCH_SETS, _embedded_store, _requests
from contestants import PEERS
from measure import Failed, say
from servers import Services

CONNECTIONS = 64
SECONDS = 4
ROUNDS = 3
CLIENTS = 32
SLOW_CLIENTS = 50
FLOOD_CONNECTIONS = 64
FLOOD_CLIENTS = 10 * FLOOD_CONNECTIONS
FLOOD_SECONDS = 60
COLD_ROUNDS = 15
PHOTOS_A_GRID = 16


class Service:
    """tessera serve on a free port."""

    def __init__(self, *command, env=None):
        """The program, perhaps with words before it, and options."""
        at = next((i for i, word in enumerate(command) if word.startswith("--")), len(command))
        before, options = command[:at], command[at:]
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._process = subprocess.Popen([*before, "serve", "--listen", f"127.0.0.1:{self.port}", *options],
                                         stderr=subprocess.DEVNULL, env={**os.environ, **(env or {})})
        self.url = f"http://127.0.0.1:{self.port}"
        until = time.monotonic() + 10
        while True:
            with contextlib.suppress(OSError):
                if self.ask("GET", "/healthz")[0] == 200:
                    break
            if time.monotonic() > until or self._process.poll() is not None:
                self._process.kill()
                raise Failed("tessera serve did not start")
            time.sleep(0.02)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            self._process.kill()

    def peak_mb(self):
        with open(f"/proc/{self._process.pid}/status", encoding="ascii") as file:
            return int(re.search(r"VmHWM:\s+(\d+)", file.read()).group(1)) * 1024 / 1e6

    def descriptors(self):
        return len(os.listdir(f"/proc/{self._process.pid}/fd"))

    def ask(self, method, path, timeout=60, body=None):
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            link.request(method, path, body)
            answer = link.getresponse()
            return answer.status, answer.read(), answer.headers
        finally:
            link.close()


def _script(bench, name, text):
    path = bench.scratch(name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def _wrk(url, connections=CONNECTIONS, seconds=SECONDS, script=None, before=(), patient=False):
    """Requests a second, the 50th and 99th percentile in ms, and how many took longer than wrk's two seconds, which is a
    failure unless we are patient. So is an answer that is no 2xx, and a connection that is lost."""
    command = [*before, "wrk", "-t1", f"-c{connections}", f"-d{seconds}", "--latency", *(["-s", script] if script else []), url]
    text = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    rate = re.search(r"Requests/sec:\s+([\d.]+)", text)
    errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    *lost, late = map(int, errors.groups()) if errors else (0, 0)
    if not rate or "Non-2xx" in text or any(lost) or (late and not patient):
        raise Failed(f"wrk {url}: {text[-300:]}")
    units = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}
    percentiles = {which: float(value) * units[unit]
                   for which, value, unit in re.findall(r"(50|99)%\s+([\d.]+)(us|ms|s|m)", text)}
    return {"per_s": float(rate.group(1)), "p50_ms": percentiles["50"], "p99_ms": percentiles["99"], "late": late}


def _median(runs):
    return {name: round(statistics.median(run[name] for run in runs), 3) for name in runs[0]}


def _together(first, second):
    """Two at once: (result of the first, of the second)."""
    results = {}
    threads = [threading.Thread(target=lambda name=name, job=job: results.update({name: job()}))
               for name, job in (("first", first), ("second", second))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(results) != 2:
        raise Failed("wrk failed beside another")
    return results["first"], results["second"]


# --- small requests -------------------------------------------------------------------------------------------------

@contextlib.contextmanager
def _python_counter(bench):
    database = bench.scratch("counter.db")
    for ending in ("", "-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            os.remove(database + ending)
    process = subprocess.Popen([sys.executable, os.path.join(PEERS, "counter_service.py"), database], stdout=subprocess.PIPE)
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.wait()


def _straight(bench, env, name, expression, values):
    """A script that has wrk send UpdateItem itself, unsigned."""
    body = json.dumps({"TableName": "bench-counters", "Key": {"counter-name": {"S": name}}, **expression,
                       "ExpressionAttributeNames": {"#c": "counter-value"},
                       "ExpressionAttributeValues": {name: {"N": str(value)} for name, value in values.items()},
                       "ReturnValues": "UPDATED_NEW"})
    authorization = (f"AWS4-HMAC-SHA256 Credential={env['AWS_ACCESS_KEY_ID']}/20260101/{env['AWS_REGION']}/dynamodb/"
                     "aws4_request, SignedHeaders=host, Signature=0")
    return _script(bench, f"dynamo-{name}.lua", f"""
wrk.method = "POST"
wrk.headers["X-Amz-Target"] = "DynamoDB_20120810.UpdateItem"
wrk.headers["Content-Type"] = "application/x-amz-json-1.0"
wrk.headers["Authorization"] = "{authorization}"
wrk.body = '{body}'
""")


def _dynamo(bench, post):
    """Counted hits against DynamoDB Local, which has one processor for itself: through tessera serve on another one, and
    straight, by a client on that other one that does nothing else. Straight twice: the plainest request that counts, and
    the one that tessera sends, whose condition keeps a counter within 64 bits."""
    theirs, ours = (["taskset", "-c", str(cpu)] for cpu in (bench.cpus[0], bench.cpus[-1]))
    with Services(bench.work) as services:
        for pid in services.processes():
            subprocess.run(["taskset", "-a", "-c", "-p", theirs[2], str(pid)], check=True, capture_output=True)
        env = {**services.environment(), "COUNTER_TABLE": "bench-counters", "GRID_TABLE": "bench-grids"}
        subprocess.run([bench.tessera(), "init", "--quiet"], env={**os.environ, **env}, check=False, capture_output=True)
        straight = _straight(bench, env, "straight", {"UpdateExpression": "ADD #c :n"}, {":n": 1})
        same = _straight(bench, env, "same", {
            "UpdateExpression": "ADD #c :step",
            "ConditionExpression": "attribute_not_exists(#c) OR #c BETWEEN :low AND :high",
        }, {":step": 1, ":low": -2**63, ":high": 2**63 - 2})
        with Service(*ours, bench.tessera(), "--quiet", env=env) as service:
            dynamo = env["AWS_ENDPOINT_URL_DYNAMODB"] + "/"
            requests = {"straight": (dynamo, straight), "straight_same": (dynamo, same),
                        "tessera": (service.url + "/counters/through", post)}
            runs = collections.defaultdict(list)
            for number in range(ROUNDS + 1):
                for name, (url, script) in requests.items():
                    one = _wrk(url, script=script, before=ours)
                    runs[name] += [one] if number else []  # Java's first seconds are not its usual ones
    figures = {name: _median(many) for name, many in runs.items()}
    per_s = {name: one["per_s"] for name, one in figures.items()}
    return {**figures, "ratio": round(per_s["tessera"] / per_s["straight"], 3),
            "same_ratio": round(per_s["tessera"] / per_s["straight_same"], 3)}


def small(bench):
    """Counters, read and counted, by 64 connections that ask as fast as they get answers."""
    folder = os.path.join(bench.work, "service-store")
    shutil.rmtree(folder, ignore_errors=True)
    post = _script(bench, "post.lua", 'wrk.method = "POST"\n')
    runs = collections.defaultdict(list)
    with Service(bench.tessera(), "--quiet", "--data", folder) as service, _python_counter(bench) as python:
        for _ in range(ROUNDS):
            runs["reads"].append(_wrk(service.url + "/counters/a"))
            runs["hits"].append(_wrk(service.url + "/counters/a", script=post))
            beside, hits = _together(lambda: _wrk(service.url + "/counters/a", 32),
                                   lambda: _wrk(service.url + "/counters/b", 32, script=post))
            runs["reads_beside_hits"].append(beside)
            runs["hits_beside_reads"].append(hits)
            runs["python_reads"].append(_wrk(python + "/counters/a", patient=True))
            runs["python_hits"].append(_wrk(python + "/counters/a", script=post, patient=True))
        peak = service.peak_mb()
    shutil.rmtree(folder, ignore_errors=True)
    result = {name: _median(many) for name, many in runs.items()}
    result["connections"] = CONNECTIONS
    result["peak_mb"] = round(peak, 1)
    try:
        result["dynamodb"] = _dynamo(bench, post)
    except Failed as reason:
        say(f"  DynamoDB: {reason}")
    return result


# --- grids under load -----------------------------------------------------------------------------------------------

def _grids_over_http(service):
    """All grids of the batch, by so many clients, each on its connection; seconds for all of them."""
    numbers, lock, built, trouble = iter(range(BATCH_GRIDS)), threading.Lock(), [], []

    def ask(link, number):
        link.request("POST", f"/generate_grid?uniqueGridId=set-{number % BATCH_SETS}&background=%230000{number:02x}&fresh=1")
        answer = link.getresponse()
        body = answer.read()
        if answer.status != 200 or json.loads(body)["failed"]:
            raise Failed(f"a grid failed: {body[:200]!r}")
        built.append(number)

    def client():
        link = http.client.HTTPConnection("127.0.0.1", service.port, timeout=120)
        try:
            while True:
                with lock:
                    number = next(numbers, None)
                if number is None:
                    break
                ask(link, number)
        except (Failed, OSError, ValueError, http.client.HTTPException) as reason:
            trouble.append(reason)
        finally:
            link.close()
    threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
    begun = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took_s = time.monotonic() - begun
    if trouble or len(built) != BATCH_GRIDS:
        raise Failed(f"{len(built)} of {BATCH_GRIDS} grids: {trouble[:1]}")
    return took_s


class SlowClients:
    """Some that send a byte of their headers a second, and connect again when they are cut off, as they are after 15 s; one
    that reads a picture a byte a second."""

    def __init__(self, service, link, count):
        self._service, self._stop = service, threading.Event()
        self.there = []  # how many had a connection, each second
        self._reader = socket.socket()
        self._reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self._reader.connect(("127.0.0.1", service.port))
        host, _, path = link.removeprefix("http://").partition("/")  # the host is signed, whatever the service's port
        self._reader.sendall(f"GET /{path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        if not self._reader.recv(12).endswith(b" 200"):
            raise Failed("the slow client's picture is not there")
        self._links = [self._connect() for _ in range(count)]
        self._thread = threading.Thread(target=self._trickle, daemon=True)

    def _connect(self):
        link = socket.create_connection(("127.0.0.1", self._service.port))
        link.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ")
        link.setblocking(False)
        return link

    def _is_cut(self, link):
        try:
            link.send(b"x")
            link.recv(1024)
            return True  # its end, or the answer to half a request, which is a refusal
        except BlockingIOError:
            return False
        except OSError:
            return True

    def _trickle(self):
        while not self._stop.wait(1):
            with contextlib.suppress(OSError):
                self._reader.recv(1)
            cut = [link for link in self._links if self._is_cut(link)]
            self.there.append(len(self._links) - len(cut))
            for link in cut:
                link.close()
                self._links[self._links.index(link)] = self._connect()

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()
        for link in [self._reader, *self._links]:
            link.close()


def _picture(bench, store):
    """The link of a picture of several MB, far more than the system keeps for a client that does not read. Built here, for
    the service's memory is to be that of the grids."""
    run = bench.runner.run([bench.tessera(), "create-grid", "set-0", "--data", store, "--quiet", "--tile", "1000", "--quality",
                            "100", "--expires", "3600"])
    return json.loads(run.output)["presigned_url"]


def grids(bench):
    """200 different grids of 16 photos asked for by 32 clients, beside `tessera batch` with the same requests."""
    program = bench.tessera()
    store = _embedded_store(bench, program)
    requests, link = _requests(bench, "service.ndjson", BATCH_GRIDS), _picture(bench, store)
    common = ["--data", store, "--quiet", "--memory", f"{BATCH_MEMORY_MIB}M"]
    batch_s, http_s, slow_s, there = [], [], [], []
    with Service(program, *common, "--queue", "64") as service:
        for _ in range(ROUNDS):
            batch_s.append(bench.runner.run([program, "batch", requests, "--fresh", *common], timeout_s=120).wall_s)
            http_s.append(_grids_over_http(service))
            with SlowClients(service, link, SLOW_CLIENTS) as slow_clients:
                slow_s.append(_grids_over_http(service))
            there += slow_clients.there
        peak = service.peak_mb()
    shutil.rmtree(store, ignore_errors=True)
    batch, over_http, slow = (BATCH_GRIDS / statistics.median(many) for many in (batch_s, http_s, slow_s))
    return {"grids": BATCH_GRIDS, "clients": CLIENTS, "batch_per_s": round(batch, 2), "http_per_s": round(over_http, 2),
            "beside_slow_per_s": round(slow, 2), "slow_clients": SLOW_CLIENTS,
            "slow_clients_mean": round(statistics.mean(there), 1), "ratio": round(over_http / batch, 3),
            "slow_ratio": round(slow / over_http, 3), "peak_mb": round(peak, 1), "memory_mib": BATCH_MEMORY_MIB}


# --- a flood --------------------------------------------------------------------------------------------------------

def flood(bench):
    """Ten times more clients than there are connections, for a minute, each asking for a grid as soon as it may."""
    program, folder = bench.tessera(), os.path.join(bench.work, "flood-store")
    shutil.rmtree(folder, ignore_errors=True)
    bench.runner.run([program, "add", "--grid", "g", "--data", folder, "--quiet", *bench.photos])
    statuses, lock = collections.Counter(), threading.Lock()
    options = ["--data", folder, "--quiet", "--connections", str(FLOOD_CONNECTIONS), "--queue", "8", "--memory", "256M"]
    threading.stack_size(256 * 1024)
    with Service(program, *options) as service:
        before = _wrk(service.url + "/counters/a", FLOOD_CONNECTIONS // 2)
        until = time.monotonic() + FLOOD_SECONDS
        most = {"descriptors": 0}

        def client(number):
            while time.monotonic() < until:
                try:
                    status = service.ask("POST", f"/generate_grid?uniqueGridId=g&fresh=1&tile={64 + number % 64}", 90)[0]
                except (OSError, http.client.HTTPException) as reason:
                    status = type(reason).__name__
                with lock:
                    statuses[status] += 1
                if status != 200:
                    time.sleep(0.2)
        threads = [threading.Thread(target=client, args=(i,)) for i in range(FLOOD_CLIENTS)]
        for thread in threads:
            thread.start()
        while time.monotonic() < until:
            most["descriptors"] = max(most["descriptors"], service.descriptors())
            time.sleep(0.5)
        for thread in threads:
            thread.join()
        after = _wrk(service.url + "/counters/a", FLOOD_CONNECTIONS // 2)
        peak = service.peak_mb()
    threading.stack_size(0)
    shutil.rmtree(folder, ignore_errors=True)
    return {"clients": FLOOD_CLIENTS, "connections": FLOOD_CONNECTIONS, "seconds": FLOOD_SECONDS,
            "statuses": {str(name): count for name, count in sorted(statuses.items(), key=str)},
            "unanswered": sum(count for name, count in statuses.items() if name not in (200, 429, 503)),
            "peak_mb": round(peak, 1), "descriptors_max": most["descriptors"], "before_per_s": round(before["per_s"]),
            "after_per_s": round(after["per_s"]), "after_against_before": round(after["per_s"] / before["per_s"], 3)}


# --- cold starts ----------------------------------------------------------------------------------------------------

def _first_answer(command, env, event, again):
    """Milliseconds from exec to the answer to `event`, and the median of the same on the warm process."""
    sys.path.insert(0, os.path.join(needs.REPOSITORY, "tests", "service"))
    from fake_runtime import FakeRuntime
    runtime = FakeRuntime()
    try:
        waiting = runtime.begin(event)
        begun = time.monotonic()
        process = subprocess.Popen(command, env={**os.environ, **env, "AWS_LAMBDA_RUNTIME_API": runtime.address},
                                   stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        try:
            done = runtime.finish(waiting)
            cold_ms = (time.monotonic() - begun) * 1e3
            if done.kind != "response":
                raise Failed(f"{command[0]}: {done.text[:200]}")
            warm = []
            for _ in range(again):
                begun = time.monotonic()
                runtime.invoke(event)
                warm.append((time.monotonic() - begun) * 1e3)
        finally:
            process.kill()
            process.wait()
    finally:
        runtime.close()
    return cold_ms, statistics.median(warm)


def cold(bench):
    """From exec to the first answer of a function: a counter, and a grid of 16 photos; beside Python's way."""
    program, folder = bench.tessera(), os.path.join(bench.work, "cold-store")
    shutil.rmtree(folder, ignore_errors=True)
    photos = bench.photos[:PHOTOS_A_GRID]
    bench.runner.run([program, "add", "--grid", "g", "--data", folder, "--quiet", *photos])
    python = [sys.executable, os.path.join(PEERS, "lambda_function.py"), *photos]
    contestants = {"tessera": ([program, "lambda"], {"TESSERA_DATA": folder, "_HANDLER": "api"}),
                   "python": (python, {"DATABASE": bench.scratch("cold.db")})}
    events = {"counter": {"counter": "cold"}, "grid": {"uniqueGridId": "g", "fresh": True}}
    figures = {name: {} for name in contestants}
    for kind, event in events.items():
        runs = collections.defaultdict(list)
        for _ in range(COLD_ROUNDS if kind == "counter" else 7):
            for name, (command, env) in contestants.items():
                runs[name].append(_first_answer(command, env, event, 5 if kind == "counter" else 2))
        for name, many in runs.items():
            first, warm = (statistics.median(run[i] for run in many) for i in (0, 1))
            figures[name].update({f"{kind}_ms": round(first, 1), f"{kind}_warm_ms": round(warm, 1),
                                  f"{kind}_over_warm_ms": round(statistics.median(a - b for a, b in many), 1)})
    shutil.rmtree(folder, ignore_errors=True)
    return figures
