#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""HEIC where there are few threads to be had: a picture or an error, and an end in any case."""

import os
import resource
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import program
from program import PROGRAM, environment, equal, run, skip, skip_here

HANG_S = 100


def make_heic(path):
    """By libvips' tool: tessera reads HEIC only."""
    if not shutil.which("vips"):
        skip("no vips (libvips-tools) to make a HEIC with")
    program.write_png("source.png", 400, 300, (30, 120, 200))
    subprocess.run(["vips", "copy", "source.png", path + "[compression=hevc]"], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def limited(threads, *arguments):
    """The program's run as a user of its own who may have so many threads; root is never limited."""
    def limit():
        resource.setrlimit(resource.RLIMIT_NPROC, (threads, threads))
        if os.geteuid() == 0:
            user = 50000 + os.getpid() % 9000
            os.setgroups([])
            os.setresgid(user, user, user)
            os.setresuid(user, user, user)
    return subprocess.run([PROGRAM, *arguments], preexec_fn=limit, env=environment(), stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, timeout=HANG_S, check=False)


def threads_of_this_user():
    """What a user who is not root runs already counts too."""
    if os.geteuid() == 0:
        return 0
    count = 0
    for process in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.stat("/proc/" + process).st_uid == os.geteuid():
                count += len(os.listdir("/proc/%s/task" % process))
        except OSError:
            continue
    return count


def test_heic_ends_whatever_threads_there_are():
    make_heic("photo.heic")
    os.chmod(".", 0o777)
    run("montage", "photo.heic", "-o", "expected.png", status=0)
    with open("expected.png", "rb") as file:
        expected = file.read()
    here, base = os.getcwd(), threads_of_this_user()
    outcomes = {}
    for threads in (1, 2, 3, 4, 5, 6, 8, 12, 20, 60):
        out = "%s/out-%d.png" % (here, threads)
        try:
            done = limited(base + threads, "montage", here + "/photo.heic", "-o", out)
        except PermissionError:
            skip_here("the program's folder is closed to other users")
        outcomes[threads] = done.returncode
        if done.returncode == 0:
            with open(out, "rb") as file:
                equal(file.read(), expected, "with %d threads" % threads)
        else:
            assert done.returncode == 1, "%d threads: exit status %d: %r" % (threads, done.returncode, done.stderr)
    print(outcomes)
    assert 0 in outcomes.values(), "never a picture: %r" % outcomes


program.main(globals())
