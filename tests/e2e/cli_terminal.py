#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The progress bar on a terminal, and signals in the middle of the work."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

import program
from program import contains, environment, equal, run, write_jpeg

ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def write_work(count=4000, side=900):
    """Enough images for seconds of work: one file, named many times."""
    write_jpeg("image.jpg", side, side)
    with open("list", "w", encoding="utf-8") as file:
        file.write("image.jpg\n" * count)


def on_terminal(*arguments, columns=100, env=None, seconds=1.5, number=signal.SIGINT):
    """Runs with stderr on a terminal for some seconds, then sends the signal. Returns (status, what the terminal got)."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    child = subprocess.Popen([program.PROGRAM, *arguments], env=env or environment(), stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=theirs)
    os.close(theirs)
    data, began, sent = b"", time.time(), False
    while True:
        if not sent and time.time() - began > seconds:
            child.send_signal(number)
            sent = True
        if time.time() - began > 60:
            child.kill()
        ready, _, _ = select.select([ours], [], [], 0.05)
        if ready:
            try:
                got = os.read(ours, 65536)
            except OSError:
                got = b""
            if not got:
                break
            data += got
    os.close(ours)
    child.stdout.read()
    return child.wait(), data.decode("utf-8")


def frames(text):
    """The bar as it stood after each drawing, without colours."""
    return [ESCAPES.sub("", part) for part in text.split("\r") if "image" in part and "/" in part]


def test_bar():
    write_work()
    status, text = on_terminal("montage", "@list", "-o", "out.jpg")
    equal(status, 1)
    drawn = frames(text)
    assert len(drawn) >= 3, text
    for frame in drawn:
        assert re.match(r"\d+/4000 images ━*─* +\d+ %(  \d+ failed)?(  [\d:]+ left)?(  [\d.]+/s)?$", frame), repr(frame)
        assert len(frame) < 100, frame
    done = [int(frame.split("/")[0]) for frame in drawn]
    equal(done, sorted(done))
    assert len(drawn) <= 1.5 * 10 + 10, "%d drawings in a second and a half" % len(drawn)
    # Gone at the end: the line is wiped before the message.
    contains(text, "\r\x1b[Ktessera montage: ")
    equal(os.path.exists("out.jpg"), False)


def test_bar_fits_the_terminal():
    write_work()
    for columns in (12, 20, 40, 60):
        _, text = on_terminal("montage", "@list", "-o", "out.jpg", columns=columns, seconds=0.8)
        drawn = frames(text)
        assert drawn or columns < 20, columns
        for frame in drawn:
            assert len(frame) < columns, (columns, frame)


def test_no_bar():
    write_work()
    for extra, changes in ((["--quiet"], {}), (["--json"], {}), ([], {"TERM": "dumb"}), ([], {"TERM": None})):
        _, text = on_terminal("montage", "@list", "-o", "out.jpg", *extra, env=environment(**changes), seconds=0.6)
        equal((frames(text), "\x1b" in text), ([], False), repr((extra, changes)))
    write_work(count=600)
    _, text = on_terminal("montage", "@list", "-o", "out.jpg", env=environment(NO_COLOR="1", LC_ALL="C"), seconds=0.8)
    percent = int(re.search(r"(\d+) %", frames(text)[-1]).group(1))
    equal(re.findall(r"\x1b\[[0-9;]*m", text), [])
    contains(text, "-")
    if percent >= 3:  # of 48 characters: one at least
        contains(text, "#")
    assert "━" not in text


def test_no_bar_in_a_file():
    write_work(count=200, side=400)
    done = run("montage", "@list", "-o", "out.jpg", status=0)
    equal(done.err, "")


def test_signals_leave_nothing():
    write_work()
    for number in (signal.SIGINT, signal.SIGTERM):
        before = sorted(os.listdir("."))
        status, text = on_terminal("montage", "@list", "-o", "out.jpg", "--map", "map.json", seconds=0.5, number=number)
        equal(status, 1)
        contains(text, "tessera montage: ")
        equal(sorted(os.listdir(".")), before)


def test_old_output_survives_a_signal():
    write_work()
    with open("out.jpg", "wb") as file:
        file.write(b"the old picture")
    status, _ = on_terminal("montage", "@list", "-o", "out.jpg", seconds=0.5)
    equal(status, 1)
    with open("out.jpg", "rb") as file:
        equal(file.read(), b"the old picture")


def test_ignored_signals_stay_ignored():
    write_jpeg("image.jpg", 200, 200)
    with open("list", "w", encoding="utf-8") as file:
        file.write("image.jpg\n" * 1500)
    child = subprocess.Popen(["sh", "-c", "trap '' INT; exec \"$0\" montage @list -o out.jpg -q", program.PROGRAM],
                             env=environment(), stdout=subprocess.PIPE)
    time.sleep(0.3)
    child.send_signal(signal.SIGINT)
    child.communicate(timeout=60)
    equal(child.returncode, 0)


program.main(globals())
