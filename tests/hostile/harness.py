# SPDX-License-Identifier: MIT
"""Runs tessera and keeps count of what was not as it should be. Also reads PNG, so that pixels can be compared."""
import json
import os
import signal
import struct
import subprocess
import tempfile
import time
import zlib


class Run:
    """What became of one run of a program."""

    def __init__(self, arguments, status, out, err, seconds, usage):
        self.arguments, self.status, self.out, self.err = arguments, status, out, err
        self.seconds, self.peak_kb = seconds, usage.ru_maxrss
        self.cpu_s = usage.ru_utime + usage.ru_stime

    @property
    def answer(self):
        """The JSON object on stdout, {} when there is none."""
        try:
            found = json.loads(self.out)
            return found if isinstance(found, dict) else {}
        except ValueError:
            return {}

    def __str__(self):
        words = " ".join(self.arguments)
        return (f"{words if len(words) < 400 else words[:400] + ' …'}\n    status {self.status} after {self.seconds:.2f} s, "
                f"{self.peak_kb} KB\n    out {self.out[:300].strip()}\n    err {self.err[:1500].strip()}")


class Harness:
    def __init__(self, program):
        self.program = os.path.abspath(program)
        with open(self.program, "rb") as file:
            content = file.read()
        self.sanitized = b"__asan_init" in content or b"__tsan_init" in content
        self.slow = self.sanitized or "TESSERA_VALGRIND" in os.environ
        self.good = self.wrong = 0
        self.skipped = []

    def start(self, *arguments, **options):
        return subprocess.Popen([self.program, *arguments], **options)

    def run(self, *arguments, text=None, timeout_s=120, **options):
        """Runs tessera to its end. A hang counts as a failure, and so does dying by a signal."""
        begun = time.monotonic()
        with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            source.write((text or "").encode())
            source.seek(0)
            child = self.start(*arguments, stdin=source, stdout=out, stderr=err, **options)
            status, usage = self._wait(child, begun + timeout_s)
            out.seek(0)
            err.seek(0)
            run = Run(["tessera", *arguments], status, out.read().decode(errors="replace"),
                      err.read().decode(errors="replace"), time.monotonic() - begun, usage)
        self.check(status is not None and status >= 0, "ends by itself, without a signal", run)
        self.check("Sanitizer" not in run.err and "runtime error:" not in run.err, "the sanitizers are content", run)
        return run

    @staticmethod
    def _wait(child, deadline):
        while True:
            pid, status, usage = os.wait4(child.pid, os.WNOHANG)
            if pid:
                child.returncode = os.waitstatus_to_exitcode(status)
                return child.returncode, usage
            if time.monotonic() > deadline:
                child.send_signal(signal.SIGKILL)
                _, _, usage = os.wait4(child.pid, 0)
                child.returncode = -signal.SIGKILL
                return None, usage
            time.sleep(0.002)

    def check(self, good, what, detail=""):
        if good:
            self.good += 1
        else:
            self.wrong += 1
            print(f"not ok: {what}\n    {detail}", flush=True)
        return good

    def skip(self, what):
        self.skipped.append(what)
        print(f"skipped here: {what}", flush=True)

    def finish(self):
        print(f"{self.good} checks good, {self.wrong} failed, {len(self.skipped)} parts left out")
        return 1 if self.wrong else 0


def read_png(path):
    """(width, height, rows of RGB bytes) of an 8-bit RGB or RGBA PNG; raises ValueError on anything else."""
    with open(path, "rb") as file:
        data = file.read()
    if data[:8] != b"\x89PNG\r\n\x1a\n" or data[-8:-4] != b"IEND":
        raise ValueError("not a whole PNG")
    at, packed = 8, b""
    width = height = bands = 0
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + size]
        if kind == b"IHDR":
            width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", body)
            bands = {2: 3, 6: 4}.get(colour, 0)
            if depth != 8 or not bands or interlaced:
                raise ValueError("a kind of PNG that is not read here")
        elif kind == b"IDAT":
            packed += body
        at += 12 + size
    return width, height, _unfilter(zlib.decompress(packed), width, height, bands)


def _unfilter(data, width, height, bands):
    stride, rows, above = width * bands, [], bytearray(width * bands)
    for y in range(height):
        kind, row = data[y * (stride + 1)], bytearray(data[y * (stride + 1) + 1:(y + 1) * (stride + 1)])
        for i in range(stride):
            left = row[i - bands] if i >= bands else 0
            corner = above[i - bands] if i >= bands else 0
            guess = (0, left, above[i], (left + above[i]) // 2, _paeth(left, above[i], corner))[kind]
            row[i] = row[i] + guess & 255
        above = row
        rows.append(bytes(row) if bands == 3 else b"".join(bytes(row[i:i + 3]) for i in range(0, stride, 4)))
    return rows


def _paeth(left, above, corner):
    estimate = left + above - corner
    distances = (abs(estimate - left), abs(estimate - above), abs(estimate - corner))
    return (left, above, corner)[distances.index(min(distances))]


def cell_of(picture, column, row, side):
    """The pixels of one square cell, as bytes."""
    _, _, rows = picture
    return b"".join(line[column * side * 3:(column + 1) * side * 3] for line in rows[row * side:(row + 1) * side])
