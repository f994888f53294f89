#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What goes wrong on the way to S3 or DynamoDB, or in them: each fault is injected into the traffic with real servers, and the
number of attempts (as the proxy saw them), the words, the exit status and what is left in the store are judged."""

import json
import signal
import subprocess
import time

import program
from program import contains, equal
from cloud import Cloud, cells, colour_of, fetch, noise, photo, same_colours
from fault_rules import Rule, dynamo_error, s3_error, slow_down, throttling
from spoilt_grid import attempts, grid, is_good, one_cell_fails

DYNAMODB_ATTEMPTS = 4
QUICK = ("--read-timeout", "0.8", "--connect-timeout", "1")
PATIENT = ("--read-timeout", "300")
FOR_EVER_S = 600


def test_slow_down_bursts():
    one, keys = grid()
    one.s3.add(slow_down(path=keys[1], times=2), slow_down(path=keys[2], times=1, method="GET"))
    is_good(one)
    equal([attempts(one, key) for key in keys], [1, 3, 2, 1])


def test_slow_down_without_end():
    one, keys = grid()
    one.s3.add(slow_down(path=keys[1]))
    one_cell_fails(one, keys[1], "SlowDown", "reduce your request rate", "503", "3 attempts")


def test_server_errors():
    one, keys = grid()
    one.s3.add(s3_error(500, "InternalError", "We encountered an internal error.", path=keys[0], times=2),
               s3_error(503, "ServiceUnavailable", path=keys[1], times=2), s3_error(502, "", path=keys[2], times=1),
               Rule(act=False, status=504, body=b"<html>gateway</html>", path=keys[3], times=2))
    is_good(one)
    equal([attempts(one, key) for key in keys], [3, 3, 2, 3])
    one.clear()
    one.s3.add(s3_error(500, "InternalError", "We encountered an internal error.", path=keys[0]))
    one_cell_fails(one, keys[0], "InternalError", "500", "3 attempts", arguments=("--tile", "30"))


def test_attempts_can_be_chosen():
    one, keys = grid()
    one.s3.add(s3_error(500, "InternalError", path=keys[0]))
    one.run("create-grid", "g", changes={"AWS_MAX_ATTEMPTS": "1"}, status=3)
    equal(attempts(one, keys[0]), 1)


def test_broken_answers_of_images():
    """Every way to break off, each for an image of its own and twice; the third attempt is left alone."""
    one, keys = grid(16, lambda: noise((200, 150)))
    places = [{"reset": place} for place in ("request", "answer", "headers", "body", "body", "body")]
    places += [{"close": place} for place in ("request", "answer", "headers", "body", "body")]
    places += [{"flip": True}, {"flip": True}, {"raw": b"no HTTP at all\r\n\r\n"}, {"close": "body", "offset": 0}]
    for index, (key, place) in enumerate(zip(keys, places)):
        one.s3.add(Rule(path=key, method="GET", times=2, seed=index, **place))
    one.s3.add(Rule(path=keys[15], method="GET", times=1, reset="end"))  # all came: nothing is wrong
    answer = is_good(one, "--tile", "200", "-o", "spoilt.jpg")
    equal([attempts(one, key) for key in keys], [3] * 15 + [1])
    one.clear()
    equal(is_good(one, "--tile", "200", "--fresh", "-o", "clean.jpg")["key"], answer["key"])
    with open("spoilt.jpg", "rb") as spoilt, open("clean.jpg", "rb") as clean:
        assert spoilt.read() == clean.read(), "the same picture, byte for byte"


def test_broken_for_ever():
    for fault, words in (({"reset": "body"}, ["connection broke", "reset"]), ({"close": "body", "offset": 100}, []),
                         ({"flip": True}, ["damaged", "MD5"])):
        one, keys = grid()
        one.s3.add(Rule(path=keys[3], method="GET", **fault))
        one_cell_fails(one, keys[3], "3 attempts", *words)


def test_stalled_answers():
    one, keys = grid(5, lambda: noise((200, 150)))
    for key, place in zip(keys, ("answer", "headers", "body", "body")):
        one.s3.add(Rule(path=key, method="GET", times=1, stall=place, stall_s=FOR_EVER_S))
    one.s3.add(Rule(path=keys[4], method="GET", times=1, bytes_per_s=1))
    is_good(one, *QUICK)
    equal([attempts(one, key) for key in keys], [2] * 5)


def test_stalled_for_ever():
    one, keys = grid(4, lambda: noise((200, 150)))
    one.s3.add(Rule(path=keys[2], method="GET", bytes_per_s=1))
    one_cell_fails(one, keys[2], "0.8 s", "3 attempts", arguments=QUICK)


def test_all_images_fail():
    """Then it is not an image that is bad, but the server: no grid is made of placeholders."""
    one, _ = grid()
    one.s3.add(s3_error(500, "InternalError", method="GET", path=one.source))
    done = one.run("create-grid", "g", status=1)
    contains(done.err, one.source, "InternalError", "3 attempts")
    equal((done.answer()["code"], len(done.answer()["failed"]), one.objects(one.dest)), ("io", 4, []))


def test_a_store_that_refuses_everything():
    """A redirect, a key service that is off, a customer's key, a proxy: nothing of it is an image's fault, or the caller's."""
    for status, code in ((307, "TemporaryRedirect"), (400, "KMS.DisabledException"), (400, "InvalidRequest"), (407, "")):
        one, keys = grid()
        one.s3.add(*[s3_error(status, code, "Not for you.", method="GET", path=key) for key in keys])
        done = one.run("create-grid", "g", status=1)
        assert done.answer()["code"] in ("io", "denied", "setup"), done.out
        equal((len(done.answer()["failed"]), one.objects(one.dest)), (4, []), "%d %s" % (status, code))
        one.clear()
        equal(is_good(one)["cached"], False)


