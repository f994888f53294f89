# SPDX-License-Identifier: MIT
"""Running the program as a user does, for the cli_*.py scripts: standard library only."""

import json
import os
import resource
import shutil
import struct
import subprocess
import sys
import tempfile
import traceback
import zlib

PROGRAM = os.environ.get("TESSERA", "")
HANGS_S = 300  # nothing takes so long on any machine


def environment(**changes):
    """The test's environment without what would steer tessera; None removes a variable."""
    result = dict(os.environ, LC_ALL="C.UTF-8", TERM="xterm")
    for name in list(result):
        if name.startswith(("AWS_", "TESSERA_")) or name in ("SOURCE_BUCKET", "DESTINATION_BUCKET", "GRID_TABLE",
                                                             "COUNTER_TABLE", "NO_COLOR"):
            result.pop(name)
    for name, value in changes.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = value
    return result


class Done:
    """What a run left: its exit status and both streams, as bytes and as text."""

    def __init__(self, arguments, status, out, err, cpu_s):
        self.arguments, self.status, self.out_bytes, self.err_bytes = arguments, status, out, err
        self.cpu_s = cpu_s  # of all processes that ended meanwhile: of this one, unless threads run several at once
        self.out, self.err = out.decode("utf-8"), err.decode("utf-8", "replace")

    def answers(self):
        return [json.loads(line, parse_constant=refuse_constant) for line in self.out.splitlines()]

    def answer(self):
        answers = self.answers()
        assert len(answers) == 1, "one line of answer, not %d: %r" % (len(answers), self.out)
        return answers[0]


def refuse_constant(name):
    raise ValueError("%s is not JSON" % name)


def children_cpu_s():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def cpu_s_of(pid):
    """The processor time that a running process has used so far."""
    with open("/proc/%d/stat" % pid, encoding="utf-8") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run(*arguments, stdin=b"", status=None, stdout=subprocess.PIPE, env=None, limits=None, inside=None):
    """Runs tessera; with `status` the exit status must be that one. `limits`: {resource.RLIMIT_…: most}; `inside` is
    called in the child before it becomes the program."""
    def restrict():
        for number, most in (limits or {}).items():
            resource.setrlimit(number, (most, most))
        if inside:
            inside()
    before_s = children_cpu_s()
    done = subprocess.run([PROGRAM, *arguments], input=stdin, stdout=stdout, stderr=subprocess.PIPE,
                          env=env or environment(), check=False, timeout=HANGS_S,
                          preexec_fn=restrict if limits or inside else None)
    result = Done(arguments, done.returncode, done.stdout or b"", done.stderr, children_cpu_s() - before_s)
    if status is not None and result.status != status:
        raise AssertionError("tessera %s: exit status %d, not %d\n%s\n%s"
                             % (arguments, result.status, status, result.out, result.err))
    return result


def equal(got, expected, what=""):
    if got != expected:
        raise AssertionError("%s%r, not %r" % (what + ": " if what else "", got, expected))


def contains(text, *words):
    for word in words:
        if word not in text:
            raise AssertionError("%r lacks %r" % (text, word))


def write_png(path, width=40, height=30, colour=(200, 30, 30)):
    """An image that needs no library: one colour, RGB, 8 bits."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = (b"\0" + bytes(colour) * width) * height
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
                   + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def write_jpeg(path, width=40, height=30, colour=(200, 30, 30)):
    """By way of the program itself."""
    png = path + ".source.png"
    write_png(png, width, height, colour)
    run("montage", png, "-o", path if path.endswith(".jpg") else path + ".jpg", "--tile", "%dx%d" % (width, height),
        status=0)
    os.remove(png)


def skip(reason):
    """For want of something that samples/install-packages --tests brings; with CI=true that is a failure."""
    print("skipped: " + reason)
    sys.exit(77)


def skip_here(reason):
    """For what this machine does not let a test do, or for data that are not part of the project."""
    print("skipped here: " + reason)
    sys.exit(77)


def main(names):
    """Runs each test_… function in an empty folder of its own; all of them, whatever fails."""
    if not os.access(PROGRAM, os.X_OK):
        skip("no program at $TESSERA (%r)" % PROGRAM)
    failed = 0
    start = os.getcwd()
    for name, function in sorted(names.items()):
        if not name.startswith("test_"):
            continue
        folder = tempfile.mkdtemp(prefix=name + ".", dir=start)
        os.chdir(folder)
        try:
            function()
            print("ok    " + name)
        except Exception:
            failed += 1
            print("FAIL  " + name)
            traceback.print_exc(file=sys.stdout)
        finally:
            os.chdir(start)
            shutil.rmtree(folder, ignore_errors=True)
    sys.exit(1 if failed else 0)
