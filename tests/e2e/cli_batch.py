#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tessera batch: one request a line in, one answer a line out, whatever the lines are."""

import json
import os
import signal
import subprocess
import threading
import time

import program
from program import contains, environment, equal, run, write_png


def add(*grids, count=1):
    for index in range(count):
        write_png("%d.png" % index, colour=(index * 20, 90, 200))
    for grid in grids:
        run("add", "--grid", grid, *["%d.png" % index for index in range(count)], status=0)


def answers_by_line(done):
    answers = {answer["line"]: answer for answer in done.answers()}
    equal(len(answers), len(done.answers()), "lines answered twice")
    return answers


def test_ids_and_requests():
    add("one", "two")
    with open("requests", "w", encoding="utf-8") as file:
        file.write('one\n\n  \t\n{"uniqueGridId":"two","tile":20,"gap":3,"background":"white","strict":true}\r\n'
                   '"one"\n{"uniqueGridId":"two","tile":"30x10","quality":90.0,"no-enlarge":false}')
    done = run("batch", "requests", "--tile", "50", status=0)
    answers = answers_by_line(done)
    equal(sorted(answers), [1, 4, 5, 6])
    equal(list(answers[1]), ["line", "message", "presigned_url", "grid_id", "key", "width", "height", "columns", "rows",
                             "tiles", "failed", "cached", "expires_at", "timings_ms"])
    equal([(answers[line]["grid_id"], answers[line]["width"], answers[line]["height"]) for line in sorted(answers)],
          [("one", 50, 50), ("two", 20, 20), ("one", 50, 50), ("two", 30, 10)])
    equal(answers[1]["key"], answers[5]["key"])
    contains(done.err, "tessera batch: 4 grids: ", "0 failed")
    equal(run("batch", "requests", "--quiet", status=0).err, "")


def test_resumes():
    add(*["grid-%d" % index for index in range(6)])
    ids = "".join("grid-%d\n" % index for index in range(6)).encode()
    equal([answer["cached"] for answer in run("batch", "-", stdin=ids[:21], status=0).answers()], [False] * 3)
    answers = run("batch", "-", "--ordered", stdin=ids, status=0).answers()
    equal([answer["cached"] for answer in answers], [True] * 3 + [False] * 3)
    assert not any(answer["cached"] for answer in run("batch", "-", "--fresh", stdin=ids, status=0).answers())


def test_keys():
    """As generate_grid takes them: these images of the grid, in this order."""
    add("one", count=3)
    keys = run("list", "--grid", "one", status=0).answer()["keys"]
    chosen = [keys[2], keys[0]]
    lines = [json.dumps({"uniqueGridId": "one", "keys": chosen, "columns": 2, "tile": 10}),
             json.dumps({"uniqueGridId": "one", "keys": chosen[::-1], "columns": 2, "tile": 10}),
             json.dumps({"keys": [keys[1]], "tile": 20, "uniqueGridId": "one"})]
    answers = answers_by_line(run("batch", "-", stdin="\n".join(lines).encode(), status=0))
    equal([(answers[line]["tiles"], answers[line]["width"]) for line in (1, 2, 3)], [(2, 20), (2, 20), (1, 20)])
    equal(answers[1]["key"] != answers[2]["key"], True)
    wrong = [({"keys": chosen}, "uniqueGridId"), ({"uniqueGridId": "one", "keys": []}, "keys: the list is empty"),
             ({"uniqueGridId": "one", "keys": "a"}, "keys: give a list"), ({"uniqueGridId": "one", "keys": [1]}, "strings"),
             ({"uniqueGridId": "one", "keys": [""]}, "number 1 is empty"), ({"uniqueGridId": "one", "keys": ["none"]}, "none"),
             ({"uniqueGridId": "one", "keys": [keys[0]] * 2}, "twice"),
             ({"uniqueGridId": "s3://images/", "keys": [keys[0]]}, "keys"), ({"uniqueGridId": "one", "kyes": chosen}, "keys"),
             ({"uniqueGridId": "one", "keys": ["k%d" % number for number in range(301)]}, "max-cells of 300")]
    done = run("batch", "-", "--max-cells", "300", stdin="\n".join(json.dumps(line) for line, _ in wrong).encode(), status=1)
    answers = answers_by_line(done)
    for number, (line, word) in enumerate(wrong, 1):
        equal("code" in answers[number], True, repr(answers[number]))
        contains(answers[number]["message"], word)
        read = word != "max-cells of 300"  # is refused before there is anything to name
        equal(answers[number].get("grid_id"), line.get("uniqueGridId") if read else None)


