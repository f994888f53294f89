#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Images that are no files: https:// addresses from a server with a certificate of its own, and stored objects by
bucket and prefix, from the embedded store."""

import http.server
import json
import os
import resource
import shutil
import ssl
import subprocess
import sys
import threading

import program
from program import contains, environment, equal, run, write_jpeg

ASKED = []


class Handler(http.server.BaseHTTPRequestHandler):
    """/a.jpg is an image; the other paths are what a server may do instead."""

    def log_message(self, format, *arguments):  # pylint: disable=redefined-builtin
        del format, arguments

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        ASKED.append(self.path)
        with open("a.jpg", "rb") as file:
            image = file.read()
        if self.path.startswith("/a.jpg") or self.path == "/folder/":
            self.answer(200, image)
        elif self.path == "/moved":
            self.answer(302, Location="/a.jpg?moved")
        elif self.path == "/down":
            self.answer(302, Location="http://127.0.0.1:%d/a.jpg" % self.server.server_address[1])
        elif self.path == "/round":
            self.answer(302, Location="/round")
        elif self.path == "/large":
            self.answer(200, b"x" * 200000)
        elif self.path == "/busy" and ASKED.count("/busy") < 3:
            self.answer(503)
        elif self.path == "/busy":
            self.answer(200, image)
        else:
            self.answer(404, b"nothing here")


def make_certificate():
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "ca.pem",
                    "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def serve():
    """A running server's address; it ends with the test."""
    write_jpeg("a.jpg")
    make_certificate()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain("ca.pem", "key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    ASKED.clear()
    return "https://localhost:%d" % server.server_address[1]


def montage(*arguments, status=0, env=None):
    return run("montage", *arguments, "-o", "grid.jpg", status=status, env=env)


def reasons(done):
    return [cell["reason"] for cell in done.answer()["failed"]]


def test_images_are_fetched():
    base = serve()
    done = montage("a.jpg", base + "/a.jpg", base + "/moved", base + "/busy", "--allow-private", "--ca-bundle", "ca.pem")
    equal(done.answer()["tiles"], 4)
    equal(ASKED.count("/busy"), 3)
    contains(" ".join(ASKED), "/a.jpg?moved")
    done = montage(base + "/a.jpg", "--allow-private", env=environment(TESSERA_CA_BUNDLE="ca.pem"))
    equal(done.answer()["failed"], [])


def test_own_network_is_closed():
    base = serve()
    done = montage(base + "/a.jpg", "--ca-bundle", "ca.pem", status=1)
    contains(reasons(done)[0], "not a public address", "--allow-private")
    equal(ASKED, [])


def test_certificates_are_verified():
    base = serve()
    done = montage(base + "/a.jpg", "--allow-private", status=1)
    contains(reasons(done)[0], "certificate of localhost", "does not verify", "--ca-bundle")
    done = montage(base.replace("localhost", "127.0.0.1") + "/a.jpg", "--allow-private", "--ca-bundle", "ca.pem",
                   status=1)
    contains(reasons(done)[0], "certificate of 127.0.0.1")
    equal(ASKED, [])
    contains(montage(base, "--allow-private", "--ca-bundle", "none.pem", status=1).err, "none.pem cannot be read")


def test_only_allowed_hosts():
    base = serve()
    options = ["--allow-private", "--ca-bundle", "ca.pem"]
    done = montage(base + "/a.jpg", *options, "--allow-host", "example.com,*.localhost", status=1)
    contains(reasons(done)[0], "localhost is not among the allowed hosts", "--allow-host")
    equal(ASKED, [])
    montage(base + "/a.jpg", *options, "--allow-host", "example.com,localhost")
    montage(base + "/a.jpg", *options, env=environment(TESSERA_ALLOW_HOST="localhost"))
    contains(montage(base, *options, "--allow-host", ",", status=1).err, "allowed hosts names none")


def test_bad_answers_are_placeholders():
    base = serve()
    done = montage(base + "/none?secret", base + "/down", base + "/round", base + "/large", "a.jpg", "--allow-private",
                   "--ca-bundle", "ca.pem", "--max-bytes", "100K", status=3)
    words = reasons(done)
    equal([cell["cell"] for cell in done.answer()["failed"]], [0, 1, 2, 3])
    contains(words[0], "404")
    assert "secret" not in words[0].replace(base + "/none?secret", ""), words[0]
    contains(words[1], "localhost redirects: ", "https://")
    assert ": : " not in words[1], words[1]
    contains(words[2], "more than 5 times")
    contains(words[3], "max-bytes")
    equal(ASKED.count("/round"), 6)


def test_addresses_that_end_in_a_slash():
    """A path says nothing of what is behind it: an image, or none like any other that is missing."""
    base = serve()
    options = ["--allow-private", "--ca-bundle", "ca.pem"]
    done = montage("a.jpg", base + "/none/", base + "/a.jpg", *options, status=3)
    equal([(cell["cell"], cell["key"]) for cell in done.answer()["failed"]], [(1, base + "/none/")])
    contains(reasons(done)[0], "404")
    montage("a.jpg", base + "/folder/", *options)


def store_images(*names):
    """Images in the bucket "images" of ./data under these keys."""
    write_jpeg("a.jpg")
    run("init", "--data", "data", status=0)
    for name in names:
        shutil.copy("a.jpg", os.path.join("data", "objects", "images", name.replace("/", "%2F")))


def test_stored_objects():
    store_images("2026/b.jpg", "2026/a.jpg", "2026/notes.txt", "2027/c.jpg")
    env = environment(TESSERA_DATA="data")
    done = montage("s3://images/2026/", "a.jpg", "--map", "map.json", env=env)
    with open("map.json", encoding="utf-8") as file:
        equal([cell["source"] for cell in json.load(file)], ["s3://images/2026/a.jpg", "s3://images/2026/b.jpg", "a.jpg"])
    equal(done.answer()["tiles"], 3)
    with open("list", "w", encoding="utf-8") as file:
        file.write("s3://images/2027/c.jpg\ns3://images/2027/d.jpg\n")
    done = montage("@list", env=env, status=3)
    contains(reasons(done)[0], "2027/d.jpg")
    contains(montage("s3://images/2028", env=env, status=1).err, "no images are in bucket images", "2028")
    contains(montage("s3://no", env=env, status=1).err, "bucket")
    contains(montage("s3://images", "--max-cells", "2", env=env, status=1).err, "max-cells")


def test_stored_names_without_images():
    """One of several for which there is nothing is a placeholder; nothing at all is no grid."""
    store_images("2026/a.jpg")
    env = environment(TESSERA_DATA="data")
    for name in ("s3://images/none.jpg", "s3://images/none/"):
        done = montage("a.jpg", name, "s3://images/2026/", env=env, status=3)
        equal([(cell["cell"], cell["key"]) for cell in done.answer()["failed"]], [(1, name)])
        contains(montage(name, env=env, status=1).err, "no images are in bucket images")


def test_many_stored_names_take_no_descriptors():
    names = ["%03d.jpg" % index for index in range(100)]
    store_images(*names)
    done = run("montage", *["s3://images/" + name for name in names], "-o", "out.jpg", "--tile", "8", status=0,
               env=environment(TESSERA_DATA="data"), limits={resource.RLIMIT_NOFILE: 64})
    equal(done.answer()["tiles"], 100)


def test_grids_of_a_prefix():
    store_images("2026/b.jpg", "2026/a.jpg", "2027/c.jpg")
    env = environment(TESSERA_DATA="data")
    first = run("create-grid", "s3://images/2026/", env=env, status=0).answer()
    equal((first["tiles"], first["cached"], first["grid_id"]), (2, False, "s3://images/2026/"))
    equal(run("create-grid", "s3://images/2026/", env=env, status=0).answer()["cached"], True)
    done = run("batch", "-", env=env, stdin=b"s3://images/\ns3://images/none\n", status=1)
    answers = {answer["grid_id"]: answer for answer in done.answers()}
    equal(answers["s3://images/"]["tiles"], 3)
    equal(answers["s3://images/none"]["code"], "not-found")


if not shutil.which("openssl"):
    print("skipped: there is no openssl to make a certificate with")
    sys.exit(77)
program.main(globals())
