#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What no polite client sends. After each, the next request is served."""

import concurrent.futures
import json
import os
import socket
import subprocess
import time
import urllib.parse

import program
from program import contains, equal, write_jpeg
from service import Service, eventually, status_of


def alive(service):
    equal(service.ask_json("GET", "/healthz")["status"], "ok")


def request(line, *headers, body=b""):
    return "\r\n".join([line, *headers, "", ""]).encode("latin-1") + body


def test_smuggling():
    host = "Host: localhost"
    inner = request("GET /counters/smuggled HTTP/1.1", host)
    cases = (
        (request("POST /counters/a HTTP/1.1", host, "Content-Length: 5", "Transfer-Encoding: chunked", body=b"0\r\n\r\n" + inner), 400),
        (request("POST /counters/a HTTP/1.1", host, "Transfer-Encoding: chunked", "Content-Length: 5", body=b"0\r\n\r\n" + inner), 400),
        (request("POST /counters/a HTTP/1.1", host, "Content-Length: 0", "Content-Length: %d" % len(inner), body=inner), 400),
        (request("POST /counters/a HTTP/1.1", host, "Content-Length: +5", body=b"hello"), 400),
        (request("POST /counters/a HTTP/1.1", host, "Content-Length: -5", body=b"hello"), 400),
        (request("POST /counters/a HTTP/1.1", host, "Content-Length: 5, 5", body=b"hello"), 400),
        (request("POST /counters/a HTTP/1.1", host, "Content-Length: 0x5", body=b"hello"), 400),
        (request("POST /counters/a HTTP/1.1", host, "Content-Length: 99999999999999999999999"), 413),
        (request("POST /counters/a HTTP/1.1", host, "Transfer-Encoding: xchunked", body=b"0\r\n\r\n"), 501),
        (request("POST /counters/a HTTP/1.1", host, "Transfer-Encoding: chunked", "Transfer-Encoding: identity", body=b"0\r\n\r\n"), 400),
        (request("POST /counters/a HTTP/1.1", host, "Content-Length : %d" % len(inner), body=inner), 400),
        (request("POST /counters/a HTTP/1.1", host, "Transfer-Encoding : chunked", body=b"0\r\n\r\n" + inner), 400),
        (request("POST /counters/a HTTP/1.1", host, "Content-Length: 3\r\n 5", body=b"hello" + inner), 400),
        (request("POST /counters/a HTTP/1.1", host, "Content-Length: 5\r\n Transfer-Encoding: chunked", body=b"hello" + inner), 400),
        (request("POST /counters/a HTTP/1.1", host, "Transfer-Encoding:\r\n\tchunked", body=b"0\r\n\r\n" + inner), 400),
        (request("GET /counters/a HTTP/1.1", host, "X(y): z"), 400),
        (request("GET /counters/a HTTP/1.1", host, "Host: b"), 400),
        (request("GET /counters/a HTTP/1.1", "Host: a b"), 400),
        (request("GET /counters/a HTTP/1.1", "Host: a/../x"), 400),
        (request("GET /counters/a HTTP/1.1"), 400),
        # A NUL ends a text for some readers and not for others.
        (request("POST /counters/a HTTP/1.1", host, "Content-Length: 5\0", body=b"hello" + inner), 400),
        (request("POST /counters/a HTTP/1.1", host, "Content-Length: 5\x000", body=b"hello" + inner), 400),
        (request("POST /counters/a HTTP/1.1", host, "Content-Length: \x005", body=b"hello" + inner), 400),
        (request("POST /counters/a HTTP/1.1", host, "Content-Length\0: 5", body=b"hello" + inner), 400),
        (request("POST /counters/a HTTP/1.1", host, "Transfer-Encoding: chunked\0", body=b"0\r\n\r\n" + inner), 400),
        (request("POST /counters/a HTTP/1.1", host, "Transfer-Encoding: chunked\0, gzip", body=b"0\r\n\r\n" + inner), 400),
        (request("POST /counters/a HTTP/1.1", host, "Transfer-Encoding\0x: chunked", body=b"0\r\n\r\n" + inner), 400),
        (request("POST /counters/a HTTP/1.1", host, "X: y\0z"), 400),
        (request("GET /counters/a HTTP/1.1", host + "\0.evil.example"), 400),
        (request("GET /counters/a\0 HTTP/1.1", host), 400),
        (request("GET /counters/a\0b HTTP/1.1", host), 400),
        (request("GET /counters/a\0HTTP/1.1 HTTP/1.1", host), 400),
        (request("GET /counters/a\0? HTTP/1.1", host), 400),
        (request("GET /counters/a?\0 HTTP/1.1", host), 400),
        (request("GET /counters/a?b=\0c HTTP/1.1", host), 400),
        (request("GET /counters/a HTTP/1.1", host, "X: y\r\n z"), 400),
        (request("GET\0 /counters/a HTTP/1.1", host), 400),
        (request("GET \0/counters/a HTTP/1.1", host), 400),
    )
    with Service() as service:
        for data, status in cases:
            answer = service.raw(data)
            got = status_of(answer)
            assert got == status or (got in (400, 413, 0) and status in (400, 413)), (data, status, answer)
            # libmicrohttpd's own refusal of a wrong Content-Length repeats its header; what matters is that the rest of
            # the bytes is not taken for a request, and that the connection ends.
            equal(set(answer.split(b"HTTP/1.1 ")[1:][i][:3] for i in range(answer.count(b"HTTP/1.1 "))) <= {b"%d" % got}, True, repr(data))
            assert answer.count(b"HTTP/1.1 ") <= 2, data
        equal(service.ask_json("GET", "/counters/smuggled"), {"value": 0})
        alive(service)


