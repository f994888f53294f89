#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Signatures of random requests, made by us, by botocore and by npm's aws4: header and link form must come out the same.

usage: sigv4_cross.py DRIVER [COUNT [SEED]]     DRIVER is the program of tests/unit/sigv4_lines.c

Each request is for one of the judges or for both. What a judge is not shown, as it deviates there by a fault of its own
or because the two contradict each other, stands with its reason in the functions that make requests. No judge sees
"a&&b" in a query (a pair of two nothings to botocore, none to us and aws4), or a path of another service than S3 that
ends in "." or ".." (we keep the slash that is left before it, as RFC 3986 does; they do not).
"""

import datetime
import hashlib
import json
import os
import random
import shutil
import string
import subprocess
import sys
import types
import urllib.parse

import npm_package

try:
    import botocore.auth
    import botocore.awsrequest
    import botocore.credentials
except ImportError as missing:
    print("skipped: %s (samples/install-packages --services brings it)" % missing)
    sys.exit(77)

HERE = os.path.dirname(os.path.abspath(__file__))
FOLDER = os.path.abspath(os.environ.get("TESSERA_SERVICES") or os.path.join(HERE, "../../build/services"))
UNRESERVED = string.ascii_letters + string.digits + "-._~"
# All that a key may hold: blanks, marks with a meaning in URLs, two to four bytes of UTF-8, controls.
CHARACTERS = list(UNRESERVED * 2 + " !\"#$%&'()*+,:;<=>?@[\\]^`{|}" * 2 + "äßéñ€日本語🙂\u00a0\u2028\ufeff") + ["\t", "\n", "\x7f"]
VISIBLE = list(UNRESERVED + " ,;:=\"'()/@*+&%$#!?<>[]{}|\\^`\t" + "äé日🙂")  # without other blanks, which are not HTTP's
TOKEN = string.ascii_letters + string.digits + "-_.!#$%&'*+^`|~"
SERVICES = ("s3", "s3", "s3", "dynamodb", "sqs", "sts", "execute-api")
# Headers that a judge leaves out of the signature, or that the forms add themselves.
RESERVED = {"host", "date", "authorization", "connection", "expect", "user-agent", "range", "presigned-expires",
            "x-amzn-trace-id", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256", "content-length",
            "content-md5"}


def words(chance, alphabet, most):
    return "".join(chance.choice(alphabet) for _ in range(chance.randrange(most + 1)))


def encode(chance, text, keep, loose):
    """Percent-encoded; `loose`: as some clients do, with less encoded than could be, more, or in small letters."""
    done = []
    for byte in text if isinstance(text, bytes) else text.encode():
        character = chr(byte)
        plain = character in UNRESERVED + keep
        if loose and chance.random() < 0.2:
            plain = plain and character == "/" or not plain and character in "!*'(),;:@$"
        done.append(character if plain else ("%%%02x" if loose and chance.random() < 0.3 else "%%%02X") % byte)
    return "".join(done)


def make_path(chance, service, judges):
    if service != "s3" and chance.random() < 0.5:
        return "/"
    segments = []
    for _ in range(chance.randrange(1, 6)):
        kind = chance.random()
        segments.append("" if kind < 0.1 else "." if kind < 0.15 else ".." if kind < 0.2 else words(chance, CHARACTERS, 12))
    if service != "s3":
        segments.append(words(chance, UNRESERVED, 5) + "x")
    text = "/".join(segments).encode()
    if judges == {"botocore"} and chance.random() < 0.1:
        text += bytes(chance.randrange(128, 256) for _ in range(3))  # no UTF-8: aws4 cannot take it apart
    # botocore sends and signs a path as it is, so that it must be encoded as S3 does it.
    return "/" + encode(chance, text, "/", service == "s3" and "botocore" not in judges)


def make_query(chance, service, judges):
    pairs = []
    for _ in range(chance.choice((0, 0, 1, 2, 3, 6))):
        name = chance.choice(("acl", "prefix", "list-type", "versionId", "a", "A", "aa", "a-", "ä", ""))
        pairs.append((name or words(chance, CHARACTERS, 8), None if chance.random() < 0.2 else words(chance, CHARACTERS, 12)))
    if chance.random() < 0.3 and pairs:
        pairs += [(chance.choice(pairs)[0], words(chance, CHARACTERS, 4)) for _ in range(3)]
    # aws4 leaves out pairs without a name, and of S3's repeated names takes the first alone.
    if "aws4" in judges:
        pairs = [pair for pair in pairs if pair[0]]
        if service == "s3":
            pairs = list({name: (name, value) for name, value in pairs}.values())
    # botocore sorts what is sent as it is, so that it must be encoded as it is signed; a bare name with nothing is "a&&b".
    loose = "botocore" not in judges
    pairs = [pair for pair in pairs if pair != ("", None)]
    return "&".join(encode(chance, name, "", loose) + ("" if value is None else "=" + encode(chance, value, "", loose))
                    for name, value in pairs)


def make_headers(chance, judges):
    headers = [(chance.choice(("Host", "host")), chance.choice(("bucket.s3.eu-north-1.amazonaws.com", "localhost:9000",
                                                                "[::1]:80", "a.example")))]
    for _ in range(chance.choice((0, 1, 2, 5))):
        name = chance.choice(("x-amz-acl", "X-Amz-Meta-A", "x-amz-meta-a_b", "x-amz-meta-a-b", "Content-Type", "if-none-match",
                              "X-AMZ-Storage-Class", "")) or "a" + words(chance, TOKEN, 10)
        headers.append((name, words(chance, VISIBLE, 20)))
        if chance.random() < 0.1:
            headers.append((name.upper(), " ".join(words(chance, VISIBLE, 5) for _ in range(3))))
    headers = [header for header in headers if header[0].lower() not in RESERVED or header is headers[0]]
    if "aws4" in judges:  # it takes an object: a name is there once
        headers = list({name.lower(): (name, value) for name, value in headers}.values())
    if judges == {"botocore"} and chance.random() < 0.2:
        headers.append(("Range", "bytes=0-%d" % chance.randrange(1000)))  # aws4 never signs it
    chance.shuffle(headers)
    return headers


def make_request(chance):
    judges = chance.choice(({"botocore", "aws4"}, {"botocore", "aws4"}, {"botocore"}, {"aws4"}))
    service = chance.choice(SERVICES)
    body = words(chance, CHARACTERS, 30)
    time_s = chance.randrange(946684800, 4102444800)  # of this century
    return judges, {
        "service": service, "region": chance.choice(("us-east-1", "eu-north-1", "cn-north-1", "us-gov-west-1", "local")),
        "id": "AKIA" + words(chance, string.ascii_uppercase, 16), "secret": "s" + words(chance, string.ascii_letters + "+/", 39),
        "token": words(chance, string.ascii_letters + "+/=", 60) if chance.random() < 0.4 else "",
        "time_s": str(time_s), "date": datetime.datetime.fromtimestamp(time_s, datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ"),
        "expires_s": str(chance.randrange(1, 604801)), "method": chance.choice(("GET", "PUT", "POST", "HEAD", "DELETE")),
        "path": make_path(chance, service, judges), "query": make_query(chance, service, judges),
        "headers": make_headers(chance, judges), "body": body, "hash": hashlib.sha256(body.encode()).hexdigest()}


def botocore_signed(request, link):
    """What botocore makes of it at the request's time."""
    class Then(datetime.datetime):
        @classmethod
        def utcnow(cls):
            return cls.strptime(request["date"], "%Y%m%dT%H%M%SZ")
    botocore.auth.datetime = types.SimpleNamespace(datetime=Then)
    keys = botocore.credentials.Credentials(request["id"], request["secret"], request["token"] or None)
    url = "https://host" + request["path"] + ("?" + request["query"] if request["query"] else "")
    asked = botocore.awsrequest.AWSRequest(method=request["method"], url=url, data=b"" if link else request["body"].encode())
    for name, value in request["headers"]:
        asked.headers[name] = value
    s3 = request["service"] == "s3"
    if link:
        signer = (botocore.auth.S3SigV4QueryAuth if s3 else botocore.auth.SigV4QueryAuth)(
            keys, request["service"], request["region"], int(request["expires_s"]))
        signer.add_auth(asked)
        return asked.url.partition("?")[2]
    signer = (botocore.auth.S3SigV4Auth if s3 else botocore.auth.SigV4Auth)(keys, request["service"], request["region"])
    signer.add_auth(asked)
    return asked.headers["Authorization"]


