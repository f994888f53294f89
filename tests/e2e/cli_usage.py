#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How arguments are read, what help says, and that wrong usage is told apart from failure."""

import os
import resource
import subprocess

import program
from program import contains, equal, run

COMMANDS = ["montage", "add", "list", "remove", "create-grid", "batch", "counter", "init", "doctor"]


def test_version():
    for form in ("--version", "-V"):
        done = run(form, status=0)
        equal(done.out.split()[0], "tessera")
        equal(done.out.count("."), 2, "version")
        equal(done.err, "")


def test_no_command():
    done = run(status=2)
    equal(done.out, "")
    contains(done.err, "usage: tessera COMMAND", "montage", "create-grid")


def test_help():
    overview = run("help", status=0).out
    equal(overview, run("--help", status=0).out)
    for command in COMMANDS:
        contains(overview, "  " + command + " ")
        text = run("help", command, status=0).out
        contains(text, "usage: tessera " + command, "Examples", "  tessera " + command, "--help")
        equal(text, run(command, "--help", status=0).out, command + " --help")
        equal(text, run(command, "-h", status=0).out, command + " -h")
        assert all(len(line) <= 100 and line == line.rstrip() for line in text.splitlines()), command
    contains(run("help", "montag", status=2).err, "did you mean montage?")


def test_what_does_not_exist_is_not_offered():
    for command in ("worker",):
        done = run(command, status=2)
        contains(done.err, "unknown command " + command)
        assert command not in run("help").out


def test_unknown_commands():
    contains(run("montge", status=2).err, "tessera: unknown command montge, did you mean montage?")
    contains(run("creategrid", status=2).err, "did you mean create-grid?")
    contains(run("ls", "--grid", "x", status=2).err, "unknown command ls")
    assert "did you mean" not in run("frobnicate", status=2).err
    contains(run("--quiet", "montage", status=2).err, "options go behind the command")


def test_unknown_options():
    contains(run("montage", "a.jpg", "--colums", "3", status=2).err,
             "tessera montage: unknown option --colums, did you mean --columns?", "tessera help montage")
    contains(run("montage", "--tiel=3", status=2).err, "did you mean --tile?")
    contains(run("montage", "--back", "red", status=2).err, "did you mean --background?")
    contains(run("montage", "--fresh", status=2).err, "montage has no option --fresh")
    contains(run("montage", "-x", status=2).err, "unknown option -x")
    contains(run("list", "--tile", "3", status=2).err, "list has no option --tile")
    assert "did you mean" not in run("montage", "--xyzzy", status=2).err


def test_values_of_options():
    for arguments, words in (
            (["--tile", "0"], '--tile: "0" is too small'),
            (["--tile=99999"], '--tile: "99999" is too large, the most is 65500'),
            (["--background", "blu"], '--background: "blu" is not a colour'),
            (["--fit", "crop"], '--fit: "crop" is not one of cover, contain, fill'),
            (["--strict=2"], '--strict: "2" is neither true nor false'),
            (["--quiet=1"], "--quiet: takes no value"),
            (["--map="], "--map: the value is empty"),
            (["--threads", "0"], "--threads: 0 is out of range, give 1 to 1024"),
            (["--threads", "1e3"], '--threads: "1e3" is not a number'),
            (["--memory", "lots"], '--memory: "lots" is not a size'),
            (["--max-bytes", "1T"], '--max-bytes: "1T" is not a size'),
            (["--timeout", "soon"], '--timeout: "soon" is not a time'),
            (["--tile"], "--tile needs a value: --tile N|WxH"),
            (["-o"], "--output needs a value: --output FILE")):
        done = run("montage", "a.jpg", *arguments, status=2)
        contains(done.err, "tessera montage: " + words)
        equal(done.out, "")
    contains(run("create-grid", "x", "--expires", "604801", status=2).err, "the most is 604800")
    contains(run("batch", "-", "--jobs", "257", status=2).err, "--jobs: 257 is out of range, give 1 to 256")
    contains(run("counter", "x", "--set", "1.5", status=2).err, '--set: "1.5" is not a whole number')
    contains(run("counter", "x", "--set", "9223372036854775808", status=2).err, "is not a whole number")
    contains(run("counter", "x", "--get", "--set", "1", status=2).err, "exclude each other")