def test_exit_statuses():
    add("good")
    add("holed", count=2)
    key = run("list", "--grid", "holed", status=0).answer()["keys"][0]
    os.remove("tessera-data/objects/images/" + key)
    run("batch", "-", stdin=b"", status=0)
    run("batch", "-", stdin=b"good\n", status=0)
    run("batch", "-", stdin=b"good\nholed\n", status=3)
    run("batch", "-", stdin=b"good\nholed\nnowhere\n", status=1)
    done = run("batch", "-", "--strict", "--tile", "20", stdin=b"holed\n", status=1)
    equal(done.answer()["code"], "tile-failed")
    equal([item["key"] for item in done.answer()["failed"]], [key])
    add("empty")
    for key in run("list", "--grid", "empty", status=0).answer()["keys"]:
        os.remove("tessera-data/objects/images/" + key)
    before = os.listdir("tessera-data/objects/grids")
    done = run("batch", "-", stdin=b"empty\n", status=1)
    equal((done.answer()["code"], len(done.answer()["failed"])), ("not-found", 1))
    equal(os.listdir("tessera-data/objects/grids"), before)
    contains(run("batch", "no-such-file", status=1).err, "cannot open no-such-file: No such file or directory")
    contains(run("batch", ".", status=1).err, "cannot read the requests: Is a directory")


def test_hostile_lines():
    add("good")
    lines = [
        (b'{"uniqueGridId":"good"', "invalid", "not a JSON request"),
        (b'{"uniqueGridId":"good"}{}', "invalid", "something follows the value"),
        (b'{"uniqueGridId":"good"} x', "invalid", "something follows the value"),
        (b'{"uniqueGridId":"good","uniqueGridId":"bad"}', "invalid", '"uniqueGridId" is there twice'),
        (b'{"uniqueGridId":"good","tile":8,"t\\u0069le":9}', "invalid", '"tile" is there twice'),
        (b'{"uniqueGridId":"good",}', "invalid", "a string is expected"),
        (b'{"uniqueGridId":"good" "tile":1}', "invalid", "a comma or a closing bracket"),
        (b"{'uniqueGridId':'good'}", "invalid", "a string is expected"),
        (b'{"uniqueGridId":"\xff"}', "invalid", "not UTF-8"),
        (b'{"uniqueGridId":"\xed\xa0\x80"}', "invalid", "not UTF-8"),
        (b'{"uniqueGridId":"\\ud800"}', "invalid", "half of a surrogate pair"),
        (b'{"uniqueGridId":"\\u00zz"}', "invalid", "four hexadecimal digits"),
        (b'{"uniqueGridId":"good\\u0000"}', "invalid", "\\u0000"),
        (b'{"uniqueGridId":"go\tod"}', "invalid", "control character"),
        (b'{"uniqueGridId":"go\\od"}', "invalid", None),
        (b'{"uniqueGridId":"\\x41"}', "invalid", "unknown escape"),
        (b'{"uniqueGridId":"a\\nb"}', "invalid", "control character"),
        (b'{"uniqueGridId":""}', "invalid", None),
        (b'{"uniqueGridId":"' + b"x" * 3000 + b'"}', "limit", None),
        (b'{"uniqueGridId":7}', "invalid", "uniqueGridId must be a string"),
        (b'{"uniqueGridId":null}', "invalid", "uniqueGridId must be a string"),
        (b'{"tile":7}', "invalid", "uniqueGridId is missing"),
        (b'{}', "invalid", "uniqueGridId is missing"),
        (b'{"uniquegridid":"good"}', "invalid", 'did you mean "uniqueGridId"?'),
        (b'{"uniqueGridId":"good","tiel":7}', "invalid", 'unknown option "tiel", did you mean "tile"?'),
        (b'{"uniqueGridId":"good","output":"/etc/passwd"}', "invalid", 'unknown option "output"'),
        (b'{"uniqueGridId":"good","max-pixels":7}', "invalid", 'unknown option "max-pixels"'),
        (b'{"uniqueGridId":"good","tile":0}', "invalid", 'tile: "0" is too small'),
        (b'{"uniqueGridId":"good","tile":-1}', "invalid", "tile: "),
        (b'{"uniqueGridId":"good","tile":1e400}', "invalid", "out of range"),
        (b'{"uniqueGridId":"good","tile":1e300}', "invalid", "tile: "),
        (b'{"uniqueGridId":"good","tile":4294967297}', "limit", "the most is 65500"),
        (b'{"uniqueGridId":"good","tile":01}', "invalid", "not a JSON request"),
        (b'{"uniqueGridId":"good","tile":1.}', "invalid", "no digits behind its point"),
        (b'{"uniqueGridId":"good","tile":+1}', "invalid", "a value is expected"),
        (b'{"uniqueGridId":"good","tile":NaN}', "invalid", "a value is expected"),
        (b'{"uniqueGridId":"good","tile":1.5}', "invalid", "tile: "),
        (b'{"uniqueGridId":"good","tile":true}', "invalid", "tile: "),
        (b'{"uniqueGridId":"good","tile":null}', "invalid", "tile: give a string, a number, true or false"),
        (b'{"uniqueGridId":"good","tile":[1]}', "invalid", "tile: give a string, a number, true or false"),
        (b'{"uniqueGridId":"good","tile":' + b"9" * 100 + b"}", "invalid", "the number is too long"),
        (b'{"uniqueGridId":' + b"[" * 100000 + b"]" * 100000 + b"}", "invalid", "nested too deeply"),
        (b"{" + b",".join(b'"m%d":1' % index for index in range(300)) + b"}", "invalid", "more than 256 members"),
        (b'{"uniqueGridId":"good","tile":1}\0', "invalid", "something follows the value"),
        (b"go\0od", "invalid", "the line holds a NUL"),
        (b"\xff\xfe", "invalid", "grid id"),
        (b"go\x1b[2Jod", "invalid", "grid id"),
        (b"x" * 2049, "limit", "grid id"),
        (b"nowhere", "not-found", "nowhere"),
        (b"x" * (1 << 20), "limit", "grid id"),
        (b"x" * ((1 << 20) + 1), "limit", "the line is longer than 1048576 bytes"),
        (b'{"uniqueGridId":"good","title":"' + b"x" * (3 << 20) + b'"}', "limit", "the line is longer than 1048576 bytes"),
    ]
    data = b"".join(line + b"\ngood\n" for line, _, _ in lines)
    done = run("batch", "-", stdin=data, status=1)
    answers = answers_by_line(done)
    equal(len(answers), 2 * len(lines))
    for index, (line, code, words) in enumerate(lines):
        answer, good = answers[2 * index + 1], answers[2 * index + 2]
        equal(good.get("message"), "built grid", "the line after %r" % line[:60])
        equal(answer.get("code"), code, repr(line[:60]) + " " + answer["message"])
        if words:
            contains(answer["message"], words)
    for steering in (b"\x1b", b"\xff", b"\0"):
        assert steering not in done.out_bytes