def botocore_can_link(request):
    """It takes a query apart for a link, and keeps the first of repeated names only; and no bytes that are no UTF-8."""
    names = [name for name, _ in parameters(request["query"])]
    return len(names) == len(set(names))


def parameters(query):
    return sorted((urllib.parse.unquote(name), urllib.parse.unquote(value))
                  for name, _, value in (pair.partition("=") for pair in query.split("&") if pair))


def lines_of(command, requests):
    text = "".join(json.dumps(request) + "\n" for request in requests)
    done = subprocess.run(command, input=text.encode(), stdout=subprocess.PIPE, check=True, timeout=200)
    lines = [line.split("\t") for line in done.stdout.decode().split("\n")[:-1]]
    if len(lines) != len(requests):
        raise SystemExit("%s: %d lines for %d requests" % (command[0], len(lines), len(requests)))
    return lines


def differences(requests, ours, aws4):
    """Yields (judge, form, request, ours, theirs); counts comparisons in differences.made."""
    differences.made = dict.fromkeys(("botocore header", "botocore link", "aws4 header", "aws4 link"), 0)
    theirs_of_aws4 = iter(aws4)
    for (judges, request), (header, link) in zip(requests, ours):
        verdicts = []
        if "botocore" in judges:
            verdicts.append(("botocore header", header, botocore_signed(request, False)))
            if botocore_can_link(request):
                verdicts.append(("botocore link", link, botocore_signed(request, True)))
        if "aws4" in judges:
            their_header, their_link = next(theirs_of_aws4)
            verdicts += [("aws4 header", header, their_header), ("aws4 link", link, their_link)]
        for name, mine, theirs in verdicts:
            differences.made[name] += 1
            same = mine == theirs if name.endswith("header") else parameters(mine) == parameters(theirs)
            if not same:
                yield name, request, mine, theirs


def main(driver, count="10000", seed="1"):
    node = shutil.which("node")
    if not node:
        print("skipped: no node (samples/install-packages --services brings it)")
        return 77
    try:
        package = npm_package.fetch("aws4", os.path.join(FOLDER, "npm"))
    except (OSError, subprocess.SubprocessError) as reason:
        print("skipped: aws4 cannot be fetched: %s" % reason)
        return 77
    chance = random.Random(int(seed))
    requests = [make_request(chance) for _ in range(int(count))]
    ours = lines_of([driver], [request for _, request in requests])
    aws4 = lines_of([node, os.path.join(HERE, "sigv4_cross_aws4.js"), package],
                    [request for judges, request in requests if "aws4" in judges])
    bad = 0
    for name, request, mine, theirs in differences(requests, ours, aws4):
        bad += 1
        if bad <= 5:
            print("%s differs\n  request %s\n  ours    %s\n  theirs  %s" % (name, json.dumps(request), mine, theirs))
    print("%s requests of seed %s: %s; %d differ" % (
        count, seed, ", ".join("%d %s" % (made, name) for name, made in differences.made.items()), bad))
    return 1 if bad or min(differences.made.values()) < int(count) // 4 else 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
