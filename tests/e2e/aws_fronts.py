#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The HTTP service and the Lambda runtime on S3 and DynamoDB, with what an earlier back end left there."""

import base64
import collections
import json
import os
import signal
import subprocess
import sys
import threading

import program
from program import contains, equal
from cloud import Cloud, cells, colour_of, fetch, near, photo
from fault_rules import Rule, dynamo_error, s3_error
from service import Service

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "service"))
from fake_runtime import FakeRuntime  # noqa: E402  pylint: disable=wrong-import-position


def test_earlier_clients_and_rows():
    one = Cloud()
    old = one.earlier_image("holiday", photo(colour_of(1)))
    with Service(environment=one.environment()) as service:
        saved = service.ask_json("POST", "/add_image?uniqueGridId=holiday", photo(colour_of(2)))
        equal(saved["message"], "image saved")
        rows = {row["s3Key"]["S"] for row in one.rows("holiday")}
        equal(rows, {old, saved["s3Key"]})
        equal(set(one.objects(one.source)), rows)
        built = service.ask_json("POST", "/generate_grid?uniqueGridId=holiday&tile=40&columns=2")
        equal((built["message"], built["failed"], built["width"]), ("built grid", [], 80))
        status, _, picture = fetch(built["presigned_url"])
        equal(status, 200)
        order = service.ask_json("GET", "/grids/holiday")["keys"]
        colours = {old: colour_of(1), saved["s3Key"]: colour_of(2)}
        for got, key in zip(cells(picture, 40, 2, 2), order):
            assert near(got, colours[key]), (got, colours[key])
        again = service.ask_json("POST", "/generate_grid?uniqueGridId=holiday&tile=40&columns=2")
        equal((again["cached"], again["key"]), (True, built["key"]))
        turned = service.ask_json("POST", "/generate_grid?uniqueGridId=holiday&tile=40&columns=2",
                                  json.dumps({"keys": order[::-1]}).encode(), headers={"Content-Type": "application/json"})
        got = cells(fetch(turned["presigned_url"])[2], 40, 2, 2)
        assert near(got[0], colours[order[1]]) and near(got[1], colours[order[0]])
        equal(service.ask_json("DELETE", "/grids/holiday/" + old)["removed"], 1)
        equal(service.ask_json("DELETE", "/grids/holiday")["removed"], 1)
        equal((one.rows("holiday"), one.objects(one.source)), ([], []))
        numbers = service.settled_metrics()
        assert numbers["tessera_store_calls_total"] > 8


def test_upload_link_leads_to_s3():
    one = Cloud()
    with Service(environment=one.environment()) as service:
        link = service.ask_json("POST", "/upload_url?uniqueGridId=g&type=image/jpeg")
        equal([row["s3Key"]["S"] for row in one.rows("g")], [link["s3Key"]])
        body = photo(colour_of(3))
        done = subprocess.run(["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "-X", "PUT", "--data-binary", "@-",
                               "-H", "Content-Type:", link["upload_url"]], input=body, stdout=subprocess.PIPE, check=True)
        equal(done.stdout, b"200")
        equal(one.objects(one.source), [link["s3Key"]])
        equal(service.ask_json("POST", "/generate_grid?uniqueGridId=g")["failed"], [])
        # The store's own links lead elsewhere: this service answers for none.
        equal(service.ask("GET", "/objects/%s/%s?X-Amz-Signature=0" % (one.source, link["s3Key"])).status, 501)