def test_ordered():
    add("a")
    ids = b"a\nnowhere\n" * 300
    done = run("batch", "-", "--ordered", "--jobs", "7", "--quiet", stdin=ids, status=1)
    equal([answer["line"] for answer in done.answers()], list(range(1, 601)))
    done = run("batch", "-", "--jobs", "7", "--quiet", stdin=ids, status=1)
    equal(sorted(answer["line"] for answer in done.answers()), list(range(1, 601)))


def test_byte_order_mark():
    add("a")
    equal(run("batch", "-", stdin=b"\xef\xbb\xbfa\n", status=0).answer()["grid_id"], "a")


def start(*arguments, **streams):
    return subprocess.Popen([program.PROGRAM, *arguments], env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, **streams)


def test_answers_come_at_once():
    add("a")
    batch = start("batch", "-")
    batch.stdin.write(b"a\n")
    batch.stdin.flush()
    timer = threading.Timer(30, batch.kill)
    timer.start()
    equal(json.loads(batch.stdout.readline())["grid_id"], "a")
    batch.stdin.write(b"nowhere\n")
    batch.stdin.flush()
    equal(json.loads(batch.stdout.readline())["code"], "not-found")
    batch.communicate()
    timer.cancel()
    equal(batch.returncode, 1)


def test_does_not_read_ahead_without_bound():
    add("a")
    batch = start("batch", "-", "--jobs", "2", bufsize=0)
    # Nobody reads the answers: they fill their pipe, and then the requests must fill theirs.
    os.set_blocking(batch.stdin.fileno(), False)
    sent, idle_since, began = 0, time.time(), time.time()
    while time.time() - idle_since < 2 and time.time() - began < 60 and sent < 8 << 20:
        try:
            sent += os.write(batch.stdin.fileno(), b"nowhere\n" * 512)
            idle_since = time.time()
        except BlockingIOError:
            time.sleep(0.02)
    batch.kill()
    batch.communicate()
    assert sent < 1 << 20, "%d bytes of requests were taken though no answer could be given" % sent


def test_stops_at_a_signal():
    for number in (signal.SIGINT, signal.SIGTERM):
        add("a")
        batch = start("batch", "-")
        batch.stdin.write(b"a\n")
        batch.stdin.flush()
        batch.stdout.readline()
        batch.send_signal(number)  # it waits for the next line
        batch.wait(timeout=60)
        err = batch.stderr.read().decode()
        batch.communicate()
        equal(batch.returncode, 1)
        contains(err, "stopped; run it again to go on")


def test_broken_stdout():
    add("a")
    with open("/dev/full", "wb") as full:
        done = run("batch", "-", stdin=b"a\n" * 50, stdout=full, status=1)
    contains(done.err, "cannot write the answers: No space left on device")


program.main(globals())
