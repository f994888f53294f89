#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Whatever names and ids are made of, a message is one line of valid UTF-8 and an answer is valid JSON."""

import json
import os
import random
import unicodedata

import program
from program import equal, run, write_png

PIECES = ["a", "é", "€", "😀", "\n", "\r\n", "\t", "\x1b[2J", "\x85", "\u2028", "\u202e", "\\", '"', "%s", " "]
BROKEN = [b"\xff", b"\xc3", b"\xe2\x82", b"\xf0\x9f\x98", b"\xed\xa0\x80", b"\xc0\xaf", b"\x80", b"\xf4\x90\x80\x80"]


def random_name(numbers, most=250):
    """Bytes that a file system takes as one name, none of which begins an option, list or address."""
    kind, name = numbers.randrange(3), b"n"
    size = numbers.choice([3, 20, most])
    while len(name) < size:
        if kind == 0:
            name += bytes([numbers.choice([byte for byte in range(1, 256) if byte != ord("/")])])
        elif kind == 1:
            name += numbers.choice(PIECES).encode()
        else:
            name += numbers.choice(BROKEN + [piece.encode() for piece in PIECES])
    return name[:most]


def cut_names():
    """Characters of four bytes behind all numbers of others, so that each cut falls within one."""
    return [b"n" * shift + "😀".encode() * 58 for shift in range(1, 5)]


def check_line(line):
    for character in line:
        if unicodedata.category(character) in ("Cc", "Zl", "Zp") or character in "\u202a\u202b\u202c\u202d\u202e\u200e\u200f":
            raise AssertionError("%r in %r" % (character, line))


def check(done):
    """Lines of messages, each "tessera …", a finding, or advice below one, and lines of JSON."""
    text = done.err_bytes.decode("utf-8")
    assert text == "" or text.endswith("\n"), text
    for line in text.split("\n")[:-1]:
        assert line.startswith(("tessera ", "tessera: ", "  ", "ok  ", "bad ")), "a line that is none: %r in %r" % (line, text)
        check_line(line)
    for line in done.out_bytes.decode("utf-8").split("\n")[:-1]:
        check_texts(json.loads(line))


def check_texts(value):
    """Reasons and messages; sources and keys are quoted as they are."""
    if isinstance(value, dict):
        for name, item in value.items():
            if name in ("reason", "message", "error"):
                check_line(item if isinstance(item, str) else json.dumps(item))
            else:
                check_texts(item)
    elif isinstance(value, list):
        for item in value:
            check_texts(item)


def check_log(done):
    for line in done.err_bytes.decode("utf-8").split("\n")[:-1]:
        assert json.loads(line)["message"]


def test_names_of_files():
    write_png("good.png")
    numbers = random.Random(1)
    names = [random_name(numbers) for _ in range(60)] + cut_names()
    done = run("montage", "good.png", *names, "-o", "out.png", "--map", "map.json", "--tile", "8", status=3)
    check(done)
    with open("map.json", "rb") as file:
        cells = json.loads(file.read().decode("utf-8"))
    equal(len(cells), 1 + len(names))
    for cell in cells[1:]:
        assert cell["reason"], cell
        check_line(cell["reason"])
    for name in names[::6]:
        with open(name, "wb") as file:
            file.write(b"no image")
        check(run("montage", name, "-o", "out.png", "--strict", status=1))
        check_log(run("montage", name, "-o", "out.png", "--strict", "--json", status=1))
        check(run("montage", "good.png", "-o", name + b"/out.png", status=1))
        check(run("montage", "good.png", "@none" + os.fsdecode(name), "-o", "out.png", status=1))
        check(run("montage", "good.png", os.fsdecode(name) + "/", "-o", "out.png", status=1))
        check(run("montage", "good.png", "-o", "out.png", b"--font=" + name, status=2))
        check(run("montage", "good.png", "-o", "out.png", b"--fit=" + name, status=2))
        check(run("montage", "good.png", "-o", "out.png", b"--" + name, status=2))
        check(run(name, status=2))
        check(run("add", "--data", "data", "--grid", "g", name, b"missing" + name, status=1))


def test_names_in_the_store():
    write_png("good.png")
    numbers = random.Random(2)
    run("add", "--data", "data", "--grid", "g", "good.png", status=0)
    for name in [random_name(numbers, 300) for _ in range(10)] + cut_names():
        check(run("remove", "--data", "data", "--grid", "g", name))
        check(run("remove", "--data", "data", "--grid", name, name))
        check(run("create-grid", "--data", "data", name))
        check(run("counter", "--data", "data", name, "--get"))
        check(run("list", "--data", "data", "--table", name, "--grid", "g"))
        check(run("create-grid", "--data", "data", b"s3://" + name))
        check(run("create-grid", "--data", "data", b"s3://images/" + name))
        check(run("doctor", "--data", name, "--source", name))
        check(run("batch", "--data", "data", "-", stdin=name + b'\n{"' + name + b'":1}\n{"uniqueGridId":"' + name + b'"}\n'))


program.main(globals())
