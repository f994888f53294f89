#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Out of threads, memory or descriptors: that is never an image's fault. What comes out is whole, or nothing does, and
nothing of it is remembered. The limits are those of prlimit(1); what holds must hold wherever a limit bites, so each is
tried in many places."""

import json
import os
import shutil
import subprocess

import program
from program import contains, environment, equal, run, skip, write_jpeg, write_png
from service import Service

USER = 54327 # no one; root is not counted


def inputs():
    """Good images of several kinds, all but one of which go through libvips."""
    names = []
    for index in range(6):
        write_png("p%d.png" % index, 400, 300, (index * 40, 90, 200))
        names.append("p%d.png" % index)
    for ending in ("webp", "tiff"):
        run("montage", "p0.png", "-o", "k." + ending, "--tile", "400x300", status=0)
        names.append("k." + ending)
    write_jpeg("k.jpg", 400, 300)
    return names + ["k.jpg"]


def threads_of_user():
    """How many there are already: a limit counts them all."""
    if os.geteuid() == 0:
        return 0
    count = 0
    for name in os.listdir("/proc"):
        try:
            if name.isdigit() and os.stat("/proc/" + name).st_uid == os.geteuid():
                count += len(os.listdir("/proc/%s/task" % name))
        except OSError:
            pass # it has ended
    return count


def limited(*arguments, threads=None, descriptors=None, megabytes=None):
    """The program under limits; its exit status, answer (or None) and stderr."""
    command = ["prlimit"]
    if threads is not None:
        command += ["--nproc=%d" % (threads_of_user() + threads)]
        if os.geteuid() == 0:
            command = ["setpriv", "--reuid=%d" % USER, "--regid=%d" % USER, "--clear-groups", *command]
    if descriptors is not None:
        command += ["--nofile=%d" % descriptors]
    if megabytes is not None:
        command += ["--as=%d" % (megabytes << 20)]
    done = subprocess.run([*command, program.PROGRAM, *arguments], capture_output=True, text=True, check=False,
                          env=environment(), stdin=subprocess.DEVNULL)
    return done.returncode, json.loads(done.stdout) if done.stdout.strip() else None, done.stderr


def whole_or_nothing(names, words, limits, *options, output="out/grid.jpg"):
    """Montages under each of the limits; how many of them came out whole."""
    os.makedirs("out", exist_ok=True)
    os.chmod("out", 0o777)
    os.chmod(".", 0o755)
    whole = 0
    for limit in limits:
        status, answer, err = limited("montage", *names, "-o", output, "--threads", "2", *options, **limit)
        where = "%r: %r %s" % (limit, answer, err)
        if status == 0:
            equal(answer["failed"], [], where)
            os.remove(output)
            whole += 1
        else:
            equal((status, answer), (1, None), where)
            assert any(word in err for word in words), where
        equal(os.listdir("out"), [], where)
    return whole


def has_room(megabytes):
    """Not under a sanitizer, which maps more than there is."""
    return subprocess.run(["prlimit", "--as=%d" % (megabytes << 20), program.PROGRAM, "--version"], check=False,
                          capture_output=True, env=environment()).returncode == 0


def test_threads():
    names = inputs()
    limits = [{"threads": count} for count in (4, 5, 6, 7, 8, 64)]
    whole = whole_or_nothing(names, ["threads", "thread"], limits)
    assert 1 <= whole < len(limits), whole


def test_threads_of_what_is_written():
    inputs()
    for options, output in ((["--label", "%f"], "out/grid.jpg"), (["--title", "x"], "out/grid.jpg"), ([], "out/grid.webp")):
        limits = [{"threads": count} for count in (5, 7)]
        whole_or_nothing(["k.jpg"], ["thread"], limits, *options, output=output)


def test_descriptors():
    limits = [{"descriptors": count} for count in (5, 6, 8, 9, 64)]
    whole = whole_or_nothing(inputs(), ["descriptors", "Too many open files"], limits)
    assert 1 <= whole < len(limits), whole


def test_memory():
    names = inputs()
    if not has_room(400):
        return print("a sanitizer's: it does not run in so little memory at all")
    limits = [{"megabytes": count} for count in (60, 150, 260, 330, 2000)]
    whole = whole_or_nothing(names, ["memory"], limits)
    assert 1 <= whole < len(limits), whole


def test_nothing_is_remembered():
    names = inputs()
    run("add", "--grid", "g", *names, "--data", "data", status=0)
    os.chmod(".", 0o755)
    if os.geteuid() == 0:
        subprocess.run(["chown", "-R", "%d:%d" % (USER, USER), "data"], check=True)
    for options in ([], ["--strict"]):
        status, answer, err = limited("create-grid", "g", "--data", "data", "--threads", "2", *options, threads=6)
        equal((status, answer), (1, None), err)
        contains(err, "threads")
        equal(os.listdir("data/objects/grids"), [], "what is stored of it")
    answer = run("create-grid", "g", "--data", "data", status=0).answer()
    equal((answer["failed"], answer["cached"]), ([], False))


def test_a_damaged_image_is_one_all_the_same():
    """Where there is enough of everything, a cell that fails is the image's fault, as ever."""
    names = inputs()
    with open(names[0], "rb") as file:
        half = file.read()[:60]
    with open("half.png", "wb") as file:
        file.write(half)
    done = run("montage", "half.png", *names, "-o", "grid.jpg", status=3)
    equal([item["key"] for item in done.answer()["failed"]], ["half.png"])


def test_a_service_says_that_it_passes():
    names = inputs()
    if not has_room(400):
        return print("a sanitizer's: it does not run in so little memory at all")
    with Service("--memory", "64M", "--threads", "2") as service:
        for name in names:
            service.add("g", name)
        with open("/proc/%d/statm" % service.process.pid) as file:
            mapped = int(file.read().split()[0]) * os.sysconf("SC_PAGESIZE")
        pid = "--pid=%d" % service.process.pid
        subprocess.run(["prlimit", pid, "--as=%d:" % (mapped + (100 << 20))], check=True)
        refused = service.ask("POST", "/generate_grid?uniqueGridId=g")
        equal((refused.status, refused.headers.get("retry-after"), refused.json()["code"]), (503, "1", "memory"))
        assert "failed" not in refused.json(), refused
        subprocess.run(["prlimit", pid, "--as=unlimited:"], check=True)
        built = service.ask_json("POST", "/generate_grid?uniqueGridId=g")
        equal((built["failed"], built["cached"]), ([], False))


for tool in ("prlimit", "setpriv"):
    if not shutil.which(tool):
        skip("no %s (Debian: util-linux)" % tool)
program.main(globals())