def test_storing_the_grid():
    one, _ = grid()
    one.s3.add(s3_error(500, "InternalError", method="PUT", path=r"\.jpg", times=1),
               s3_error(200, "InternalError", method="PUT", path=r"\.jpg", times=1))  # 200 with <Error>: a failure all the same
    key = is_good(one)["key"]
    equal(attempts(one, key, "PUT") >= 3, True)
    # The server acted, and its answer is lost: one object, not two.
    one, _ = grid()
    one.s3.add(Rule(method="PUT", path=r"\.jpg", reset="answer", times=1), Rule(method="PUT", path=r"\.json", reset="body", times=1))
    key = is_good(one)["key"]
    equal([name for name in one.objects(one.dest) if name.endswith(".jpg")], [key])
    one.clear()
    equal(is_good(one)["cached"], True)


def test_grid_that_cannot_be_stored():
    for fault, words in ((s3_error(500, "InternalError"), ["InternalError", "3 attempts"]),
                         (Rule(reset="request"), ["3 attempts"]),
                         (s3_error(200, "InternalError", "Try again."), ["InternalError", "3 attempts"]),
                         (s3_error(403, "AccessDenied", "Access Denied."), ["s3:PutObject", "dst-"])):
        one, _ = grid()
        fault.method = "PUT"
        one.s3.add(fault)
        done = one.run("create-grid", "g", status=1)
        contains(done.err, "tessera create-grid: ", one.dest, *words)
        equal((done.out, one.objects(one.dest)), ("", []))
        one.clear()
        equal(is_good(one)["cached"], False)


def test_only_one_of_both_is_stored():
    """The picture without its description, or the other way round, is never taken for a finished grid."""
    for ending in ("jpg", "json"):
        one, _ = grid()
        one.s3.add(s3_error(500, "InternalError", method="PUT", path=ending))
        one.run("create-grid", "g", status=1)
        one.clear()
        answer = is_good(one)
        equal((answer["cached"], fetch(answer["presigned_url"])[0]), (False, 200), ending)
        one.clear()
        equal(is_good(one)["cached"], True)