def test_broken_requests():
    cases = (b"\r\n\r\n\r\n", b"\0" * 1000, b"GET\r\n\r\n", b"GET /healthz\r\n\r\n", b"GET /healthz HTTP/9.9\r\nHost: localhost\r\n\r\n",
             b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x11" * 200, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
             b"GET http://evil.example/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", b"CONNECT a:443 HTTP/1.1\r\nHost: localhost\r\n\r\n",
             b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nbroken header\r\n\r\n", b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n: x\r\n\r\n",
             b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nA: b\r\n folded\r\n\r\n", b"A" * 200000, b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\n\r\n",
             request("GET /healthz HTTP/1.1", "Host: localhost", *["X-%d: %s" % (i, "y" * 100) for i in range(2000)]),
             request("GET /healthz HTTP/1.1", "Host: localhost", "X: " + "y" * 100000),
             request("POST /counters/a HTTP/1.1", "Host: localhost", "Transfer-Encoding: chunked", body=b"zz\r\n"),
             request("POST /counters/a HTTP/1.1", "Host: localhost", "Transfer-Encoding: chunked", body=b"ffffffffffffffffff\r\n"),
             request("POST /counters/a HTTP/1.1", "Host: localhost", "Transfer-Encoding: chunked", body=b"5\r\nhelloXX5\r\n"),
             b"TRACE / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"get /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
    with Service() as service:
        def send(data):
            answer = service.raw(data)
            assert status_of(answer) not in (500, 502), (data[:80], answer[:200])
            alive(service)
        with concurrent.futures.ThreadPoolExecutor(len(cases)) as pool: # some are heard of after 15 s only
            list(pool.map(send, cases))
        alive(service)
        for name in ("GET /healthz HTTP/1.1",):
            big = service.raw(request(name, "Host: localhost", "X: " + "y" * 100000))
            assert status_of(big) in (400, 413, 431), big[:100]


def test_paths_and_ids():
    with Service() as service:
        for path, status in (("/grids/%00", 404), ("/grids/a%00b", 404), ("/grids/%", 404), ("/grids/%2", 404), ("/grids/%zz", 404),
                             ("/grids/%ff", 404), ("/grids/%c0%ae", 404), ("/grids/%ed%a0%80", 404), ("/grids/", 404),
                             ("/grids//x", 405), ("/grids/%2e%2e", 404), ("/grids/..", 404), ("/grids/%0a", 400),
                             ("//healthz", 404), ("/healthz/", 404), ("/HEALTHZ", 404), ("/./healthz", 404),
                             ("/%68ealthz", 404), ("/counters/", 404), ("/counters/a/b", 404), ("/counters/%00", 404),
                             ("/objects/", 404), ("/objects/a", 404), ("/objects/images/%2e%2e/%2e%2e/catalog.db", 403),
                             ("/objects/..%2f..%2fetc/passwd", 403), ("/objects//etc/passwd", 403), ("/page.css%00", 404),
                             ("/../../etc/passwd", 404), ("/counters/" + "a" * 2049, 400), ("/counters/" + "%C3%BC" * 1025, 400)):
            answer = service.ask("GET", path)
            assert answer.status == status or {answer.status, status} <= {403, 404} or {answer.status, status} <= {404, 405}, (path, answer)
            assert answer.json()["message"], path
        equal(service.ask_json("GET", "/counters/" + "a" * 2048), {"value": 0})
        equal(service.ask_json("GET", "/counters/%2e%2e"), {"value": 0})
        equal(service.ask_json("GET", "/counters/a%2Fb"), {"value": 0})
        alive(service)


def test_tokens_end_where_they_end():
    with Service(env={"TESSERA_TOKEN": "correct-horse"}) as service:
        for header, status in (("Authorization: Bearer correct-horse", 200), ("X-API-Key: correct-horse", 200),
                               ("Authorization: Bearer correct-horse\0", 400), ("X-API-Key: correct-horse\0x", 400), ("X-API-Key: correct\0-horse", 400)):
            equal(status_of(service.raw(request("GET /counters/a HTTP/1.1", "Host: localhost", header, "Connection: close"))), status, header)


def test_old_clients_with_new_bodies():
    """HTTP/1.0 has no chunks: who sends some may mean another end of them, so nothing is read behind it."""
    with Service() as service:
        chunks = b"2\r\n{}\r\n0\r\n\r\n"
        after = request("POST /counters/after HTTP/1.0", "Host: localhost", "Connection: keep-alive", "Content-Length: 0")
        head = request("POST /counters/a HTTP/1.0", "Host: localhost", "Connection: keep-alive", "Transfer-Encoding: chunked")
        answer = service.raw(head + chunks + after)
        equal((answer.count(b"HTTP/1."), b"close" in answer.lower().split(b"\r\n\r\n")[0]), (1, True), repr(answer))
        equal(service.ask_json("GET", "/counters/after"), {"value": 0})


def test_many_parameters_are_answered_at_once():
    """On a connection that stays: whoever waits for its end would wait for what the library does not do."""
    with Service() as service:
        for count, size in ((65, 2), (1000, 3), (8000, 2), (3, 8000), (20000, 2)):
            query = "&".join(("a%d=" % i).ljust(size, "x") for i in range(count))
            for line in ("POST /generate_grid?" + query, "GET /healthz?" + query, "GET /?" + query):
                with socket.create_connection((service.host, service.port), 10) as link:
                    link.sendall(request(line + " HTTP/1.1", "Host: localhost", "Content-Length: 0"))
                    assert status_of(link.recv(4096)) in (414, 431), (count, size)
        equal(service.ask("GET", "/counters/c?" + "&".join("a%d" % i for i in range(64))).status, 400)
        equal(service.ask("GET", "/grids/g?" + "&".join("order=key" for _ in range(1))).status, 404)


def test_no_host():
    with Service() as service:
        without = service.raw(request("GET /healthz HTTP/1.1"))
        equal(status_of(without), 400)
        contains(without.decode("latin-1"), '"code":"invalid"', "Host")
        equal(status_of(service.raw(request("GET /healthz HTTP/1.0"))), 200)


def test_targets_for_proxies():
    with Service() as service:
        for target, status in (("http://localhost/healthz", 200), ("HTTPS://localhost:1/counters/x?", 200), ("http://localhost", 200),
                               ("http://localhost/%00", 404), ("http://localhost?a", 200), ("ftp://localhost/healthz", 404),
                               ("http:/healthz", 404), ("http://a b/healthz", 400), ("http://u@localhost/healthz", 400),
                               ("http://evil.example/healthz", 403)): # the target's host counts, not the header's
            equal(status_of(service.raw(request("GET %s HTTP/1.1" % target, "Host: localhost", "Connection: close"))), status, target)


def test_queries():
    with Service() as service:
        for query in ("", "uniqueGridId", "uniqueGridId=", "uniqueGridId=a&uniqueGridId=b", "uniqueGridId=%00", "uniqueGridId=%zz",
                      "uniqueGridId=%ff", "=x&uniqueGridId=a", "uniqueGridId=a&unknown=1", "uniqueGridId=a&tile=10&tile=20",
                      "uniqueGridId=a&tile=0", "uniqueGridId=a&tile=99999999999999999999", "uniqueGridId=a&columns=-1",
                      "uniqueGridId=a&tile=1e3", "uniqueGridId=" + "a" * 2049, "uniqueGridId=a%0ab", "uniquegridid=a",
                      "uniqueGridId=a&" + "&".join("a%d=1" % i for i in range(100)), "uniqueGridId=a&x=" + "y" * 17000):
            answer = service.ask("POST", "/generate_grid?" + query)
            assert answer.status in (400, 414, 431), (query[:60], answer)
            alive(service)
        equal(service.ask("POST", "/generate_grid?uniqueGridId=nothing-there").status, 404)
        equal(service.ask("POST", "/generate_grid?&&uniqueGridId=nothing+there&").status, 404)
        equal(service.ask("POST", "/generate_grid?uniqueGridId=s3%3A%2F%2Fimages").status, 404)


def test_methods():
    with Service() as service:
        for method, path, allow in (("PUT", "/add_image", "POST"), ("GET", "/add_image?uniqueGridId=a", "POST"), ("DELETE", "/counters/a", "GET"),
                                    ("PATCH", "/grids/a", "DELETE"), ("POST", "/", "GET"), ("FOO", "/healthz", "GET"), ("POST", "/metrics", "GET")):
            answer = service.ask(method, path)
            equal(answer.status, 405, path)
            contains(answer.headers["allow"], allow)
            equal(answer.json()["code"], "method-not-allowed")
        for path in ("/healthz", "/counters/a", "/", "/openapi.json", "/nothing", "/grids/none"):
            whole, head = service.ask("GET", path), service.ask("HEAD", path)
            equal((head.status, head.body), (whole.status, b""), path)
            equal(head.headers["content-length"], whole.headers["content-length"], path)


def test_bodies():
    write_jpeg("photo.jpg", 50, 50)
    with open("photo.jpg", "rb") as file:
        photo = file.read()
    with Service("--max-bytes", "64K") as service:
        add = "/add_image?uniqueGridId=g"
        equal(service.ask("POST", add, b"").status, 415)
        equal(service.ask("POST", add, b"hello world, not an image").status, 415)
        equal(service.ask("POST", add, b"<svg xmlns='http://www.w3.org/2000/svg'/>").status, 415)
        equal(service.ask("POST", add, photo.ljust(65536, b"\0")).status, 200)
        over = service.ask("POST", add, photo.ljust(65537, b"\0"))
        equal((over.status, over.json()["limit"]), (413, "max-bytes"))
        contains(over.json()["message"], "upload_url")
        equal(service.ask("POST", add, photo.ljust(3 << 20, b"\0")).status, 413)
        # Chunked: nobody knows beforehand.
        chunks = lambda size: b"".join(b"%x\r\n" % len(part) + part + b"\r\n" for part in [photo] + [b"\0" * 8192] * (size // 8192)) + b"0\r\n\r\n"
        head = request("POST %s HTTP/1.1" % add, "Host: localhost", "Transfer-Encoding: chunked")
        equal(status_of(service.raw(head + chunks(8192))), 200)
        equal(status_of(service.raw(head + chunks(1 << 20))), 413)
        for size in (6 << 20, 40 << 20): # more than is read to its end
            answer = service.raw(head + chunks(size))
            equal(status_of(answer), 413, size)
            equal(json.loads(answer.split(b"\r\n\r\n")[1])["limit"], "max-bytes")
        endless = request("POST /generate_grid?uniqueGridId=g HTTP/1.1", "Host: localhost", "Transfer-Encoding: chunked")
        equal(status_of(service.raw(endless + chunks(12 << 20))), 413)
        eventually(lambda: service.metrics()['tessera_requests_total{route="add_image",status="413"}'] >= 3, "they are counted")
        # Announced and never sent; sent half and gone.
        half = request("POST %s HTTP/1.1" % add, "Host: localhost", "Content-Length: 60000") + photo
        assert status_of(service.raw(half, shut=True, closes=True)) in (0, 400)
        with socket.create_connection((service.host, service.port)) as link:
            link.sendall(half)
        equal(status_of(service.raw(request("POST %s HTTP/1.1" % add, "Host: localhost", "Content-Length: 99999999999"))), 413)
        expecting = service.raw(request("POST %s HTTP/1.1" % add, "Host: localhost", "Content-Length: 999999", "Expect: 100-continue"))
        equal(status_of(expecting), 413)
        expecting = service.raw(request("POST %s HTTP/1.1" % add, "Host: localhost", "Content-Length: %d" % len(photo), "Expect: 100-continue") + photo)
        equal(expecting.count(b"HTTP/1.1 100 "), 1)
        contains(expecting.decode("latin-1"), "image saved")
        equal(service.ask("POST", "/generate_grid?uniqueGridId=g", b"[" * 100000, {"Content-Type": "application/json"}).status, 400)
        equal(service.ask("POST", "/generate_grid?uniqueGridId=g", b" " * (1 << 21), {"Content-Type": "application/json"}).status, 413)
        equal(len(service.ask_json("GET", "/grids/g")["keys"]), 3)
        # What was not stored leaves no temporary behind.
        eventually(lambda: service.metrics()["tessera_in_flight"] == 1, "requests end")
        equal(os.listdir("data/objects/.partial"), [])


def test_a_host_that_is_none():
    with Service() as service:
        for line, host in (("POST http:///counters/n HTTP/1.1", "localhost"), ("POST /counters/n HTTP/1.1", "")):
            equal(status_of(service.raw(request(line, "Host: " + host, "Content-Length: 0"))), 400, line)
        equal(service.ask_json("GET", "/counters/n")["value"], 0)


def test_pipelining_and_early_close():
    with Service() as service:
        several = request("POST /counters/p HTTP/1.1", "Host: localhost", "Content-Length: 0") * 5
        equal(service.raw(several).count(b'{"value":'), 5)
        equal(service.ask_json("GET", "/counters/p"), {"value": 5})
        write_jpeg("photo.jpg", 400, 400)
        service.add("g", "photo.jpg")
        for _ in range(30): # asks and does not wait
            with socket.create_connection((service.host, service.port)) as link:
                link.sendall(request("POST /generate_grid?uniqueGridId=g&fresh=1 HTTP/1.1", "Host: localhost", "Content-Length: 0"))
        eventually(lambda: service.metrics()["tessera_in_flight"] == 1, "requests of who left end")
        alive(service)
        eventually(lambda: service.metrics()["tessera_connections"] <= 2, "their connections are closed")


def cpu_seconds(service):
    with open("/proc/%d/stat" % service.process.pid, encoding="ascii") as file:
        return sum(int(field) for field in file.read().rsplit(")", 1)[1].split()[11:13]) / os.sysconf("SC_CLK_TCK")


def test_few_descriptors():
    """More clients than files may be open: they wait for their turn, nothing spins, and what was begun is done."""
    write_jpeg("photo.jpg", 50, 50)
    for limit in (64, 128):
        with Service("--jobs", "1", before=("prlimit", "--nofile=%d:%d" % (limit, limit))) as service:
            noted = next(line for line in service.lines if "connections at once instead of 1024" in line)
            contains(noted, "as %d files may be open at once" % limit)
            places = int(noted.split()[2])
            assert 2 <= places < limit // 2, noted
            crowd = [socket.create_connection((service.host, service.port)) for _ in range(4 * limit)]
            begun, lines = cpu_seconds(service), len(service.lines)
            time.sleep(2) # in which a thread that spins takes two
            assert cpu_seconds(service) - begun < 1, "it took %.1f s to wait for 2 s" % (cpu_seconds(service) - begun)
            assert len(service.lines) - lines < 20, service.lines[lines:lines + 40]
            for link in crowd:
                link.close()
            with concurrent.futures.ThreadPoolExecutor(3 * places) as pool:
                list(pool.map(lambda _: service.add("g", "photo.jpg"), range(6 * places)))
            equal(service.ask_json("POST", "/generate_grid?uniqueGridId=g")["failed"], [])
            assert not any("resource limit" in line or "Too many open files" in line for line in service.lines), service.lines
    done = subprocess.run(["prlimit", "--nofile=40:40", program.PROGRAM, "serve", "--listen", "127.0.0.1:0", "--data", "d"],
                          stderr=subprocess.PIPE, env=program.environment(), timeout=60, check=False)
    equal(done.returncode, 1)
    contains(done.stderr.decode(), "40 files may be open at once", "ulimit -n")


def test_slow_clients():
    """A byte a second, in the headers and in a body, from 40 connections, harms nobody, and they are cut off."""
    with Service() as service:
        links = []
        for i in range(40):
            link = socket.create_connection((service.host, service.port))
            link.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n" if i % 2 else
                         request("POST /add_image?uniqueGridId=g HTTP/1.1", "Host: localhost", "Content-Length: 100000") + b"\xff\xd8\xff\xe0")
            links.append(link)
        open_links, rounds = set(links), 0
        while open_links and rounds < 120:  # of a second and more
            for link in list(open_links):
                try:
                    link.setblocking(False)
                    link.send(b"X")
                    if link.recv(100) == b"":
                        open_links.discard(link)
                except BlockingIOError:
                    pass
                except OSError:
                    open_links.discard(link)
            alive(service)
            rounds += 1
            time.sleep(1)
        for link in links:
            link.close()
        assert not open_links, "%d slow clients were never cut off" % len(open_links)
        numbers = service.settled_metrics()
        assert numbers["tessera_connections_cut_total"] >= 40, numbers["tessera_connections_cut_total"]
        equal(os.listdir("data/objects/.partial"), [])


program.main(globals())
