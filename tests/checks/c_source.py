# SPDX-License-Identifier: MIT
"""What the source checks share: finding files, blanking comments and strings, measuring functions."""

import os
import re
import sys

FOLDERS = ("src", "include", "tests", "bench", "samples")


def files(root, endings, folders=FOLDERS):
    """Paths relative to root, '/'-separated and sorted, of the files with one of these endings ('' for any)."""
    found = []
    for folder in folders:
        for place, below, names in os.walk(os.path.join(root, folder)):
            below[:] = [name for name in below if name not in ("build", "node_modules", "__pycache__", "corpus")]
            found += [os.path.relpath(os.path.join(place, name), root) for name in names if name.endswith(endings)]
    return sorted(path.replace(os.sep, "/") for path in found)


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
        return file.read()


_TOKENS = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def blank(text):
    """The same text with comments and the inside of literals as spaces: lines and columns stay."""
    def spaces(match):
        token = match.group(0)
        inner = re.sub(r"[^\n]", " ", token)
        return inner if token[0] == "/" else token[0] + inner[1:-1] + token[-1]
    return _TOKENS.sub(spaces, text)


_PREPROCESSOR = re.compile(r"^[ \t]*#(?:[^\n\\]|\\.)*(?:\\\n(?:[^\n\\]|\\.)*)*", re.M)
_NAME_BEFORE_ARGUMENTS = re.compile(r"(\w+)\s*\(")


def functions(text):
    """(name, first line, number of lines from the opening brace to the closing one) of each function definition.
    Raises ValueError where the braces do not add up, rather than measuring nonsense."""
    code = _PREPROCESSOR.sub(lambda m: re.sub(r"[^\n]", " ", m.group(0)), blank(text))
    depth, start, head_start, name, found = 0, 0, 0, None, []
    for at, char in enumerate(code):
        if char == "{":
            if depth == 0:
                head = code[head_start:at].strip()
                calls = _NAME_BEFORE_ARGUMENTS.findall(head)
                is_function = head.endswith(")") and calls and "=" not in head.split("(")[0]
                name, start = (calls[0] if is_function else None), at
            depth += 1
        elif char == "}":
            depth -= 1
            if depth < 0:
                raise ValueError("a closing brace too many in line %d" % (code.count("\n", 0, at) + 1))
            if depth == 0:
                if name:
                    first = code.count("\n", 0, start) + 1
                    found.append((name, first, code.count("\n", start, at) + 1))
                head_start = at + 1
        elif char == ";" and depth == 0:
            head_start = at + 1
    if depth:
        raise ValueError("a closing brace is missing")
    return found


def report(title, problems, warnings=()):
    """Prints everything found and ends the program."""
    for line in warnings:
        print("warning: " + line)
    for line in problems:
        print(line)
    print("%s: %s" % (title, "%d problems" % len(problems) if problems else "ok"))
    sys.exit(1 if problems else 0)
