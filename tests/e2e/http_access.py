#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Who may call: pages of others, names that were pointed here, tokens, and proxies that change Host."""

import http.client
import http.server
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.parse

import program
from program import contains, equal, run, write_jpeg
from service import Service, eventually

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "service"))
import debian_package  # noqa: E402  pylint: disable=wrong-import-position

EVIL = "https://evil.example"
CALLS = (("DELETE", "/grids/g"), ("POST", "/counters/c"), ("GET", "/counters/c"), ("POST", "/add_image?uniqueGridId=g"),
         ("POST", "/generate_grid?uniqueGridId=g"), ("POST", "/upload_url?uniqueGridId=g"), ("GET", "/grids/g"), ("GET", "/healthz"),
         ("GET", "/readyz"), ("GET", "/metrics"), ("GET", "/"), ("GET", "/page.js"), ("GET", "/openapi.json"), ("GET", "/nothing"),
         ("PUT", "/healthz"), ("OPTIONS", "/grids/g"), ("HEAD", "/"))


def photo():
    write_jpeg("photo.jpg", 60, 40)
    return "photo.jpg"


def allowed(answer):
    return answer.headers.get("access-control-allow-origin")


def test_pages_of_others_are_refused():
    with Service() as service:
        own = "%s:%d" % (service.host, service.port)
        service.add("g", photo())
        for call in CALLS:
            for headers in ({"Origin": EVIL}, {"Origin": EVIL, "Sec-Fetch-Site": "same-origin"}, {"Origin": "null"},
                            {"Origin": "null", "Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "cross-site"},
                            {"Sec-Fetch-Site": "Cross-Site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
                            {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
                            {"Origin": "http://" + own, "Sec-Fetch-Site": "cross-site"},
                            {"Origin": "http://localhost:%d" % (service.port % 60000 + 1), "Host": "localhost:%d" % service.port},
                            {"Origin": "http://%s.evil.example" % own}, {"Origin": ""}, {"Origin": "http://" + own + " " + EVIL},
                            {"Host": "evil.example"}, {"Host": "evil.example:%d" % service.port, "Origin": "http://evil.example:%d" % service.port},
                            {"Host": "evil.example", "Sec-Fetch-Site": "same-origin"}, {"Host": "10.1.2.3:%d" % service.port},
                            {"Host": "127.0.0.1.evil.example"}, {"Host": "localhost.evil.example:80"}):
                answer = service.ask(*call, body=b"x" if call[0] == "POST" else None, headers=headers)
                equal((answer.status, allowed(answer)), (403, None), "%s %s" % (call, headers))
        answer = service.ask("DELETE", "/grids/g", headers={"Origin": EVIL})
        equal(answer.json()["code"], "foreign-page")
        contains(answer.json()["message"], EVIL, "--cors-origin")
        answer = service.ask("GET", "/", headers={"Host": "evil.example"})
        equal(answer.json()["code"], "unknown-host")
        contains(answer.json()["message"], "evil.example", "--allow-host-header")
        # A form of another page, sent by navigating there: the method is one that changes something.
        form = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
        equal(service.ask("POST", "/counters/c", b"", dict(form, Origin=EVIL)).status, 403)
        equal(service.ask("POST", "/", b"", form).status, 403)
        # Two of a header that is there once: whichever a reader took, one would be wrong.
        twice = b"GET /counters/c HTTP/1.1\r\nHost: %s\r\nOrigin: http://%s\r\nOrigin: %s\r\n\r\n" % (own.encode(), own.encode(), EVIL.encode())
        contains(service.raw(twice).decode(), " 403 ")
        equal(len(service.ask_json("GET", "/grids/g")["keys"]), 1)
        equal(service.ask_json("GET", "/counters/c"), {"value": 0})


def test_own_pages_and_programs_may_call():
    with Service() as service:
        port, hits = service.port, 0
        for headers in ({}, {"Origin": "http://127.0.0.1:%d" % port}, {"Sec-Fetch-Site": "none"},
                        {"Origin": "http://127.0.0.1:%d" % port, "Sec-Fetch-Site": "same-origin"},
                        {"Origin": "null", "Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "same-origin"},
                        {"Host": "localhost:%d" % port, "Origin": "http://localhost:%d" % port},
                        {"Host": "localhost:%d" % port, "Origin": "http://LOCALHOST:%d" % port}, {"Host": "localhost"},
                        {"Host": "[::1]:%d" % port}, {"Host": "127.0.0.1:9"}, {"Host": "localhost.:%d" % port},
                        {"Host": "localhost", "Origin": "https://localhost"}):
            hits += 1
            answer = service.ask("POST", "/counters/c", headers=headers)
            equal((answer.status, allowed(answer)), (200, None), str(headers))
            equal(answer.json(), {"value": hits})
        # A link on another page leads a person here.
        visit = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
        equal(service.ask("GET", "/", headers=visit).status, 200)
        equal(service.ask("GET", "/counters/c", headers=visit).status, 403)
        contains(service.raw(b"GET /counters/c HTTP/1.0\r\n\r\n").decode(), " 200 ")
        assert "access-control-allow-origin" not in service.ask("OPTIONS", "/grids/g").headers
        contains("\n".join(service.lines), "anybody who reaches this address may add and remove images")


def test_on_all_addresses():
    """As in a container: probes and other machines come by address, whichever; names are told."""
    listens = ["0.0.0.0:0", ":0"]
    if os.path.exists("/proc/net/if_inet6"):
        listens.append("[::]:0")
    for listen in listens:
        with Service("--listen", listen, "--allow-host-header", "tessera,grids.lan:81", env={"TESSERA_ALLOW_HOST_HEADER": "other"}) as service:
            for host, status in (("10.244.0.17:8080", 200), ("172.17.0.2", 200), ("[fd00::17]:8080", 200), ("tessera:8080", 200),
                                 ("TESSERA", 200), ("grids.lan", 200), ("localhost", 200), ("evil.example", 403), ("other", 403),
                                 ("10.244.0.17.evil.example", 403)):
                for path in ("/healthz", "/readyz", "/metrics", "/counters/c"):
                    equal(service.ask("GET", path, headers={"Host": host}).status, status, host)
            page = {"Host": "192.168.1.7:8080", "Origin": "http://192.168.1.7:8080"}
            equal(service.ask("POST", "/counters/c", headers=page).status, 200)
            equal(service.ask("POST", "/counters/c", headers=dict(page, Origin="http://192.168.1.8:8080")).status, 403)
    with Service(env={"TESSERA_ALLOW_HOST_HEADER": "tessera"}) as service:
        equal(service.ask("GET", "/healthz", headers={"Host": "tessera:80"}).status, 200)
    with Service("--allow-host-header", "a.lan", "--allow-host-header", "b.lan") as service:
        for host in ("a.lan", "b.lan"):
            equal(service.ask("GET", "/healthz", headers={"Host": host}).status, 200)


def test_origins_that_are_allowed():
    with Service("--cors-origin", "https://a.example/ , b.example:8443", "--cors-origin", "HTTP://C.example:80") as service:
        for origin, answered in (("https://a.example", True), ("http://b.example:8443", True), ("https://b.example:8443", True),
                                 ("http://c.example", True), ("http://a.example", False), ("https://a.example:8443", False),
                                 ("https://b.example", False), (EVIL, False), ("null", False)):
            for method, path, status in (("POST", "/counters/c", 200), ("GET", "/nothing", 404), ("PUT", "/healthz", 405)):
                answer = service.ask(method, path, headers={"Origin": origin, "Sec-Fetch-Site": "cross-site"})
                equal((answer.status, allowed(answer), answer.headers["vary"]),
                      (status, origin, "Origin") if answered else (403, None, "Origin"), origin)
            flight = service.ask("OPTIONS", "/grids/g", headers={"Origin": origin, "Access-Control-Request-Method": "DELETE"})
            equal((flight.status, allowed(flight)), (204, origin) if answered else (403, None), origin)
            if answered:
                contains(flight.headers["access-control-allow-methods"], "DELETE")
        nobody = service.ask("GET", "/healthz")
        equal((nobody.status, allowed(nobody), nobody.headers["vary"]), (200, None, "Origin"))
        equal(service.ask("GET", "/healthz", headers={"Host": "evil.example", "Origin": "https://a.example"}).status, 403)
    with Service(env={"TESSERA_CORS_ORIGIN": "https://a.example"}) as service:
        answer = service.ask("GET", "/healthz", headers={"Origin": "https://a.example"})
        equal((answer.status, allowed(answer), answer.headers["vary"]), (200, "https://a.example", "Origin"))
        equal(service.ask("GET", "/healthz", headers={"Origin": EVIL}).status, 403)
    with Service("--cors-origin", "*", env={"TESSERA_CORS_ORIGIN": "https://a.example"}) as service:
        for headers in ({"Origin": EVIL}, {"Sec-Fetch-Site": "cross-site"}, {"Host": "evil.example"}):
            answer = service.ask("POST", "/counters/c", headers=headers)
            equal((answer.status, allowed(answer), answer.headers.get("vary")), (200, "*", None), str(headers))
        contains("\n".join(service.lines), "every web page")
    with Service("--cors-origin", "none") as service:
        equal(service.ask("GET", "/healthz", headers={"Origin": EVIL}).status, 403)


def test_with_a_token_pages_may_call_who_know_it():
    with Service(env={"TESSERA_TOKEN": "correct-horse"}) as service:
        for headers in ({"Origin": EVIL}, {"Host": "evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
            answer = service.ask("POST", "/counters/c", headers=headers)
            equal((answer.status, allowed(answer)), (401, "*"), str(headers))
            answer = service.ask("POST", "/counters/c", headers=dict(headers, **{"X-API-Key": "correct-horse"}))
            equal((answer.status, allowed(answer)), (200, "*"), str(headers))
    with Service("--cors-origin", "https://a.example,https://b.example", env={"TESSERA_TOKEN": "correct-horse"}) as service:
        answer = service.ask("POST", "/counters/c", headers={"Origin": "https://b.example", "X-API-Key": "correct-horse"})
        equal((answer.status, allowed(answer)), (200, "https://b.example"))
        answer = service.ask("POST", "/counters/c", headers={"Origin": EVIL, "X-API-Key": "correct-horse"})
        equal((answer.status, allowed(answer)), (200, None))


def test_an_empty_token_opens_nothing():
    done = run("serve", "--listen", "127.0.0.1:0", status=2, env=program.environment(TESSERA_TOKEN=""))
    contains(done.err, "TESSERA_TOKEN is set, but empty")
    for text in ("", "\n", "\nsecond-line-is-none\n", "short\n"):
        with open("token.txt", "w", encoding="utf-8") as file:
            file.write(text)
        done = run("serve", "--listen", "127.0.0.1:0", "--token-file", "token.txt", status=2)
        contains(done.err, "token.txt", "8 to 512")
    run("serve", "--listen", "127.0.0.1:0", "--token-file", "", status=2)
    with open("token.txt", "w", encoding="utf-8") as file:
        file.write("from-the-file\n")
    with Service("--token-file", "token.txt", env={"TESSERA_TOKEN": ""}) as service:
        equal(service.ask("POST", "/counters/c").status, 401)


def test_nonsense_is_wrong_usage():
    for options in (("--cors-origin", "https://a.example/path"), ("--cors-origin", "a b"), ("--cors-origin", "ftp://a.example"),
                    ("--cors-origin", "https://"), ("--cors-origin", "https://*.a.example"), ("--cors-origin", "none,*"),
                    ("--cors-origin", "https://a.example,"), ("--cors-origin", "null"), ("--cors-origin", "https://a.example", "--cors-origin", "#"),
                    ("--cors-origin", ""), ("--allow-host-header", "http://a"), ("--allow-host-header", "*"), ("--allow-host-header", "a b"),
                    ("--allow-host-header", "a,,b")):
        done = run("serve", "--listen", "127.0.0.1:0", *options, status=2)
        contains(done.err, "tessera serve: ", options[0][2:] + ": ")
    done = run("serve", "--listen", "127.0.0.1:0", status=2, env=program.environment(TESSERA_CORS_ORIGIN="https://a.example b.example"))
    contains(done.err, "cors-origin: \"https://a.example b.example\" is no origin")


def test_links_open_from_everywhere():
    """They are permissions themselves: in an e-mail, in a page of others, by another of the service's names."""
    with Service("--allow-host-header", "grids.lan") as service:
        service.add("g", photo())
        link = service.ask_json("POST", "/generate_grid?uniqueGridId=g")["presigned_url"]
        for headers in ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "image"}, {"Origin": EVIL}, {"Host": "grids.lan"},
                        {"Host": "localhost:%d" % service.port}, {"Host": "evil.example"}):
            answer = service.fetch(link, headers=headers)
            equal((answer.status, allowed(answer)), (200, None), str(headers))
        named = service.ask_json("POST", "/generate_grid?uniqueGridId=g", headers={"Host": "grids.lan"})["presigned_url"]
        contains(named, "http://grids.lan/objects/")
        path = named[len("http://grids.lan"):]
        for host in ("grids.lan", "grids.lan:80", "127.0.0.1:%d" % service.port):
            equal(service.ask("GET", path, headers={"Host": host}).status, 200, host)
        refused = service.ask("GET", path.replace("X-Amz-Expires=300", "X-Amz-Expires=301"), headers={"Host": "grids.lan"})
        equal((refused.status, refused.json()["code"]), (403, "denied"))
        contains(refused.json()["message"], "the link's signature does not verify")
        brief = service.ask_json("POST", "/generate_grid?uniqueGridId=g&expires=1")["presigned_url"]
        eventually(lambda: service.fetch(brief).status == 403, "a link of one second expires")
        contains(service.fetch(brief).json()["message"], "the link has expired: ask for a new one")


class PlainProxy(http.server.BaseHTTPRequestHandler):
    """What nginx does with nothing but `proxy_pass http://127.0.0.1:PORT;`: HTTP/1.0, its own Host, a connection each."""

    def forward(self):
        size = int(self.headers.get("Content-Length", 0))
        body, upstream = self.rfile.read(size), "127.0.0.1:%d" % self.server.upstream
        head = ["%s %s HTTP/1.0" % (self.command, self.path), "Host: " + upstream, "Connection: close"]
        head += ["%s: %s" % item for item in self.headers.items() if item[0].lower() not in ("host", "connection")]
        with socket.create_connection(("127.0.0.1", self.server.upstream)) as link:
            link.sendall("\r\n".join(head + ["", ""]).encode("latin-1") + body)
            while piece := link.recv(65536):
                self.wfile.write(piece)
        self.close_connection = True

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_OPTIONS = forward

    def log_message(self, *_arguments):  # pylint: disable=arguments-differ
        pass


def begin_plain_proxy(service):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), PlainProxy)
    server.upstream = service.port
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1], server.shutdown


def free_port():
    with socket.socket() as link:
        link.bind(("127.0.0.1", 0))
        return link.getsockname()[1]


def find_nginx():
    """Where this machine has it, or unpacked from Debian's package, which would start it when it is installed; None."""
    folder = os.environ.get("TESSERA_SERVICES") or os.path.join(HERE, "../../build/services")
    try:
        return shutil.which("nginx") or os.path.join(debian_package.fetch("nginx", os.path.abspath(folder)), "usr/sbin/nginx")
    except (subprocess.SubprocessError, OSError) as failure:
        print(failure)
        return None


NGINX = find_nginx()


def begin_nginx(service):
    port = free_port()
    with open("nginx.conf", "w", encoding="utf-8") as file:
        file.write("daemon off; pid nginx.pid; error_log stderr; events {}\nhttp { access_log off; client_body_temp_path b; proxy_temp_path p;\n"
                   "fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s; client_max_body_size 0;\n"
                   "server { listen 127.0.0.1:%d; location / { proxy_pass http://127.0.0.1:%d; } } }\n" % (port, service.port))
    process = subprocess.Popen([NGINX, "-p", os.getcwd(), "-c", os.path.abspath("nginx.conf")])

    def listens():
        with socket.socket() as link:
            return link.connect_ex(("127.0.0.1", port)) == 0
    eventually(listens, "nginx listens")
    return port, lambda: (process.terminate(), process.wait(30))


def through(port, method, path, body=None, headers=None):
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    link.request(method, path, body, dict(headers or {}, Host="grids.example.com"))
    answer = link.getresponse()
    data = answer.read()
    link.close()
    return answer.status, data


def check_proxy(begin, public, path):
    with Service("--public-url", public) as service:
        port, end = begin(service)
        try:
            page = {"Origin": "https://grids.example.com", "Sec-Fetch-Site": "same-origin"}
            with open(photo(), "rb") as file:
                data = file.read()
            equal(through(port, "POST", "/add_image?uniqueGridId=g", data, page)[0], 200)
            status, text = through(port, "POST", "/generate_grid?uniqueGridId=g", b"", page)
            equal(status, 200)
            link = json.loads(text)["presigned_url"]
            contains(link, public + "/objects/")
            parts = urllib.parse.urlsplit(link)
            status, picture = through(port, "GET", parts.path + "?" + parts.query)
            equal((status, picture[:3]), (200, b"\xff\xd8\xff"))
            equal(through(port, "GET", parts.path + "?" + parts.query.replace("X-Amz-Expires=300", "X-Amz-Expires=900"))[0], 403)
            status, text = through(port, "POST", "/upload_url?uniqueGridId=g", b"", page)
            upload = urllib.parse.urlsplit(json.loads(text)["upload_url"])
            equal(through(port, "PUT", upload.path + "?" + upload.query, data)[0], 200)
            equal(through(port, "DELETE", "/grids/g", None, {"Origin": EVIL})[0], 403)
            equal(len(service.ask_json("GET", "/grids/g")["keys"]), 2)
            equal(path, parts.path[:len(path)])
        finally:
            end()


def test_behind_a_plain_proxy():
    check_proxy(begin_plain_proxy, "https://grids.example.com", "/objects/")
    shutil.rmtree("data")
    check_proxy(begin_plain_proxy, "https://grids.example.com/t", "/t/objects/")


def test_behind_nginx():
    if not NGINX:
        print("skipped: apt-get brings no nginx")
        return
    check_proxy(begin_nginx, "https://grids.example.com", "/objects/")


program.main(globals())
