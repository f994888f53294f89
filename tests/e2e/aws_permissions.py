#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What the Lambda functions ask of S3 and DynamoDB is what samples/aws/template.yaml allows them, and all of that is asked."""

import base64
import importlib.machinery
import importlib.util
import os
import re
import signal
import subprocess
import sys

import program
from program import equal
from cloud import Cloud, colour_of, fetch, photo

SOURCE = os.environ.get("TESSERA_SOURCE_DIR", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
sys.path.insert(0, os.path.join(SOURCE, "tests", "service"))
from fake_runtime import FakeRuntime  # noqa: E402  pylint: disable=wrong-import-position

sys.dont_write_bytecode = True
loader = importlib.machinery.SourceFileLoader("aws_template", os.path.join(SOURCE, "tests", "checks", "aws_template"))
template = importlib.util.module_from_spec(importlib.util.spec_from_loader("aws_template", loader))
loader.exec_module(template)

ID = {"uniqueGridId": "holiday"}
# Allowed, but not asked for while nothing fails: an image whose mapping failed is taken back. And what Lambda itself calls.
AT_FAULTS = {"AddImage": {("s3:DeleteObject", template.IMAGES), ("dynamodb:DeleteItem", template.GRID_TABLE)}}
SIGNED_ONLY = {"Manage": {("s3:PutObject", template.IMAGES)}}


def event(method, path, query=None, body=None):
    return {"httpMethod": method, "path": path, "queryStringParameters": query, "headers": {},
            "requestContext": {"stage": "$default"}, "body": base64.b64encode(body).decode() if body else None,
            "isBase64Encoded": bool(body)}


def ask(cloud, handler, *events):
    """The answers to events, by a function with that handler."""
    runtime = FakeRuntime()
    process = subprocess.Popen([program.PROGRAM, "lambda"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                               env=dict(cloud.environment(), AWS_LAMBDA_RUNTIME_API=runtime.address, _HANDLER=handler))
    try:
        done = [runtime.invoke(one) for one in events]
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        runtime.close()
    for one in done:
        equal(one.kind, "response", repr(one.text[:300]))
        equal(one.body.get("statusCode", 200), 200, repr(one.text[:300]))
    return done


def asked(cloud):
    """The (action, resource) of every request that was recorded."""
    found = set()
    for request in cloud.dynamodb.requests:
        operation = request.headers["x-amz-target"].split(".")[1]
        table = re.search(rb'"TableName":\s*"([^"]*)"|"RequestItems":\s*\{\s*"([^"]*)"', request.body)
        name = (table.group(1) or table.group(2)).decode()
        found.add(("dynamodb:" + operation, {cloud.grids: template.GRID_TABLE, cloud.counters: template.COUNTER_TABLE}[name]))
    for request in cloud.s3.requests:
        bucket, _, key = request.path.split("?")[0].lstrip("/").partition("/")
        name = {cloud.source: "Images", cloud.dest: "Grids"}[bucket]
        if key:
            action = {"GET": "Get", "HEAD": "Get", "PUT": "Put", "DELETE": "Delete"}[request.method]
            found.add(("s3:%sObject" % action, "Sub ${%s.Arn}/*" % name))
        else:
            found.add(("s3:ListBucket", "GetAtt %s.Arn" % name))
    return found


def check(cloud, name):
    allowed = {call for call in template.FUNCTIONS[name][2] if not call[0].startswith("sqs:")}
    got = asked(cloud)
    equal(sorted(got - allowed), [], name + " asks for what it may not")
    # ListBucket is also what makes S3 say that an object is not there: no request shows it.
    idle = allowed - got - AT_FAULTS.get(name, set()) - SIGNED_ONLY.get(name, set()) - {("s3:ListBucket", "GetAtt Grids.Arn")}
    equal(sorted(idle), [], name + " may do what it never asks for")
    cloud.clear()


def test_every_function():
    cloud = Cloud(proxied=True)
    added = ask(cloud, "add_image", event("POST", "/add_image", ID, photo(colour_of(1))),
                event("POST", "/add_image", ID, photo(colour_of(2))))
    check(cloud, "AddImage")
    queue = {"Records": [{"messageId": "1", "eventSource": "aws:sqs", "body": '{"uniqueGridId":"holiday","tile":30}'}]}
    done = ask(cloud, "generate_grid", event("POST", "/generate_grid", ID), event("POST", "/generate_grid", ID), queue,
               {"SOURCE_BUCKET": cloud.source, "DESTINATION_BUCKET": cloud.dest})
    equal((done[0].proxied()["failed"], done[1].proxied()["cached"]), ([], True))
    check(cloud, "GenerateGrid")
    ask(cloud, "getHitCount", event("POST", "/counters/visits"), {"counter": "visits"})
    check(cloud, "HitCount")
    link = ask(cloud, "api", event("POST", "/upload_url", ID), event("GET", "/grids/holiday"), event("GET", "/counters/visits"),
               event("GET", "/readyz"), event("GET", "/healthz"), event("GET", "/openapi.json"),
               event("DELETE", "/grids/holiday/" + added[0].proxied()["s3Key"]), event("DELETE", "/grids/holiday"))[0].proxied()
    equal(("/%s/" % cloud.source) in link["upload_url"], True, link["upload_url"])
    check(cloud, "Manage")
    equal(fetch(done[0].proxied()["presigned_url"])[0], 200)


if __name__ == "__main__":
    program.main(dict(globals()))
