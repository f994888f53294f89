#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What is written never replaces what is read: refused as wrong usage, before any work."""

import json
import os
import subprocess

import program
from program import contains, equal, run, write_png


def photos(*names):
    for index, name in enumerate(names):
        write_png(name, colour=(index * 40 % 256, 90, 30))


def contents(folder="."):
    """All that lies in a folder, so that nothing may change unseen."""
    found = {}
    for path, _, names in os.walk(folder):
        for name in names:
            full = os.path.join(path, name)
            if os.path.isfile(full):
                with open(full, "rb") as file:
                    found[full] = (file.read(), os.stat(full).st_ino)
    return found


def refused(*arguments, words=("name another",), **options):
    before = contents()
    done = run(*arguments, status=2, **options)
    contains(done.err, *words)
    equal(len(done.err.splitlines()), 2, done.err)
    equal(done.out, "")
    equal(contents(), before)


def shell(line, status):
    done = subprocess.run(["sh", "-c", '"$0" ' + line, program.PROGRAM], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env=program.environment(), check=False)
    equal(done.returncode, status, "%s: %r" % (line, done.stderr))
    return done.stderr.decode()


def test_images():
    os.mkdir("more")
    photos("a.png", "b.png", "more/c.png")
    os.symlink("a.png", "symbolic.png")
    os.link("b.png", "hard.png")
    for output in ("a.png", "./a.png", "symbolic.png", "hard.png"):
        refused("montage", "a.png", "b.png", "-o", output, words=[output, "name another"])
        refused("montage", "-o", output, "a.png", "b.png", "--dry-run", words=[output])
    refused("montage", "symbolic.png", "-o", "a.png")
    refused("montage", "more", "a.png", "-o", "more/c.png")
    refused("montage", "-", "-o", "a.png", stdin=b"b.png\na.png\n")
    refused("montage", "a.png", "b.png", "-o", "a.png", "--format", "jpeg")
    run("montage", "a.png", "b.png", "-o", "out.png", status=0)
    run("montage", "a.png", "b.png", "-o", "out.png", status=0)  # which is no input, and replaced


def test_pages():
    photos("x-1.png", "x-2.png", "x-3.png", "y2.png")
    refused("montage", "x-2.png", "y2.png", "-o", "x.png", "--columns", "1", "--rows", "1", words=["x-2.png"])
    refused("montage", "x-2.png", "y2.png", "-o", "y%d.png", "--columns", "1", "--rows", "1", words=["y2.png"])
    run("montage", "x-3.png", "y2.png", "-o", "x.png", "--columns", "1", "--rows", "1", status=0)


def test_lists_and_maps():
    photos("a.png", "b.png")
    with open("list.png", "w", encoding="utf-8") as file:
        file.write("a.png\nb.png\n")
    os.symlink("a.png", "map.json")
    refused("montage", "@list.png", "-o", "list.png", words=["list.png"])
    refused("montage", "@list.png", "-o", "out.png", "--map", "list.png", words=["--map", "list.png"])
    refused("montage", "a.png", "-o", "out.png", "--map", "a.png", words=["--map", "a.png"])
    refused("montage", "a.png", "-o", "out.png", "--map", "map.json", words=["--map", "map.json"])
    for same in ("out.png", "./out.png", os.path.abspath("out.png")):
        refused("montage", "a.png", "-o", "out.png", "--map", same, words=["--map would overwrite the picture"])
    refused("montage", "a.png", "b.png", "-o", "p.png", "--columns", "1", "--rows", "1", "--map", "p-2.png",
            words=["--map would overwrite"])
    before = contents()
    contains(shell("montage - -o list.png < list.png", 2), "name another")
    equal(contents(), before)
    run("montage", "@list.png", "-o", "out.png", "--map", "new.json", status=0)


def test_patterns_behind_o():
    """The shell makes of -o *.png an output and the other images."""
    os.mkdir("more")
    photos("a.png", "b.png", "c.png", "more/d.png", "more/e.png")
    for line in ("montage -o *.png", "montage --output *.png", "montage -o a*.png b.png c.png", "montage -o *.png more/*.png",
                 "montage --tile 8 -o *.png --gap 1", "montage -o more/*", "montage -o more/*.png a.png", "montage -o *"):
        before = contents()
        contains(shell(line, 2), "name the output last", "-o *.jpg")
        equal(contents(), before)
    for line in ("montage *.png -o out.png", "montage -o out.png a.png b.png", "montage --output=b.png a.png",
                 "montage -o a.png c.png more/d.png", "montage -o new.png [abc].png"):
        shell(line, 0)


def test_files_of_the_store():
    photos("a.png")
    run("add", "--data", "data", "--grid", "g", "a.png", status=0)
    run("create-grid", "--data", "data", "g", "-o", "out.jpg", status=0)
    for output in ("data/catalog.db", "data/signing-key", "data/new.jpg", "data/objects/images/new.jpg"):
        for command in (["create-grid", "--data", "data", "g"], ["create-grid", "--data", "data", "g", "--fresh"],
                        ["montage", "a.png"], ["montage", "a.png", "--data", "data"]):
            refused(*command, "-o", output, "--format", "jpeg", words=["store", output])
        refused("montage", "a.png", "-o", "other.jpg", "--map", output, words=["--map", "store"])


def test_batch_answers_into_its_requests():
    photos("a.png")
    run("add", "--data", "data", "--grid", "g", "a.png", status=0)
    with open("requests", "w", encoding="utf-8") as file:
        file.write("g\n")
    for line in ("batch --data data requests >> requests", "batch --data data - < requests >> requests"):
        before = contents(".")["./requests"]
        contains(shell(line, 2), "another file")
        equal(contents(".")["./requests"], before)
    shell("batch --data data requests > answers", 0)
    with open("answers", encoding="utf-8") as file:
        equal(json.loads(file.read())["grid_id"], "g")


program.main(globals())
