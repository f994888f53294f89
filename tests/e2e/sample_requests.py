#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""samples/requests/curl.sh against the service, and that it leaves out no route of it."""

import os
import re
import shutil
import subprocess

import program
from program import contains, equal, skip
from service import Service

SOURCE = os.environ.get("TESSERA_SOURCE_DIR", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
SCRIPT = os.path.join(SOURCE, "samples", "requests", "curl.sh")


def run_script(*arguments, **variables):
    return subprocess.run([SCRIPT, *arguments], env=program.environment(**variables), check=False, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def test_every_request():
    program.write_jpeg("photo.jpg", 64, 48)
    with Service() as service:
        done = run_script("photo.jpg", url=service.url(), id="sample", out="grid.jpg")
        text = done.stdout.decode("utf-8", "replace")
        equal(done.returncode, 0, text)
        contains(text, '"count":3', '"tiles":3', '"failed":[]', '"removed":1', '"removed":2', "# GET /counters/NAME\n{\"value\":1}")
        with open("grid.jpg", "rb") as file:
            equal(file.read(3), b"\xff\xd8\xff")
        equal(run_script("nothing.jpg", url=service.url(), id="sample").returncode != 0, True, "no photo")
    equal(run_script("photo.jpg", url="http://127.0.0.1:9").returncode != 0, True, "no service")


def test_every_route_is_there():
    with open(SCRIPT, encoding="utf-8") as file:
        script = file.read()
    with open(os.path.join(SOURCE, "src", "front", "api_route.c"), encoding="utf-8") as file:
        routes = re.findall(r'\{"([A-Z]+)", "(/[^"]*)", SHAPE_(\w+),', file.read())
    equal(len(routes) > 10, True)
    for method, path, shape in routes:
        if path in ("/", "/objects/", "/metrics"):
            continue
        asked = [line for line in script.split("\n") if '"$url' + path in line or "$url%s?" % path in line]
        asked = [line for line in asked if (method == "GET" and " -X " not in line) or "-X %s " % method in line]
        if shape == "KEY":
            asked = [line for line in asked if "$id/$key" in line]
        equal(bool(asked), True, "curl.sh has %s %s" % (method, path))


def test_usage():
    equal((run_script("--help").returncode, run_script().returncode), (0, 2))
    contains(run_script("--help").stdout.decode(), "photo.jpg")


if __name__ == "__main__":
    if not shutil.which("curl"):
        skip("no curl")
    program.main(dict(globals()))