def test_counters():
    one = Cloud()
    with Service(environment=one.environment()) as service:
        seen, lock = [], threading.Lock()

        def hit():
            link = service.connect()
            for _ in range(10):
                value = service.ask_json("POST", "/counters/visits", connection=link)["value"]
                with lock:
                    seen.append(value)
            link.close()
        threads = [threading.Thread(target=hit) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        equal(sorted(seen), list(range(1, 161)))
        equal((one.counter("visits"), service.ask_json("GET", "/counters/visits")["value"]), (160, 160))


def test_servers_that_fail():
    """The words and the status are right, nothing half-done is left, and the next request is served."""
    one = Cloud(proxied=True)
    with Service(environment=one.environment()) as service:
        equal(service.ask("GET", "/readyz").status, 200)
        one.dynamodb.add(dynamo_error(500, "InternalServerError", target="GetItem"))
        equal((service.ask("GET", "/readyz").status, service.ask("GET", "/healthz").status), (503, 200))
        one.clear()
        one.dynamodb.add(Rule(target="UpdateItem", reset="answer"))
        lost = service.ask("POST", "/counters/visits")
        equal(lost.status, 500)
        contains(lost.json()["message"], "may or may not have been counted")
        one.clear()
        equal(service.ask_json("POST", "/counters/visits"), {"value": 2})
        one.dynamodb.add(dynamo_error(500, "InternalServerError", target="PutItem"))
        assert service.ask("POST", "/add_image?uniqueGridId=g", photo(colour_of(1))).status in (500, 503)
        one.clear()
        equal((one.rows("g"), one.objects(one.source)), ([], []))
        service.ask_json("POST", "/add_image?uniqueGridId=g", photo(colour_of(1)))
        one.s3.add(s3_error(503, "SlowDown", method="GET"))
        busy = service.ask("POST", "/generate_grid?uniqueGridId=g")
        assert busy.status in (500, 503), busy
        one.clear()
        # What AWS says names buckets, roles and accounts: it is for the log.
        words = "User: arn:aws:sts::123456789012:assumed-role/x is not authorized"
        for query in ("", "&strict=1"):
            one.s3.add(s3_error(403, "AccessDenied", words, method="GET", path=one.rows("g")[0]["s3Key"]["S"]))
            denied = service.ask("POST", "/generate_grid?uniqueGridId=g&fresh=1" + query)
            equal(denied.status, 500, query)
            assert one.source not in denied.body.decode() and "arn:" not in denied.body.decode(), denied.body
            one.clear()
        one.s3.add(s3_error(409, "OperationAborted", words, method="PUT"))
        met = service.ask("POST", "/add_image?uniqueGridId=g", photo(colour_of(2)))
        equal(met.status, 503)
        assert one.source not in met.body.decode() and "arn:" not in met.body.decode(), met.body
        one.clear()
        equal(service.ask_json("POST", "/generate_grid?uniqueGridId=g")["failed"], [])
        assert service.metrics()["tessera_store_retries_total"] > 3


def test_lambda():
    one = Cloud()
    one.earlier_image("holiday", photo(colour_of(1)))
    runtime = FakeRuntime()
    function = subprocess.Popen([program.PROGRAM, "lambda"], stderr=subprocess.PIPE,
                                env=one.environment(AWS_LAMBDA_RUNTIME_API=runtime.address, _HANDLER="api"))
    try:
        def v2(method, path, query="", body=None):
            event = {"version": "2.0", "rawPath": path, "rawQueryString": query, "headers": {},
                     "requestContext": {"http": {"method": method, "path": path}}, "isBase64Encoded": body is not None}
            if body is not None:
                event["body"] = base64.b64encode(body).decode()
            return runtime.invoke(event)
        saved = v2("POST", "/add_image", "uniqueGridId=holiday", photo(colour_of(2))).proxied()
        equal(saved["message"], "image saved")
        built = v2("POST", "/generate_grid", "uniqueGridId=holiday&tile=40").proxied()
        equal((built["tiles"], built["failed"]), (2, []))
        equal(fetch(built["presigned_url"])[0], 200)
        direct = json.loads(runtime.invoke({"counter": "cloud-resume"}).text)
        equal(direct, {"statusCode": 200, "value": 1})
        equal(one.counter("cloud-resume"), 1)
        bucket = json.loads(runtime.invoke({"SOURCE_BUCKET": one.source, "DESTINATION_BUCKET": one.dest}).text)
        equal(bucket["tiles"], 2)
        records = {"Records": [{"messageId": "m%d" % i, "eventSource": "aws:sqs",
                                "body": json.dumps({"uniqueGridId": grid, "tile": 20})}
                               for i, grid in enumerate(("holiday", "nothing-there"))]}
        equal(json.loads(runtime.invoke(records).text), {"batchItemFailures": [{"itemIdentifier": "m1"}]})
    finally:
        function.send_signal(signal.SIGTERM)
        log = function.communicate(timeout=30)[1].decode()
        runtime.close()
    equal(function.returncode, 0, log)


program.main(globals())
