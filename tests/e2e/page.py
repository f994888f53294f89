#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The page at "/" in a real browser against the real service: starts services and makes photos, tests/page does the rest.

usage: page.py [WORD]     only tests whose names hold the word
"""

import json
import os
import shutil
import subprocess
import sys
import struct
import zlib

import program
from service import Service

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "service"))
import npm_package  # noqa: E402  pylint: disable=wrong-import-position

TOKEN = "a-token-for-the-test"
NPM = os.path.join(os.environ.get("TESSERA_SERVICES") or os.path.join(HERE, "../../build/services"), "npm")


def write_noise(path, width, height):
    """A PNG that is as large as its pixels: nothing in it can be compressed."""
    rows = b"".join(b"\0" + os.urandom(width * 3) for _ in range(height))
    parts = ((b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b""))
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        for kind, data in parts:
            file.write(struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)))


def make_photos():
    for name, colour in (("red", (220, 40, 40)), ("green", (40, 180, 60)), ("blue", (40, 60, 220))):
        program.write_png(name + ".png", 320, 240, colour)
    write_noise("large.png", 1500, 1300)
    write_noise("whole.png", 100, 100)
    with open("whole.png", "rb") as whole, open("broken.png", "wb") as broken:
        broken.write(whole.read()[:200])  # its header is fine, so it is taken; there is no picture behind it
    with open("words.jpg", "w", encoding="ascii") as file:
        file.write("no picture\n")


def main():
    chromium, node = shutil.which("chromium"), shutil.which("node")
    if not chromium or not node or not shutil.which("npm"):
        program.skip("chromium, node and npm are needed (samples/install-packages --tests brings them)")
    try:
        playwright = npm_package.fetch("playwright-core", os.path.abspath(NPM))
    except (subprocess.SubprocessError, OSError) as failure:
        program.skip("npm does not bring playwright-core: %s" % failure)
    shutil.rmtree("page", ignore_errors=True)
    os.mkdir("page")
    os.chdir("page")
    make_photos()
    with Service(data="data") as main_one, Service(data="data-token", env={"TESSERA_TOKEN": TOKEN}) as locked, \
            Service(data="data-doomed") as doomed:
        settings = {"url": main_one.url("/"), "token_url": locked.url("/"), "token": TOKEN, "doomed_url": doomed.url("/"),
                    "doomed_pid": doomed.process.pid, "folder": os.getcwd(), "chromium": chromium, "playwright": playwright}
        with open("settings.json", "w", encoding="utf-8") as file:
            json.dump(settings, file)
        done = subprocess.run([node, os.path.join(HERE, "../page/page_test.cjs"), "settings.json", *sys.argv[1:2]],
                              stdin=subprocess.DEVNULL, check=False)
    sys.exit(1 if done.returncode else 0)


main()
