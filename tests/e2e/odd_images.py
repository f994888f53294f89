#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Files of real users and of public suites that are odd or damaged: each gets one verdict, whatever size is asked for,
and what is shown is the same picture at every size.

    tests/e2e/odd_images.py [PROGRAM]        PROGRAM is $TESSERA by default

They are read in place, in ../shared/faults beside the project; without that folder the test is skipped.
"""
import os
import shutil
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
FAULTS = os.path.join(os.path.dirname(SOURCE), "shared", "faults")
sys.path.insert(0, os.path.join(SOURCE, "tests", "hostile"))
sys.dont_write_bytecode = True

from harness import Harness, read_png  # noqa: E402

SIDES = (256, 8, 16, 50, 100, 300, 700, 1200)  # the first is what the others are compared with
SHOWN = ("jpeg-app12-segment-length-0.jpg", "jpeg-baseline-complete-without-EOI.jpg", "jpeg-baseline-sos-Se0-samsung.jpg",
         "jpeg-exif-orientation-type-LONG.jpg", "jpeg-progressive-complete-without-EOI.jpg",
         "jpeg-sos-invalid-real-wuffs-182.jpg", "gif-complete-without-terminator-and-trailer.gif")
REFUSED = ("jpeg-flipped-bits-djpeg-decodes-silently.jpg", "png-57-bytes-sPLT-length-takes-2GB-and-15s.png")
QUARTERS_APART = 8  # of 255, between two sizes: in a cell of 8 pixels the filter reaches into the next quarter


def cell(t, path, side):
    """One cell, as (run, rows), rows None where the file is not shown."""
    out = os.path.abspath("odd.png")
    run = t.run("montage", path, "-o", out, "--tile", str(side))
    rows = read_png(out)[2] if run.status == 0 else None
    if os.path.exists(out):
        os.remove(out)
    return run, rows


def quarters(rows):
    """The mean of each quarter's red, green and blue."""
    half, means = len(rows) // 2, []
    for top in (0, half):
        for left in (0, half):
            for colour in range(3):
                values = [sum(row[3 * left + colour:3 * (left + half):3]) for row in rows[top:top + half]]
                means.append(sum(values) / (half * half))
    return means


def shown(t, name):
    reference = None
    for side in SIDES:
        run, rows = cell(t, os.path.join(FAULTS, name), side)
        if not t.check(rows is not None, f"{name}: shown at {side}", run):
            continue
        found = quarters(rows)
        reference = reference or found
        apart = max(abs(a - b) for a, b in zip(found, reference))
        t.check(apart < QUARTERS_APART, f"{name}: at {side} as at {SIDES[0]}, {apart:.1f} apart", run)


def refused(t, name):
    for side in SIDES:
        run, rows = cell(t, os.path.join(FAULTS, name), side)
        t.check(rows is None and run.status == 1, f"{name}: refused at {side}", run)
        if not t.slow:
            t.check(run.peak_kb < 300 * 1024, f"{name}: less than 300 MB of memory", run)


def turned(t):
    """Orientation as a LONG turns a picture as a SHORT does."""
    name = "jpeg-exif-orientation-type-LONG.jpg"
    with open(os.path.join(FAULTS, name), "rb") as file:
        data = file.read()
    long, short = b"\x12\x01\x04\0\x01\0\0\0\x06\0\0\0", b"\x12\x01\x03\0\x01\0\0\0\x06\0\0\0"
    if long not in data:
        long, short = b"\x01\x12\0\x04\0\0\0\x01\0\0\0\x06", b"\x01\x12\0\x03\0\0\0\x01\0\x06\0\0"
    t.check(long in data, f"{name}: has its tag")
    for made, tag in (("short.jpg", short), ("upright.jpg", short.replace(b"\x06", b"\x01"))):
        with open(made, "wb") as file:
            file.write(data.replace(long, tag))
    found, same, other = (cell(t, path, 64)[1] for path in (os.path.join(FAULTS, name), "short.jpg", "upright.jpg"))
    t.check(found is not None and found == same, f"{name}: turned as with a SHORT")
    t.check(same != other, f"{name}: and not as without")


def main():
    if not os.path.isdir(FAULTS):
        print(f"skipped here: {FAULTS} is not there")
        sys.exit(77)
    t = Harness(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("TESSERA", ""))
    folder = os.path.abspath("odd_images.work")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    os.chdir(folder)
    for name in SHOWN:
        shown(t, name)
    for name in REFUSED:
        refused(t, name)
    turned(t)
    sys.exit(t.finish())


if __name__ == "__main__":
    main()