def test_operands():
    for command, operand in (("montage", "IMAGE"), ("add", "IMAGE"), ("create-grid", "ID"), ("batch", "FILE"),
                             ("counter", "NAME")):
        equal(run(command, status=2).err.splitlines(),
              ["tessera %s: %s missing" % (command, operand), "  tessera help %s shows how it is used" % command])
    contains(run("montage", "a.jpg", status=2).err, "-o grid.jpg")
    contains(run("montage", "a.jpg", "-o", "-", status=2).err, "standard output carries the answer")
    contains(run("montage", "a.jpg", "--dry-run", "--map", "m", status=2).err, "--map needs the picture")
    contains(run("create-grid", "x", "-o", "-", status=2).err, "standard output carries the answer")
    contains(run("montage", "a.jpg", "-o", "b.GIF", status=2).err, "b.GIF: tessera does not write gif; end the name in")
    contains(run("create-grid", "x", "-o", "b.pdf", status=2).err, "does not write pdf")
    contains(run("montage", "a.jpg", "-o", "b.jpg", "--map", "b.jpg", status=2).err, "would overwrite the picture")
    contains(run("create-grid", "a", "b", status=2).err, "one argument too many: b")
    contains(run("doctor", "now", status=2).err, "one argument too many: now")
    contains(run("list", status=2).err, "--grid ID")
    contains(run("add", "a.jpg", status=2).err, "--grid ID")
    contains(run("remove", status=2).err, "--grid ID")
    contains(run("list", "--grid", "", status=2).err, "--grid: the value is empty")


def test_addresses_where_they_are_not_read():
    """Words about what was meant, not the disk's about a file of that name."""
    done = run("montage", "http://example.com/a.jpg", "-o", "x.jpg", status=2)
    contains(done.err, "http://example.com/a.jpg", "https://")
    for command in (["montage", "a.jpg"], ["create-grid", "g"]):
        contains(run(*command, "-o", "s3://grids/x.jpg", status=2).err, "s3://grids/x.jpg", "create-grid", "--dest")
    for operand, words in (("s3://images/", "create-grid"), ("https://example.com/a.jpg", "montage"), ("HTTP://a.example/b.jpg", "http://")):
        done = run("add", "--data", "data", "--grid", "g", operand, status=2)
        contains(done.err, operand, words)
        equal(done.out, "")


def test_forms_and_order():
    program.write_png("a.png")
    program.write_png("-b.png")
    for arguments in (["a.png", "-o", "out.png"], ["-oout.png", "a.png"], ["-qo", "out.png", "a.png"],
                      ["--output=out.png", "a.png"], ["--output", "out.png", "--", "a.png"],
                      ["-o", "out.png", "--", "-b.png"], ["--strict=no", "a.png", "-q", "--output=out.png"]):
        equal(run("montage", *arguments, status=0).answer()["output"], "out.png", repr(arguments))
    last_wins = run("montage", "a.png", "-o", "out.png", "--tile", "10", "--tile", "30x20", status=0).answer()
    equal((last_wins["width"], last_wins["height"]), (30, 20))


def test_broken_stdout():
    program.write_png("a.png")
    with open("/dev/full", "wb") as full:
        done = run("montage", "a.png", "-o", "out.png", stdout=full, status=1)
        version = run("--version", stdout=full, status=1)
    contains(done.err, "tessera montage: cannot write the answer: No space left on device")
    contains(version.err, "tessera: cannot write to standard output: No space left on device")


def test_closed_streams():
    """No file of the program's own takes the place of a stream: nothing is written into it, or read from it."""
    program.write_png("a.png")
    run("montage", "a.png", "-o", "whole.png", status=0)
    with open("whole.png", "rb") as file:
        whole = file.read()
    for closed, status in (("<&-", 0), (">&-", 1), ("2>&-", 0), ("<&- >&- 2>&-", 1)):
        done = subprocess.run('"$TESSERA" montage a.png -o out.png --map map.json ' + closed, shell=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=program.environment(), check=False)
        equal(done.returncode, status, closed)
        equal(bool(done.stdout), status == 0, closed)
        with open("out.png", "rb") as file:
            equal(file.read() == whole, True, closed)
        os.remove("out.png")
    done = subprocess.run('"$TESSERA" montage - -o out.png <&-', shell=True, stderr=subprocess.PIPE,
                          env=program.environment(), check=False)
    equal(done.returncode, 1)
    contains(done.stderr.decode(), "cannot read standard input")


def test_file_size_limit():
    """A file that may not grow fails like a full disk: with words, and with nothing left behind."""
    program.write_png("a.png")
    for output, words in (("out.jpg", "cannot write out.jpg: File too large"),
                          ("out.png", "cannot write out.png: File too large"),
                          ("out.tif", "cannot write a temporary file in /tmp; TIFF needs room there")):
        done = subprocess.run([program.PROGRAM, "montage", "a.png", "-o", output, "--tile", "2000"], check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=program.environment(),
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024)))
        equal(done.returncode, 1, output)
        contains(done.stderr.decode(), "tessera montage: " + words)
        equal(os.listdir("."), ["a.png"])


program.main(globals())