def test_throttled_table():
    for code in ("ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded"):
        one, _ = grid()
        one.dynamodb.add(throttling(code, target="Query", times=1))
        is_good(one)
        equal(len(one.dynamodb.seen(operation="Query")), 2)
    one.clear()
    one.dynamodb.add(throttling(target="Query", headers={"x-amz-retry-after": "10"}))
    done = one.run("create-grid", "g", status=1)
    contains(done.err, "tessera create-grid: ", "ThrottlingException", "4 attempts")
    equal((len(one.dynamodb.seen(operation="Query")), one.s3.requests), (DYNAMODB_ATTEMPTS, []))


def test_broken_answers_of_the_table():
    one, _ = grid()
    for index, fault in enumerate(({"reset": "answer"}, {"reset": "body"}, {"close": "body"}, {"flip": True},
                                   {"stall": "answer", "stall_s": 3}, {"raw": b"\0\0\0"})):
        one.clear()
        one.dynamodb.add(Rule(target="Query", times=3, seed=index, **fault))
        is_good(one, *QUICK)
        equal(len(one.dynamodb.seen(operation="Query")), 4, fault)
    one.clear()
    one.dynamodb.add(Rule(target="Query", flip=True))
    contains(one.run("list", "--grid", "g", status=1).err, "damaged", "x-amz-crc32", "4 attempts")
    one.clear()
    one.dynamodb.add(dynamo_error(500, "InternalServerError", target="Query"))
    contains(one.run("list", "--grid", "g", status=1).err, "InternalServerError", "4 attempts")


def test_adding():
    with open("a.jpg", "wb") as file:
        file.write(photo((1, 2, 3)))
    one = Cloud(proxied=True)
    # Whatever is lost on the way: one object, one row.
    one.s3.add(Rule(method="PUT", reset="answer", times=2))
    one.dynamodb.add(Rule(target="PutItem", reset="answer", times=2))
    key = one.run("add", "--grid", "g", "a.jpg", status=0).answer()["added"][0]["s3Key"]
    equal((one.objects(one.source), [row["s3Key"]["S"] for row in one.rows("g")]), ([key], [key]))
    # When it fails, nothing is left of it.
    one.clear()
    one.dynamodb.add(dynamo_error(500, "InternalServerError", target="PutItem"))
    done = one.run("add", "--grid", "h", "a.jpg", status=1)
    contains(done.err, "tessera add: ", "InternalServerError", "4 attempts")
    equal((one.objects(one.source), one.rows("h")), ([key], []))
    one.clear()
    one.s3.add(s3_error(500, "InternalError", method="PUT"))
    contains(one.run("add", "--grid", "h", "a.jpg", status=1).err, "InternalError", "3 attempts")
    equal((one.objects(one.source), one.rows("h"), one.dynamodb.seen(operation="PutItem")), ([key], [], []))


def test_removing():
    one, keys = grid(3)
    one.s3.add(Rule(method="DELETE", reset="answer", times=2))
    one.dynamodb.add(Rule(target="(Delete|BatchWrite)Item", reset="answer", times=1))
    equal(one.run("remove", "--grid", "g", status=0).answer()["removed"], len(keys))
    equal((one.objects(one.source), one.rows("g")), ([], []))


def test_making_buckets_and_tables():
    one = Cloud(made=False, proxied=True)
    one.s3.add(Rule(method="PUT", reset="answer", times=1))
    one.dynamodb.add(Rule(target="CreateTable", reset="answer", times=1), throttling(target="DescribeTable", times=1))
    equal(one.run("init", status=0).answer()["message"], "store ready")
    one.clear()
    equal(one.run("init", status=0).answer()["created"], False)


def test_no_server():
    one, _ = grid()
    nowhere = "http://127.0.0.1:1"
    done = one.run("create-grid", "g", "--connect-timeout", "1", changes={"AWS_ENDPOINT_URL_S3": nowhere}, status=1)
    contains(done.err, "cannot connect to 127.0.0.1:1", "3 attempts")
    done = one.run("create-grid", "g", "--connect-timeout", "1", changes={"AWS_ENDPOINT_URL_DYNAMODB": nowhere}, status=1)
    contains(done.err, "cannot connect to 127.0.0.1:1", "4 attempts")
    equal(one.objects(one.dest), [])


