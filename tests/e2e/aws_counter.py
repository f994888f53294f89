#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Counters in DynamoDB: no hit is lost, no two get the same number, and whatever the network does, never more is counted
than was asked for. What may or may not have been counted says so."""

import os
import subprocess

import program
from program import contains, equal
from cloud import Cloud, no_secrets
from fault_rules import Rule, dynamo_error, throttling

STORE_HITS = os.environ.get("STORE_HITS", "")
MAYBE = "may or may not have been counted"


def hits(one, name, processes, each):
    """The numbers that were given out, and the words of those that failed."""
    done = subprocess.run([STORE_HITS, name, str(processes), str(each)], env=one.environment(), capture_output=True,
                          check=True, timeout=100)
    lines = done.stdout.decode().splitlines()
    equal(len(lines), processes * each, "answers")
    return sorted(int(line) for line in lines if line.isdigit()), [line for line in lines if not line.isdigit()]


def test_sixteen_processes():
    one = Cloud()
    values, failures = hits(one, "visits", 16, 100)
    equal(failures, [])
    equal(values, list(range(1, 1601)))
    equal(one.counter("visits"), 1600)


def test_programs_at_once():
    one = Cloud()
    running = [subprocess.Popen([program.PROGRAM, "counter", "visits"], env=one.environment(), stdout=subprocess.PIPE)
               for _ in range(12)]
    answers = sorted(process.communicate()[0] for process in running)
    equal(answers, sorted(b'{"value":%d}\n' % value for value in range(1, 13)))
    equal(one.counter("visits"), 12)


def test_lost_answers():
    """Answers are lost in four ways after the hit was counted, requests in two before they arrive."""
    one = Cloud(proxied=True)
    one.dynamodb.add(Rule(target="UpdateItem", chance=0.03, seed=1, reset="answer"),
                     Rule(target="UpdateItem", chance=0.03, seed=2, reset="body", offset=5),
                     Rule(target="UpdateItem", chance=0.03, seed=3, close="headers", offset=7),
                     dynamo_error(500, "InternalServerError", target="UpdateItem", chance=0.03, seed=4, act=True),
                     Rule(target="UpdateItem", chance=0.03, seed=5, reset="request", name="never arrived"),
                     Rule(target="UpdateItem", chance=0.03, seed=6, act=False, close="answer", name="never arrived"))
    values, failures = hits(one, "visits", 8, 50)
    counted = one.counter("visits")
    seen = one.dynamodb.seen(operation="UpdateItem")
    lost = [request for request in seen if request.fault]
    print("%d hits, %d failed, %d counted, %d requests" % (400, len(failures), counted, len(seen)))
    assert len(lost) > 30, "the proxy spoilt only %d" % len(lost)
    equal(len(set(values)), len(values), "numbers given out twice")
    equal(len(seen), 400, "a hit is sent once")
    equal(len(failures), len(lost))
    assert len(values) <= counted <= 400, (len(values), counted)
    never = [request for request in lost if request.fault == "never arrived"]
    equal(counted, 400 - len(never), "all the others were counted")
    for words in failures:
        contains(words, MAYBE)


def test_no_answer_in_time():
    one = Cloud(proxied=True)
    one.dynamodb.add(Rule(target="UpdateItem", stall="answer", stall_s=3, times=1))
    done = one.run("counter", "visits", "--read-timeout", "0.3", status=1)
    contains(done.err, "tessera counter: ", "visits", MAYBE)
    equal(done.out, "")
    equal((len(one.dynamodb.seen(operation="UpdateItem")), one.counter("visits")), (1, 1))
    equal(one.run("counter", "visits", status=0).answer(), {"value": 2})
    no_secrets(done)


def test_throttled_hits_are_tried_again():
    """Throttling says that nothing was done."""
    one = Cloud(proxied=True)
    one.dynamodb.add(throttling("ProvisionedThroughputExceededException", target="UpdateItem", times=2))
    equal(one.run("counter", "visits", status=0).answer(), {"value": 1})
    equal((len(one.dynamodb.seen(operation="UpdateItem")), one.counter("visits")), (3, 1))


def test_nothing_was_sent():
    one = Cloud()
    done = one.run("counter", "visits", changes={"AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:1"}, status=1)
    contains(done.err, "tessera counter: ", "cannot connect to 127.0.0.1:1")
    assert MAYBE not in done.err, done.err
    equal(one.counter("visits"), None)


def test_get_and_set_are_repeated():
    one = Cloud(proxied=True)
    one.dynamodb.add(Rule(target="UpdateItem", reset="answer", times=2), Rule(target="GetItem", reset="body", offset=3, times=2))
    equal(one.run("counter", "visits", "--set", "7", status=0).answer(), {"value": 7})
    equal(one.run("counter", "visits", "--get", status=0).answer(), {"value": 7})
    equal((len(one.dynamodb.seen(operation="UpdateItem")), len(one.dynamodb.seen(operation="GetItem"))), (3, 3))


def test_counters_need_no_buckets():
    one = Cloud()
    bare = {"SOURCE_BUCKET": None, "DESTINATION_BUCKET": None, "AWS_ENDPOINT_URL_S3": None}
    equal(one.run("counter", "visits", "--store", "aws", changes=bare, status=0).answer(), {"value": 1})
    equal(one.counter("visits"), 1)


def test_without_a_table():
    one = Cloud(made=False)
    done = one.run("counter", "visits", "--store", "aws", status=1)
    contains(done.err, one.counters, "tessera init")


if not os.access(STORE_HITS, os.X_OK):
    program.skip("no program at $STORE_HITS (%r)" % STORE_HITS)
program.main(globals())
