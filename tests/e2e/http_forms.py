#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Images of add_image as browsers' forms and `curl -F` send them, and as they are no images: compressed, or as text."""

import base64
import gzip
import json
import os
import shutil
import subprocess

import program
from program import contains, equal, skip, write_jpeg
from service import Service

TYPE = {"Content-Type": "multipart/form-data; boundary=xYz"}


def curl(*arguments):
    done = subprocess.run(["curl", "-sS", "--max-time", "60", "-w", "\n%{http_code}", *arguments], stdout=subprocess.PIPE, check=True)
    body, status = done.stdout.decode("utf-8").rsplit("\n", 1)
    return int(status), json.loads(body)


def image(name="a.jpg", **options):
    write_jpeg(name, **options)
    with open(name, "rb") as file:
        return file.read()


def part(content, name="file", file_name="a.jpg", boundary=b"xYz"):
    disposition = 'form-data; name="%s"' % name + ('; filename="%s"' % file_name if file_name is not None else "")
    return b"--%s\r\nContent-Disposition: %s\r\n\r\n%s\r\n" % (boundary, disposition.encode(), content)


def form(*parts):
    return b"".join(parts) + b"--xYz--\r\n"


def stored(service, grid, key):
    with open(os.path.join("data", "objects", "images", key), "rb") as file:
        kept = file.read()
    contains(json.dumps(service.ask_json("GET", "/grids/" + grid)), key)
    return kept


def test_curl():
    photo = image(width=640, height=480)
    image("b.jpg")
    with Service() as service:
        url = service.url("/add_image")
        for options in (["-F", "file=@a.jpg"], ["-F", "tile=3", "-F", "picture=@a.jpg;type=image/jpeg;filename=ö \"x\".jpg", "-F", "x="],
                        ["-H", "Transfer-Encoding: chunked", "-F", "file=@a.jpg"], ["-H", "Expect: 100-continue", "-F", "file=@a.jpg"]):
            status, saved = curl(*options, url + "?uniqueGridId=g")
            equal((status, saved["message"], saved["image_size"]), (200, "image saved", len(photo)), repr(saved))
            equal(stored(service, "g", saved["s3Key"]), photo)
        status, saved = curl("-F", "uniqueGridId=in form/ö", "-F", "file=@a.jpg", url)
        equal(status, 200, repr(saved))
        equal(stored(service, "in%20form%2F%C3%B6", saved["s3Key"]), photo)
        equal(curl("-F", "uniqueGridId=g", "-F", "file=@a.jpg", url + "?uniqueGridId=g")[0], 200)
        equal(curl("-F", "file=@a.jpg", "-F", "again=@b.jpg", url + "?uniqueGridId=g")[1]["message"],
              "the form has two files: send one image a request")


def test_pieces():
    """However the body is cut, the same bytes are stored; a delimiter's beginnings are content."""
    photo = image() + b"\r\n--xY\r\n--\r\r\n-"
    body = form(part(b"x", "other", None), part(photo))
    with Service() as service:
        head = ("POST /add_image?uniqueGridId=g HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n"
                "Content-Type: %s\r\n\r\n" % TYPE["Content-Type"]).replace("Host: h", "Host: 127.0.0.1:%d" % service.port).encode()
        for size in (1, 7, 100):
            pieces = [body[at:at + size] for at in range(0, len(body), size)]
            answer = service.raw(head + b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n")
            saved = json.loads(answer[answer.index(b"\r\n\r\n") + 4:])
            equal(stored(service, "g", saved["s3Key"]), photo)


def test_forms_that_are_none():
    photo = image()
    with Service() as service:
        def refused(body, status, word, query="?uniqueGridId=g", headers=None):
            answer = service.ask_json("POST", "/add_image" + query, body, status, dict(TYPE, **headers or {}))
            contains(answer["message"], word)

        refused(form(part(photo))[:-4], 400, "last boundary")
        refused(photo, 400, "none of the boundaries")
        refused(form(part(b"x", "a", None)), 400, "no file")
        refused(form(part(b"", file_name="")), 400, "no file")
        refused(form(part(photo), part(photo)), 400, "two files")
        refused(form(part(photo), part(b"g", "uniqueGridId", None)), 400, "before the file", query="")
        refused(form(part(photo)), 400, "uniqueGridId", query="")
        refused(form(part(b"other", "uniqueGridId", None), part(photo)), 400, "another")
        refused(form(part(b"a", "uniqueGridId", None), part(b"b", "uniqueGridId", None), part(photo)), 400, "another", query="")
        refused(form(part(b"a\nb", "uniqueGridId", None), part(photo)), 400, "control", query="")
        refused(form(part(b"x" * 2049, "uniqueGridId", None), part(photo)), 400, "2048", query="")
        refused(form(part(b"no image")), 415, "image")
        refused(form(part(b"")), 415, "")
        refused(form(*[part(b"", "a", None)] * 65), 400, "64 parts")
        refused(form(part(photo)), 400, "boundary", headers={"Content-Type": "multipart/form-data"})
        refused(form(part(photo)), 415, "compressed", headers={"Content-Encoding": "gzip"})
        equal(service.ask("GET", "/grids/g").status, 404)
    equal(os.listdir(os.path.join("data", "objects", "images")) if os.path.isdir("data/objects/images") else [], [])


def test_limits():
    """The limit is the file's; what else a form may hold is bounded, too."""
    photo = image(width=200, height=200)
    most = len(photo)
    with Service("--max-bytes", str(most)) as service:
        fields = [part(b"x" * 1000, "a", None)] * 30
        service.ask_json("POST", "/add_image?uniqueGridId=g", form(*fields, part(photo)), 200, TYPE)
        for body in (form(part(photo + b"x")), form(part(photo + b"x" * (1 << 20)))):
            contains(service.ask_json("POST", "/add_image?uniqueGridId=g", body, 413, TYPE)["message"], "max-bytes")
        large = form(part(photo), part(b"x" * (70 << 10), "a", None))
        equal(service.ask("POST", "/add_image?uniqueGridId=g", large, TYPE).status, 413)
        chunks = iter([large[at:at + 4096] for at in range(0, len(large), 4096)])
        contains(service.ask_json("POST", "/add_image?uniqueGridId=g", chunks, 413, TYPE)["message"], "beside its file")
        equal(service.ask_json("GET", "/grids/g")["count"], 1)


def test_bodies_that_are_no_images():
    photo = image()
    url = b"data:image/jpeg;base64," + base64.b64encode(photo)
    with Service() as service:
        for path in ("/add_image?uniqueGridId=g", "/generate_grid?uniqueGridId=g"):
            for encoding in ("gzip", "br", "gzip, identity"):
                answer = service.ask_json("POST", path, gzip.compress(photo), 415, {"Content-Encoding": encoding})
                contains(answer["message"], encoding.split(",", maxsplit=1)[0], "--data-binary")
        for text in (url, url.upper(), b"data:"):
            contains(service.ask_json("POST", "/add_image?uniqueGridId=g", text, 415)["message"], "data: URL", "--data-binary")
            contains(service.ask_json("POST", "/add_image?uniqueGridId=g", form(part(text)), 415, TYPE)["message"], "data: URL")
        equal(service.ask_json("POST", "/add_image?uniqueGridId=g", b"data", 415)["code"], "not-image")
        service.ask_json("POST", "/add_image?uniqueGridId=g", photo, 200, {"Content-Encoding": "identity"})
        equal(service.ask_json("GET", "/grids/g")["count"], 1)


if __name__ == "__main__":
    if not shutil.which("curl"):
        skip("no curl")
    program.main(dict(globals()))