def test_other_grids_go_on():
    one, keys = grid(2)
    for index in range(2):
        one.earlier_image("h", photo(colour_of(index)))
    one.s3.add(Rule(method="GET", path="|".join(keys), reset="body"))
    done = one.run("batch", "-", "--ordered", stdin=b"g\nh\n", status=1)
    equal([answer.get("message") == "built grid" for answer in done.answers()], [False, True])


def test_batch_in_a_storm():
    """A third of all that goes to S3 goes wrong somehow. What comes of each grid is chance; that each is answered, rightly,
    is not."""
    one = Cloud(proxied=True)
    keys = [one.earlier_image("all", photo(colour_of(index))) for index in range(20)]
    for number in range(12):
        one.map("grid %d" % number, keys[number:number + 9])
    one.s3.add(*[Rule(chance=0.06, seed=seed, **fault) for seed, fault in enumerate((
        {"reset": "request"}, {"reset": "answer"}, {"reset": "body"}, {"close": "headers"}, {"flip": True, "method": "GET"}))],
        s3_error(500, "InternalError", chance=0.06, seed=9), slow_down(chance=0.01, seed=10))
    lines = "".join("grid %d\n" % number for number in range(12)).encode()
    done = one.run("batch", "-", "--ordered", *QUICK, stdin=lines)
    answers = done.answers()
    equal([answer["grid_id"] for answer in answers], ["grid %d" % number for number in range(12)])
    statuses = []
    for answer in answers:
        built = answer.get("message") == "built grid"
        statuses.append(3 if built and answer["failed"] else 0 if built else 1)
        assert built or answer["code"] in ("io", "timeout", "busy"), answer
    print("%d whole, %d with placeholders, %d failed, %d requests" % (
        statuses.count(0), statuses.count(3), statuses.count(1), len(one.s3.requests)))
    equal(done.status, 1 if 1 in statuses else max(statuses))
    one.clear()
    for answer in one.run("batch", "-", "--ordered", stdin=lines, status=0).answers():
        number = int(answer["grid_id"].split()[1])
        equal(answer["failed"], [])
        wanted = [colour_of(keys.index(key)) for key in sorted(keys[number:number + 9], reverse=True)]
        same_colours(cells(fetch(answer["presigned_url"])[2], 100, 3, 9), wanted)


def test_deadline():
    one, _ = grid()
    one.s3.add(Rule(method="GET", path=one.source, stall="answer", stall_s=FOR_EVER_S))
    done = one.run("create-grid", "g", "--timeout", "1", *PATIENT, status=1)
    contains(done.err, "timeout", "1000 ms")
    equal(one.objects(one.dest), [])


def test_interrupted():
    one, _ = grid()
    for number in (signal.SIGINT, signal.SIGTERM):
        one.clear()
        one.s3.add(Rule(method="GET", path=one.source, stall="body", stall_s=FOR_EVER_S))
        running = subprocess.Popen([program.PROGRAM, "create-grid", "g", "--timeout", "300", *PATIENT], env=one.environment(), stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        while len(one.s3.seen("GET", one.source)) < 4:
            assert running.poll() is None, running.communicate()
            time.sleep(0.02)
        running.send_signal(number)
        out, err = running.communicate(timeout=60)  # the server would let it wait for minutes
        assert running.returncode not in (0, 3), (running.returncode, out, err)
        equal((out, one.objects(one.dest)), (b"", []))


def test_interrupted_while_adding():
    """Between the image, which is stored, and its row, of which nothing is heard: neither is left."""
    one = Cloud(proxied=True)
    with open("late.jpg", "wb") as file:
        file.write(photo(colour_of(1)))
    one.dynamodb.add(Rule(target="PutItem", stall="answer", stall_s=FOR_EVER_S))
    running = subprocess.Popen([program.PROGRAM, "add", "--grid", "late", "late.jpg", *PATIENT], env=one.environment(),
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while not one.dynamodb.seen("POST", operation="PutItem"):
        assert running.poll() is None, running.communicate()
        time.sleep(0.02)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=60)
    equal((running.returncode, json.loads(out)["count"]), (1, 0), err)
    equal((one.rows("late"), one.objects(one.source)), ([], []))


program.main(globals())
