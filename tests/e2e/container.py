#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""In a control group of 512 MB and one core, as `docker run -m 512m --cpus=1` makes one, with no option said: the
limits are found, and photos that would fill them many times over become a grid."""

import os
import shutil
import struct
import sys
import zlib

import program
from program import contains, equal, run, write_png

LIMIT_BYTES = 512 << 20
WIDTH, HEIGHT, COPIES = 5472, 3648, 5


def hierarchies():
    """{kind: folder of this process's own group}, kind "memory" or "cpu" (version 1) or "unified"."""
    with open("/proc/self/cgroup", encoding="utf-8") as file:
        groups = dict((names, path) for _, names, path in (line.rstrip("\n").split(":", 2) for line in file))
    found = {}
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        for line in file:
            mount, _, rest = line.partition(" - ")
            kind, _, options = rest.split()[:3]
            root, point = mount.split()[3:5]
            for names, path in groups.items():
                wanted = "unified" if names == "" else next((one for one in names.split(",") if one in ("memory", "cpu")), None)
                if wanted and (kind == "cgroup2" if names == "" else kind == "cgroup" and wanted in options.split(",")):
                    found[wanted] = point + (path if root == "/" else path[len(root):] if path.startswith(root) else "")
    return found


class Group:
    """A group below this process's own in each hierarchy that has a limit to set; none where that is not allowed."""

    def __init__(self):
        self.folders, self.memory, self.cpu = [], None, False
        for kind, folder in hierarchies().items():
            try:
                self.make(kind, os.path.join(folder, "tessera-test-%d" % os.getpid()))
            except OSError as error:
                print("no group of %s: %s" % (kind, error))

    def make(self, kind, folder):
        os.mkdir(folder)
        self.folders.append(folder)

        def limit(name, text):
            with open(os.path.join(folder, name), "w", encoding="ascii") as file:
                file.write(text)
        if kind == "cpu":
            limit("cpu.cfs_period_us", "100000")
            limit("cpu.cfs_quota_us", "100000")
            self.cpu = True
        elif kind == "memory":
            limit("memory.limit_in_bytes", str(LIMIT_BYTES))
            self.memory = os.path.join(folder, "memory.max_usage_in_bytes")
        elif os.path.exists(os.path.join(folder, "memory.max")):
            limit("memory.max", str(LIMIT_BYTES))
            limit("memory.swap.max", "0")
            self.memory = os.path.join(folder, "memory.peak")
            if os.path.exists(os.path.join(folder, "cpu.max")):
                limit("cpu.max", "100000 100000")
                self.cpu = True

    def enter(self):
        """In the child, before it becomes the program."""
        for folder in self.folders:
            with open(os.path.join(folder, "cgroup.procs"), "w", encoding="ascii") as file:
                file.write("0")

    def peak_mib(self):
        if not os.path.exists(self.memory):
            return -1
        with open(self.memory, encoding="ascii") as file:
            return int(file.read()) >> 20

    def remove(self):
        for folder in self.folders:
            os.rmdir(folder)


def write_interlaced_png(path, width, height):
    """Adam7, which has to be decoded whole: 60 MB of pixels."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    packed = zlib.compressobj(1)
    data = b""
    for left, top, across, down in ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)):
        row = b"\0" + b"\x20\x80\xc0" * ((width - left + across - 1) // across)
        for _ in range((height - top + down - 1) // down):
            data += packed.compress(row)
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 1))
                   + chunk(b"IDAT", data + packed.flush()) + chunk(b"IEND", b""))


def photos():
    """Names of photos of 20 megapixels of each kind, the same files several times over."""
    kinds = ["plain.png", "interlaced.png", "plain.jpg", "plain.tiff"]
    write_png("plain.png", WIDTH, HEIGHT)
    write_interlaced_png("interlaced.png", WIDTH, HEIGHT)
    for kind in kinds[2:]:
        run("montage", "plain.png", "-o", kind, "--tile", "%dx%d" % (WIDTH, HEIGHT), status=0)
    if shutil.which("jpegtran"):
        os.system("jpegtran -progressive -outfile progressive.jpg plain.jpg")
        kinds.append("progressive.jpg")
    return [kind for _ in range(COPIES) for kind in kinds]


def within(group, *arguments, status=0):
    return run(*arguments, status=status, inside=group.enter)


def test_container():
    group = Group()
    try:
        if not group.memory:
            print("skipped here: no control group with a limit of memory can be made here")
            sys.exit(77)
        names = photos()
        # Half of the limit is the budget, and half of that may be the picture: not of this machine's memory.
        done = within(group, "montage", "plain.png", "-o", "x.webp", "--tile", "12000x12000", status=1)
        contains(done.err, "more than the 128 MiB that the limit memory leaves")
        for arguments in (["--tile", "256"], ["--tile", "640x480"], ["--tile", "64", "--threads", "8"]):
            done = within(group, "montage", *names, "-o", "grid.jpg", *arguments, "--timeout", "600")
            equal(done.answer()["tiles"], len(names))
            print("      peak %d of %d MiB with %s" % (group.peak_mib(), LIMIT_BYTES >> 20, " ".join(arguments)))
    finally:
        group.remove()


program.main(globals())
