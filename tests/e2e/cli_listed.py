#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Help, man page and completion list the same commands and the same options, command by command."""

import os
import re
import subprocess

import program
from program import equal, run

SOURCES = os.environ.get("TESSERA_SOURCE_DIR") or os.path.join(os.path.dirname(__file__), "..", "..")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")


def read(path):
    with open(os.path.join(SOURCES, path), encoding="utf-8") as file:
        return file.read()


def commands():
    section = run("help").out.split("Commands\n")[1].split("\n\n")[0]
    return [line.split()[0] for line in section.splitlines()]


def options_in_help(command):
    """Those that a line of the help begins with, not the ones its examples mention."""
    return set(re.findall(r"^  (?:-\w,|   ) (--[a-z-]+)", run("help", command).out, re.M))


def complete(*words):
    """What the completion offers for the last word."""
    quoted = " ".join("'%s'" % word for word in words)
    script = """
        source '%s/src/completion/tessera.bash'
        COMP_WORDS=(%s) COMP_CWORD=%d
        _tessera
        printf '%%s\\n' "${COMPREPLY[@]}"
    """ % (SOURCES, quoted, len(words) - 1)
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_completion_of_commands():
    equal(complete("tessera", ""), set(commands()) | {"help", "--version", "--help"})
    equal(complete("tessera", "mon"), {"montage"})
    equal(complete("tessera", "help", ""), set(commands()) | {"help"})


def test_completion_of_options():
    for command in commands():
        listed = options_in_help(command)
        assert len(listed) >= 3, command
        equal(complete("tessera", command, "--"), listed, command)


def test_completion_of_values():
    for command in ("montage", "create-grid"):
        text = " ".join(run("help", command).out.split())
        for option, sample in (("--fit", "contain"), ("--gravity", "attention"), ("--order", "key-desc"),
                               ("--format", "avif"), ("--resample", "fast")):
            offered = complete("tessera", command, option, "")
            assert sample in offered, option
            for word in offered:
                assert run(command, "--dry-run", option, word, status=2).err.count("missing"), word
                assert word in text, word
            begun = sample[:3]
            equal(complete("tessera", command, option, "=", begun),
                  {word for word in offered if word.startswith(begun)}, option + "=" + begun)
    equal(complete("tessera", "montage", "--tile", ""), set())


def test_completion_of_files():
    program.write_png("a_picture.png")
    equal(complete("tessera", "montage", "a_"), {"a_picture.png"})
    equal(complete("tessera", "montage", "@a_"), {"@a_picture.png"})


def test_man_page():
    man = read("src/man/tessera.1").replace("\\-", "-")
    body = man.split(".SH COMMANDS")[1]
    headed = re.findall(r"^\.TP\n\.B ([a-z-]+)$", body.split(".SH OPTIONS")[0], re.M)
    equal(headed, commands())
    described = re.findall(r"^\.TP\n\.(?:B|BI|BR) (?:-\w \", \" )?(--[a-z-]+)", body.split(".SH OPTIONS")[1], re.M)
    equal(len(described), len(set(described)), "options described twice")
    every = {"--version"}.union(*(options_in_help(command) for command in commands()))
    equal(set(described), every)
    equal(set(OPTION.findall(man)) - every, set(), "options that do not exist")


program.main(globals())
