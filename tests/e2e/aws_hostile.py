#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Servers that lie, flood or speak nonsense: every answer is an input like any other. tessera ends with words and an exit
status, in time, without much of the flood in memory, and shows nothing that steers a terminal."""

import collections
import os

import program
from program import contains, equal
from cloud import Cloud, colour_of, photo
from fault_rules import Rule, answer, dynamo_answer, dynamo_error, s3_error

QUICK = ("--read-timeout", "1", "--connect-timeout", "1")
MIB = 1 << 20
IN_FLIGHT = 24 * MIB  # what buffers between the two may hold, those of the system above all
LIST = ('<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        "<EncodingType>url</EncodingType><IsTruncated>%s</IsTruncated>%s%s</ListBucketResult>")


def fails(one, *arguments, status=1, changes=None):
    """Runs it; it fails with words and little work. The words."""
    done = one.run(*arguments, status=status, changes=changes)
    assert done.cpu_s < 20, "it worked for %.1f s" % done.cpu_s
    contains(done.err, "tessera %s: " % arguments[0])
    for byte in done.err_bytes + done.out_bytes.replace(b"\n", b""):
        assert byte >= 32 or byte == 10, "control character %d in %r" % (byte, done.err)
    assert len(done.err) < 8000, "a flood of words: %d" % len(done.err)
    assert "root:" not in done.err + done.out
    return done.err


def contents(*keys, size="5"):
    return "".join("<Contents><Key>%s</Key><Size>%s</Size><ETag>&quot;x&quot;</ETag></Contents>" % (key, size) for key in keys)


def listing(*keys, truncated="false", token="", size="5"):
    token = token and "<NextContinuationToken>%s</NextContinuationToken>" % token
    return LIST % (truncated, token, contents(*keys, size=size))


def page(*keys, last=None):
    """An answer to Query."""
    result = {"Items": [{"s3Key": {"S": key}} for key in keys], "Count": len(keys), "ScannedCount": len(keys)}
    if last is not None:
        result["LastEvaluatedKey"] = last
    return result


def test_endless_object():
    one = Cloud(proxied=True)
    keys = sorted((one.earlier_image("g", photo(colour_of(index))) for index in range(4)), reverse=True)
    one.s3.add(Rule(path=keys[1], endless="body"))
    done = one.run("create-grid", "g", "--max-bytes", "1M", status=3)
    failed = done.answer()["failed"]
    equal([item["key"] for item in failed], [keys[1]])
    contains(failed[0]["reason"], "max-bytes", "1048576")
    seen = one.s3.seen("GET", keys[1])
    equal(len(seen), 1, "no use in repeating")
    assert seen[0].sent_bytes < MIB + IN_FLIGHT, seen[0].sent_bytes
    # One that announces what it never sends is refused by its announcement.
    one.clear()
    one.s3.add(Rule(path=keys[1], headers={"Content-Length": "9000000000000000000"}, close="end"))
    contains(one.run("create-grid", "g", "--max-bytes", "1M", "--fresh", status=3).answer()["failed"][0]["reason"], "max-bytes")


def test_endless_headers():
    one = Cloud(proxied=True)
    one.earlier_image("g", photo(colour_of(1)))
    for proxy, words in ((one.s3, "3 attempts"), (one.dynamodb, "4 attempts")):
        one.clear()
        proxy.add(Rule(endless="headers"))
        contains(fails(one, "create-grid", "g", *QUICK), "header", words)
        for request in proxy.requests:
            assert request.sent_bytes < IN_FLIGHT, request.sent_bytes
    # One header of megabytes.
    one.clear()
    one.dynamodb.add(Rule(headers={"X-Long": "x" * (2 * MIB)}))
    fails(one, "list", "--grid", "g", *QUICK)


def test_endless_answers():
    one = Cloud(proxied=True)
    for fault in (Rule(endless="body", act=False, status=200, body=b'{"Items":[{"s3Key":{"S":"'),
                  Rule(endless="body", act=False, status=400, body=b'{"__type":"'),
                  Rule(endless="body", act=False, status=500, body=b"")):
        one.clear()
        one.dynamodb.add(fault)
        fails(one, "list", "--grid", "g", *QUICK)
        assert all(request.sent_bytes < 16 * MIB + IN_FLIGHT for request in one.dynamodb.requests)
    for fault in (Rule(endless="body", act=False, status=200, body=(LIST % ("false", "", ""))[:-20].encode()),
                  Rule(endless="body", act=False, status=403, body=b"<Error><Code>")):
        one.clear()
        one.s3.add(fault)
        fails(one, "create-grid", "s3://" + one.source, *QUICK)
        assert all(request.sent_bytes < 16 * MIB + IN_FLIGHT for request in one.s3.requests)


BOMB = ('<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "' + "a" * 1000 + '">'
        + "".join('<!ENTITY %s "%s">' % (chr(98 + i), ("&%s;" % chr(97 + i)) * 50) for i in range(8))
        + "]>%s")
BAD_XML = {
    "an entity bomb": BOMB % "<ListBucketResult><Name>&i;</Name></ListBucketResult>",
    "a file of ours": '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>'
                      "<ListBucketResult><Name>&f;</Name></ListBucketResult>",
    "cut short": listing("a.jpg", "b.jpg")[:-40],
    "cut in an element": listing("a.jpg")[:-100],
    "nothing at all": "",
    "no XML": "OK",
    "HTML": "<html><body>It works!<br></body></html>",
    "another document": "<Other/>",
    "10,000 deep": "<ListBucketResult>" + "<a>" * 10000 + "</a>" * 10000 + "</ListBucketResult>",
    "not UTF-8": (LIST % ("false", "", "<Name>")).encode() + b"\xff\xfe\x80",
    "a NUL": listing("a.jpg").encode().replace(b"a.jpg", b"a\0.jpg"),
    "two roots": listing("a.jpg") + "<x/>",
    "a key with NUL": listing("a%00.jpg"),
    "a key that is no UTF-8": listing("%ff%fe.jpg"),
    "a key badly encoded": listing("a%zz.jpg"),
    "a key of 2,000 bytes": listing("x" * 2000),
    "two keys in one": LIST % ("false", "", "<Contents><Key>a.jpg</Key><Key>b.jpg</Key><Size>1</Size></Contents>"),
    "no key": LIST % ("false", "", "<Contents><Size>1</Size></Contents>"),
    "a size of 1e99": listing("a.jpg", size="1e99"),
    "a size below zero": listing("a.jpg", size="-1"),
    "a size of 30 digits": listing("a.jpg", size="9" * 30),
    "more, but no way there": listing("a.jpg", truncated="true"),
    "a token of a megabyte": listing("a.jpg", truncated="true", token="t" * MIB),
}


def test_listings_that_make_no_sense():
    one = Cloud(proxied=True)
    for what, body in BAD_XML.items():
        one.clear()
        one.s3.add(answer(200, body, path="list-type=2"))
        words = fails(one, "create-grid", "s3://" + one.source)
        contains(words, "list")
        assert len(one.s3.requests) <= 3, "%s: %d requests" % (what, len(one.s3.requests))
        assert one.s3.seen("PUT") == []


def test_a_key_without_a_name():
    """What some gateways make of a bucket that is a folder; and in no order."""
    one = Cloud(proxied=True)
    one.s3.add(answer(200, listing("b.jpg", "", "a.jpg"), path="list-type=2"))
    done = one.run("create-grid", "s3://" + one.source, status=None)
    equal(sorted(request.path.rpartition("/")[2] for request in one.s3.seen("GET")
                 if "list-type" not in request.path and request.path.endswith(".jpg")),
          ["a.jpg", "b.jpg"], done.err)


def test_listings_in_circles():
    one = Cloud(proxied=True)
    for body in (listing("a.jpg", truncated="true", token="same"), listing(truncated="true", token="same"),
                 listing("b.jpg", "a.jpg", truncated="true", token="next")):
        one.clear()
        one.s3.add(answer(200, body, path="list-type=2"))
        fails(one, "montage", "s3://" + one.source, "-o", "x.jpg", "--max-cells", "10000")
        assert len(one.s3.requests) <= 3, len(one.s3.requests)
    # Empty pages that go on and on, each with another token.
    one.clear()
    one.s3.add(*[answer(200, listing(truncated="true", token="t%d" % index), path="list-type=2", times=1)
                 for index in range(3000)])
    fails(one, "montage", "s3://" + one.source, "-o", "x.jpg")
    assert len(one.s3.requests) <= 1100, len(one.s3.requests)


def test_keys_are_only_names():
    """Whatever a server calls its objects: they are asked for by just that name, and nothing is written elsewhere."""
    one = Cloud(proxied=True)
    names = ["%1B%5B2J.jpg", "%20.jpg", "..%2F..%2Fescaped.jpg", ".%2F.%2Fx.jpg", "%2Fetc%2Fpasswd",
             "a%0D%0AHost%3A+evil%0D%0A%0D%0A.jpg", "line%0Abreak.jpg", "x%3Fy%23z.jpg"]
    one.s3.add(answer(200, listing(*names), path="list-type=2"))
    before = sorted(os.listdir("..")), sorted(os.listdir("."))
    words = fails(one, "montage", "s3://" + one.source + "/", "-o", "x.jpg", "--strict")
    assert "\x1b" not in words
    done = one.run("montage", "s3://" + one.source + "/", "-o", "x.jpg", status=1) # none of them is there
    assert b"\x1b" not in done.out_bytes + done.err_bytes
    equal(len(done.answer()["failed"]), len(names))
    asked = {request.path.partition("?")[0] for request in one.s3.seen("GET") if "list-type" not in request.path}
    equal(asked, {"/%s/%s" % (one.source, name.replace("%2F", "/").replace("+", "%20")) for name in names})
    assert all(request.headers["host"].startswith("127.0.0.1:") for request in one.s3.requests)
    equal((sorted(os.listdir("..")), sorted(os.listdir("."))), before)


BAD_JSON = {
    "nothing at all": "",
    "no JSON": "OK",
    "an array": "[]",
    "null": "null",
    "1,000 deep": '{"Items":' + "[" * 1000 + "]" * 1000 + "}",
    "100,000 deep": "[" * 100000,
    "cut short": '{"Items":[{"s3Key":{"S":"a',
    "something behind": '{"Items":[]} {}',
    "not UTF-8": b'{"Items":[{"s3Key":{"S":"\xff\xfe"}}]}',
    "half a surrogate": '{"Items":[{"s3Key":{"S":"\\ud800"}}]}',
    "a NUL in a key": '{"Items":[{"s3Key":{"S":"a\\u0000b"}}]}',
    "a raw newline": '{"Items":[{"s3Key":{"S":"a\nb"}}]}',
    "no rows": "{}",
    "rows that are text": '{"Items":"x"}',
    "rows of numbers": '{"Items":[1,2,3]}',
    "a key that is a number": '{"Items":[{"s3Key":{"N":"1"}}]}',
    "a key that is bare": '{"Items":[{"s3Key":"a.jpg"}]}',
    "a row without a key": '{"Items":[{}]}',
    "an empty key": page(""),
    "a key of 2,000 bytes": page("x" * 2000),
    "the wrong order": page("a", "b"),
    "one key twice": page("b", "b"),
    "a way back": page("b", "a", last={"uniqueGridId": {"S": "g"}, "s3Key": {"S": "z"}}),
    "the next page of another grid": page("b", last={"uniqueGridId": {"S": "other"}, "s3Key": {"S": "a"}}),
    "a next page that is no key": page("b", last={"s3Key": 7}),
    "the same name twice": '{"Items":[{"s3Key":{"S":"a"}}],"Items":[]}',
}


def test_rows_that_make_no_sense():
    one = Cloud(proxied=True)
    for what, body in BAD_JSON.items():
        one.clear()
        one.dynamodb.add(dynamo_answer(body, target="Query"))
        words = fails(one, "create-grid", "g")
        contains(words, "grid g")
        assert len(one.dynamodb.requests) <= 4 and not one.s3.seen("PUT"), what


def test_pages_in_circles():
    one = Cloud(proxied=True)
    one.dynamodb.add(dynamo_answer(page("b", last={"uniqueGridId": {"S": "g"}, "s3Key": {"S": "b"}})))
    fails(one, "list", "--grid", "g")
    assert len(one.dynamodb.requests) <= 3


def test_keys_of_rows_are_only_names():
    one = Cloud(proxied=True)
    keys = ["\x1b[2J.jpg", "line\nbreak.jpg", "../../escaped.jpg", "/etc/passwd", "\u202egpj.jpg"]
    one.map("g", keys)
    done = one.run("create-grid", "g", status=1)
    equal(sorted(item["key"] for item in done.answer()["failed"]), sorted(keys))
    assert b"\x1b" not in done.out_bytes + done.err_bytes
    contains(done.err, "escaped.jpg")
    equal(one.run("list", "--grid", "g", status=0).answer()["keys"], sorted(keys, key=str.encode, reverse=True))


def test_names_begin_no_lines():
    """No key can pass for words of ours."""
    one = Cloud()
    one.map("g", ["a\ntessera create-grid: all is well.jpg", "b\r\x85\u2028c.jpg"])
    done = one.run("create-grid", "g", status=1)
    for line in done.err.splitlines():
        assert line.startswith(("tessera create-grid: none of the 2 images", "tessera create-grid: 2 of 2", "  cell ")), \
            "%r in %r" % (line, done.err)


def test_counters_that_are_no_numbers():
    one = Cloud(proxied=True)
    for value in ("1e400", "-1e400", "9223372036854775808", "9" * 40, "NaN", "Infinity", "1.5", "", " 1", "0x10", "1" * 5000):
        one.clear()
        one.dynamodb.add(dynamo_answer({"Attributes": {"counter-value": {"N": value}}}, target="UpdateItem"),
                         dynamo_answer({"Item": {"counter-value": {"N": value}}}, target="GetItem"))
        fails(one, "counter", "visits")
        fails(one, "counter", "visits", "--get")
        # A fraction was counted on, and what was added is taken back.
        equal(len(one.dynamodb.requests), 2 if value.isdigit() else 3, value)


def test_counters_of_another_kind():
    """A fault of what is stored there, not of how the program was called: exit status 1."""
    one = Cloud(proxied=True)
    one.dynamodb.add(dynamo_error(400, "ValidationException", "The provided key element does not match the schema"))
    contains(fails(one, "counter", "visits"), "ValidationException")
    for attribute in ({"S": "7"}, {"N": 7}, 7, None, {"L": []}):
        one.clear()
        one.dynamodb.add(dynamo_answer({"Item": {"counter-value": attribute}}, target="GetItem"))
        fails(one, "counter", "visits", "--get")


def test_words_that_steer():
    """What a server says is shown as text, never as more."""
    one = Cloud(proxied=True)
    evil = "\\u001b]0;x\\u0007\\u001b[2J\\r\\nroot\\u202e" + "long " * 5000
    one.dynamodb.add(Rule(
        act=False, status=400, headers={"Content-Type": "application/x-amz-json-1.0"},
        body=('{"__type":"x#Odd\\u001b[31mException","message":"%s"}' % evil).encode()))
    words = fails(one, "list", "--grid", "g")
    assert "\u202e" not in words, words
    one.s3.add(s3_error(400, "Odd&#27;Code", "&#27;[2J %s" % ("long " * 5000)))
    fails(one, "create-grid", "s3://" + one.source)
    one.clear()
    one.s3.add(s3_error(400, "OddCode", "\u009b2J\u202e%s %%s%%n" % ("long " * 5000)))
    words = fails(one, "create-grid", "s3://" + one.source)
    contains(words, "OddCode")
    assert "\u009b" not in words and "\u202e" not in words, words


def test_not_http():
    one = Cloud(proxied=True)
    one.earlier_image("g", photo(colour_of(1)))
    for raw in (b"\x16\x03\x01\x02\x00", b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 999999 OK\r\n\r\n", b"HTTP/1.1 -200 OK\r\n\r\n",
                b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nx",
                b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
                b"HTTP/1.1 100 Continue\r\n\r\n" * 1000, b"\0" * 70000):
        for proxy in (one.dynamodb, one.s3):
            one.clear()
            proxy.add(Rule(raw=raw))
            fails(one, "create-grid", "g", *QUICK)
            tries = collections.Counter((request.method, request.path) for request in proxy.requests)
            assert max(tries.values()) <= 4, (raw[:40], tries)


def test_redirects_are_not_followed():
    one = Cloud(proxied=True)
    one.earlier_image("g", photo(colour_of(1)))
    for status in (301, 302, 303, 307, 308):
        one.clear()
        one.s3.add(Rule(act=False, status=status, headers={"Location": "http://127.0.0.1:%d/x" % one.dynamodb.port}))
        fails(one, "create-grid", "g", *QUICK)
        assert all(request.operation for request in one.dynamodb.requests), "it went where the answer sent it"


program.main(globals())
