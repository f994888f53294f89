#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`tessera lambda` against a small Runtime API, on the embedded store: every form of event, errors, deadlines."""

import base64
import contextlib
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time

import program
from program import contains, environment, equal, run, write_jpeg

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "service"))
from fake_runtime import FakeRuntime  # noqa: E402  pylint: disable=wrong-import-position


class Function:
    """The program as a function's one process."""

    def __init__(self, runtime, handler="api", command=None, **variables):
        env = environment(AWS_LAMBDA_RUNTIME_API=runtime.address, _HANDLER=handler, TESSERA_DATA="store", **variables)
        self.process = subprocess.Popen(command or [program.PROGRAM, "lambda"], env=env, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE)
        self.status, self.log = None, ""

    def end(self, status=0, by=signal.SIGTERM):
        if by:
            self.process.send_signal(by)
        _, err = self.process.communicate(timeout=60)
        self.log = err.decode("utf-8")
        equal(self.process.returncode, status, "exit status, with the log %s" % self.log)
        return [json.loads(line) for line in self.log.splitlines()]


@contextlib.contextmanager
def function(handler="api", status=0, **options):
    runtime = FakeRuntime()
    there = Function(runtime, handler, **options)
    there.lines = None
    try:
        yield runtime, there
        if there.process.returncode is None:
            there.lines = there.end(status)
    finally:
        there.process.kill()
        there.process.wait()
        runtime.close()


def v1(method, path, query=None, body=None, **more):
    event = {"resource": "/{proxy+}", "path": path, "httpMethod": method, "headers": {"Content-Type": "application/json"},
             "multiValueHeaders": None, "queryStringParameters": query, "multiValueQueryStringParameters": None,
             "requestContext": {"stage": "prod", "path": "/prod" + path}, "body": body, "isBase64Encoded": False}
    if query:
        event["multiValueQueryStringParameters"] = {name: [value] for name, value in query.items()}
    event.update(more)
    return event


def v2(method, path, query="", body=None, stage="$default", **more):
    event = {"version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query,
             "headers": {"content-type": "application/json"}, "isBase64Encoded": False,
             "requestContext": {"stage": stage, "http": {"method": method, "path": path}}}
    if body is not None:
        event["body"] = body
    event.update(more)
    return event


def image(name="a.jpg", **options):
    write_jpeg(name, **options)
    with open(name, "rb") as file:
        return file.read()


def encoded(bytes_):
    return {"body": base64.b64encode(bytes_).decode("ascii"), "isBase64Encoded": True}


def proxied(done, status):
    equal(done.kind, "response", repr(done.text[:300]))
    equal(done.body["statusCode"], status, repr(done.text[:300]))
    equal(done.body["isBase64Encoded"], False)
    return done.proxied()


def failed(done, type_, *words):
    equal(done.kind, "error", repr(done.text[:300]))
    equal(done.body["errorType"], type_, done.body["errorMessage"])
    equal(done.headers["Lambda-Runtime-Function-Error-Type"], type_)
    equal(done.body["stackTrace"], [])
    contains(done.body["errorMessage"], *words)


def sqs(*bodies):
    return {"Records": [{"messageId": "m%d" % number, "eventSource": "aws:sqs", "body": body}
                        for number, body in enumerate(bodies)]}


def failures(done):
    equal(done.kind, "response", repr(done.text[:300]))
    equal(list(done.body), ["batchItemFailures"])
    return sorted(failure["itemIdentifier"] for failure in done.body["batchItemFailures"])


def test_image_then_grid_by_proxy_events():
    photo = image()
    with function() as (runtime, there):
        saved = proxied(runtime.invoke(v1("POST", "/add_image", {"uniqueGridId": "a b/ö"}, **encoded(photo))), 200)
        equal((saved["message"], saved["image_size"]), ("image saved", len(photo)))
        saved = proxied(runtime.invoke(v2("POST", "/prod/add_image", "uniqueGridId=a%20b%2F%C3%B6", stage="prod",
                                          **encoded(photo))), 200)
        equal(saved["message"], "image saved")
        done = runtime.invoke(v1("POST", "/generate_grid", {"uniqueGridId": "a b/ö", "tile": "20"}))
        grid = proxied(done, 200)
        equal((grid["message"], grid["tiles"], grid["width"], grid["cached"]), ("built grid", 2, 20, False))
        contains(grid["presigned_url"], "X-Amz-Signature=")
        equal(done.body["headers"]["content-type"], "application/json")
        equal(done.body["headers"]["access-control-allow-origin"], "*")
        grid = proxied(runtime.invoke(v2("POST", "/create_grid", "uniqueGridId=a+b%2F%C3%B6&tile=20")), 200)
        equal((grid["message"], grid["cached"]), ("built grid", True))
        listed = proxied(runtime.invoke(v2("GET", "/grids/a%20b%2F%C3%B6")), 200)
        equal(listed["count"], 2)
        grid = proxied(runtime.invoke(v2("POST", "/create_grid", "uniqueGridId=a+b%2F%C3%B6",
                                         body=json.dumps({"keys": listed["keys"][:1], "tile": 30}))), 200)
        equal((grid["tiles"], grid["width"]), (1, 30))
    equal([line["status"] for line in there.lines], [200] * 6)
    equal(there.lines[0]["trace_id"], "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700")
    contains(there.lines[0]["request_id"], "8476a536-")
    equal(there.lines[0]["handler"], "api")
    assert all("Expect" not in headers for headers in runtime.requests), runtime.requests[0]


def http_api(method, path, route="$default", parameters=None, **more):
    """As HTTP APIs send it: path and parameters are decoded."""
    event = v2(method, path, routeKey=route, **more)
    event["requestContext"]["domainName"] = "abcdefgh12.execute-api.eu-north-1.amazonaws.com"
    if parameters:
        event["pathParameters"] = parameters
    return event


def test_nothing_is_removed_by_a_guess():
    for grid in ("A", "a", "a/b", "%41", "b", "c/d"):
        run("add", "--grid", grid, image() and "a.jpg", "--data", "store", status=0)
    key = json.loads(run("list", "--grid", "b", "--data", "store", status=0).out)["keys"][0]
    key = key["key"] if isinstance(key, dict) else key

    def counts(runtime):
        url = {"requestContext": {"stage": "$default", "domainName": "x.lambda-url.eu-north-1.on.aws"}}
        found = {}
        for path in ("A", "a", "a%2Fb", "%2541", "b", "c%2Fd"):
            event = v2("GET", "/grids/" + path)
            event["requestContext"].update(url["requestContext"])
            found[path] = runtime.invoke(event).body["statusCode"] == 200
        return [path for path, there in found.items() if there]

    with function() as (runtime, _):
        equal(counts(runtime), ["A", "a", "a%2Fb", "%2541", "b", "c%2Fd"])
        # DELETE /grids/%2541, decoded by the gateway, means the grid "%41" and not "A"
        contains(proxied(runtime.invoke(http_api("DELETE", "/grids/%41")), 400)["message"], "decoded")
        contains(proxied(runtime.invoke(v2("DELETE", "/grids/%41")), 400)["message"], "decoded")
        # DELETE /grids/c%2Fd is no image of the grid c, and /grids/a%2Fb none of a
        for event in (http_api("DELETE", "/grids/a/b"),
                      http_api("DELETE", "/grids/a/b", "DELETE /grids/{id}/{key+}", {"id": "a", "key": "b"}),
                      http_api("DELETE", "/grids/a/b", "ANY /{proxy+}", {"proxy": "grids/a/b"}),
                      http_api("DELETE", "/grids/c/d/x", "ANY /{proxy+}", {"proxy": "grids/c/d/x"}),
                      v2("DELETE", "/grids/a/b")):
            contains(proxied(runtime.invoke(event), 409)["message"], "decoded")
        contains(proxied(runtime.invoke(http_api("DELETE", "/grids/z" + "/b" * 40)), 400)["message"], "slashes")
        equal(counts(runtime), ["A", "a", "a%2Fb", "%2541", "b", "c%2Fd"])
        # what is sure goes
        equal(proxied(runtime.invoke(http_api("DELETE", "/grids/%41", "DELETE /grids/{id}", {"id": "%41"})), 200)["removed"], 1)
        equal(proxied(runtime.invoke(http_api("DELETE", "/grids/a/b", "DELETE /grids/{id}", {"id": "a/b"})), 200)["grid_id"],
              "a/b")
        equal(proxied(runtime.invoke(http_api("DELETE", "/grids/b/" + key)), 200)["removed"], 1)
        equal(proxied(runtime.invoke(v1("DELETE", "/grids/c%2Fd")), 200)["grid_id"], "c/d")
        equal(counts(runtime), ["A", "a"])
        equal(proxied(runtime.invoke(http_api("GET", "/grids/a")), 200)["count"], 1)


def test_paths_of_counters():
    with function() as (runtime, _):
        equal(proxied(runtime.invoke(http_api("POST", "/counters/100%")), 200), {"value": 1})
        equal(proxied(runtime.invoke(v2("POST", "/counters/100%25")), 200), {"value": 2})
        equal(proxied(runtime.invoke(http_api("POST", "/counters/100%", "POST /counters/{name}", {"name": "100%"})), 200),
              {"value": 3})
        equal(proxied(runtime.invoke(v1("POST", "/counters/100%25")), 200), {"value": 4})
        equal(proxied(runtime.invoke(http_api("POST", "/counters/a/b")), 200), {"value": 1})
        equal(proxied(runtime.invoke(v1("GET", "/counters/a%2Fb")), 200), {"value": 1})
    with function("getHitCount", COUNTER_NAME="home") as (runtime, _):
        equal(proxied(runtime.invoke(http_api("POST", "/counters/100%", "POST /counters/{name}", {"name": "100%"})), 200),
              {"value": 5})
        equal(proxied(runtime.invoke(http_api("GET", "/hits/100%", "GET /hits/{name}", {"name": "100%"})), 200), {"value": 6})
        equal(proxied(runtime.invoke(v1("GET", "/hits/100%25", resource="/hits/{counter}", pathParameters={"counter": "100%25"})),
                      200), {"value": 7})
        equal(proxied(runtime.invoke(http_api("POST", "/counters/a/b", "ANY /{proxy+}", {"proxy": "counters/a/b"})), 200),
              {"value": 2})


def test_stages_and_base_paths():
    with function(TESSERA_BASE_PATH="/t") as (runtime, _):
        for hits, event in enumerate((
                v1("POST", "/prod/counters/x", version="1.0", resource="$default"),
                v1("POST", "/t/counters/x", version="1.0", resource="$default"),
                v1("POST", "/v1/counters/x", resource="/counters/{name}", pathParameters={"name": "x"}),
                v1("POST", "/v1/counters/x", resource="/{proxy+}", pathParameters={"proxy": "counters/x"}),
                v1("POST", "/t/counters/x"), v2("POST", "/t/counters/x"), v2("POST", "/prod/t/counters/x", stage="prod"),
                http_api("POST", "/prod/counters/x", "ANY /{proxy+}", {"proxy": "counters/x"}, stage="prod"),
                http_api("POST", "/prod/api/counters/x", "ANY /api/{proxy+}", {"proxy": "counters/x"}, stage="prod"),
                v2("POST", "/counters/x")), 1):
            equal(proxied(runtime.invoke(event), 200), {"value": hits})
        equal(proxied(runtime.invoke(v2("POST", "/tt/counters/x")), 404)["code"], "not-found")


def test_counters():
    with function(COUNTER_NAME="home") as (runtime, there):
        for hit in range(1, 21):
            done = runtime.invoke({"counter": "resume"})
            equal(done.body, {"statusCode": 200, "value": hit})
        equal(proxied(runtime.invoke(v1("GET", "/counters/resume")), 200), {"value": 20})
        equal(proxied(runtime.invoke(v2("POST", "/counters/resume")), 200), {"value": 21})
        failed(runtime.invoke({}), "Tessera.Invalid", "nothing at all")
        failed(runtime.invoke({"counter": ""}), "Tessera.Invalid")
        failed(runtime.invoke({"counter": 7}), "Tessera.Invalid", "no string")
        run("counter", "resume", "--set", "9007199254740993", "--data", "store", status=0)
        contains(runtime.invoke({"counter": "resume"}).text.decode(), '"value":9007199254740994')
    equal(len(there.lines), 26)


def test_handlers():
    photo = image()
    with function("index.getHitCount", COUNTER_NAME="home") as (runtime, _):
        equal(runtime.invoke({}).body, {"statusCode": 200, "value": 1})
        equal(proxied(runtime.invoke(v1("GET", "/Prod/whatever")), 200), {"value": 2})
        equal(proxied(runtime.invoke(v2("GET", "/x", "counter=other")), 200), {"value": 1})
        equal(proxied(runtime.invoke(v1("GET", "/x", {"name": "other"})), 200), {"value": 2})
        equal(proxied(runtime.invoke(v2("POST", "/counters/other")), 200), {"value": 3})
        failed(runtime.invoke({"uniqueGridId": "g"}), "Tessera.Invalid", "getHitCount")
    with function("hit_counter") as (runtime, _):
        equal(proxied(runtime.invoke(v1("GET", "/x")), 400)["code"], "invalid")
        failed(runtime.invoke({}), "Tessera.Invalid", "COUNTER_NAME")
        equal(runtime.invoke({"counter": "other"}).body["value"], 4)
    with function("add_image") as (runtime, _):
        equal(proxied(runtime.invoke(v2("PUT", "/any", "uniqueGridId=g", **encoded(photo))), 200)["message"], "image saved")
        equal(proxied(runtime.invoke(v2("POST", "/any", "uniqueGridId=g", body="no image")), 415)["code"], "not-image")
        failed(runtime.invoke(sqs("g")), "Tessera.Invalid", "add_image")
    for name in ("create_grid", "tessera.generate_grid"):
        with function(name) as (runtime, _):
            equal(proxied(runtime.invoke(v1("GET", "/any", {"uniqueGridId": "g"})), 200)["message"], "built grid")
            equal(runtime.invoke({"uniqueGridId": "g"}).body["message"], "built grid")


def test_methods_at_a_path_of_ones_own():
    """The path is the deployer's, so the handler says which methods there are; a browser's question does nothing."""
    photo = image()
    cases = {"getHitCount": ("GET, HEAD, POST, OPTIONS", ("DELETE", "PUT", "PATCH"), None),
             "add_image": ("POST, PUT, OPTIONS", ("GET", "HEAD", "DELETE", "PATCH"), photo),
             "generate_grid": ("GET, POST, OPTIONS", ("HEAD", "DELETE", "PUT"), None)}
    for handler, (allow, others, body) in cases.items():
        with function(handler, COUNTER_NAME="home") as (runtime, _):
            for make in (v1, v2):
                query = {"uniqueGridId": "g"} if make is v1 else "uniqueGridId=g"
                more = encoded(body) if body else {}
                done = runtime.invoke(make("OPTIONS", "/hits", query, **more)).body
                equal((done["statusCode"], done["body"]), (204, ""))
                equal(done["headers"]["access-control-allow-methods"], allow)
                equal((done["headers"]["allow"], done["headers"]["access-control-allow-origin"]), (allow, "*"))
                contains(done["headers"]["access-control-allow-headers"], "Content-Type")
                for method in others:
                    done = runtime.invoke(make(method, "/hits", query, **more)).body
                    equal((done["statusCode"], done["headers"]["allow"]), (405, allow), method)
                    equal(done["headers"]["access-control-allow-origin"], "*")
    equal(json.loads(run("counter", "home", "--get", "--data", "store", status=0).out)["value"], 0)
    run("list", "--grid", "g", "--data", "store", status=1)
    with function("getHitCount", COUNTER_NAME="home") as (runtime, _):
        equal(proxied(runtime.invoke(v2("GET", "/hits")), 200), {"value": 1})
        equal(proxied(runtime.invoke(v2("POST", "/hits")), 200), {"value": 2})
        head = runtime.invoke(v2("HEAD", "/hits")).body
        equal((head["statusCode"], head["body"]), (200, ""))
        equal(proxied(runtime.invoke(v2("GET", "/hits")), 200), {"value": 3})
    with function() as (runtime, _):
        done = runtime.invoke(v2("OPTIONS", "/add_image")).body
        equal(done["headers"]["access-control-allow-methods"], "POST, OPTIONS")


def test_wake_ups():
    """Schedules and warmers keep functions warm; they count and build nothing, and are no errors."""
    pings = ({"version": "0", "id": "1", "detail-type": "Scheduled Event", "source": "aws.events", "account": "123456789012",
              "time": "2026-01-01T00:00:00Z", "region": "eu-north-1", "resources": [], "detail": {}},
             {"source": "aws.scheduler", "detail": "{}"}, {"warmer": True, "concurrency": 1}, {"warmup": True},
             {"source": "serverless-plugin-warmup"})
    for handler in ("api", "add_image", "generate_grid", "getHitCount"):
        with function(handler, COUNTER_NAME="home") as (runtime, there):
            for ping in pings:
                done = runtime.invoke(ping)
                equal((done.kind, done.body), ("response", {"message": "awake"}), handler)
        equal([line["status"] for line in there.lines], [200] * len(pings))
    equal(json.loads(run("counter", "home", "--get", "--data", "store", status=0).out)["value"], 0)


def test_bodies_that_came_as_text():
    """A REST API without binaryMediaTypes decodes an image as UTF-8: NULs stay, and all that is no text becomes U+FFFD."""
    photo = image()
    spoilt = photo.decode("utf-8", "replace")
    assert "\0" in spoilt and "\ufffd" in spoilt
    for handler in ("api", "add_image"):
        with function(handler) as (runtime, _):
            for body in (spoilt, "\0", "a\0b", "\ufffd\ufffd", spoilt.replace("\0", "")):
                for event in (v1("POST", "/add_image", {"uniqueGridId": "g"}, body=body),
                              v2("POST", "/add_image", "uniqueGridId=g", body=body)):
                    done = runtime.invoke(event)
                    refused = proxied(done, 415)
                    equal(refused["code"], "not-image")
                    contains(refused["message"], "binaryMediaTypes", "text")
                    equal(done.body["headers"]["access-control-allow-origin"], "*")
    with function() as (runtime, _):
        equal(proxied(runtime.invoke(v1("POST", "/add_image", {"uniqueGridId": "g"}, body="no image")), 415)["code"], "not-image")
        for event in (v2("POST", "/generate_grid", "uniqueGridId=g", body='{"tile":3}\0'), v2("POST", "/counters/c", body="\0"),
                      v1("DELETE", "/grids/g", body="\0")):
            contains(proxied(runtime.invoke(event), 400)["message"], "NUL")
        equal(proxied(runtime.invoke(v2("POST", "/nowhere", body="\0")), 404)["code"], "not-found")
        # as %00 in an address
        for event in (v1("POST", "/add_image", {"uniqueGridId": "g\0"}, **encoded(photo)), v2("POST", "/counters/c\0"),
                      v1("POST", "/generate_grid", {"uniqueGridId": "g", "a\0": "b"})):
            contains(proxied(runtime.invoke(event), 400)["message"], "NUL")
        contains(proxied(runtime.invoke(v1("POST", "/add_image", {"uniqueGridId": "g"}, body="\0", isBase64Encoded=True)),
                         400)["message"], "base64")
        failed(runtime.invoke({"counter": "c\0"}), "Tessera.Invalid", "NUL")
        failed(runtime.invoke({"uniqueGridId": "g", "body": "\0"}), "Tessera.Invalid")
        failed(runtime.invoke(sqs("g\0")), "Tessera.Invalid", "NUL")
        equal(proxied(runtime.invoke(v2("GET", "/counters/c")), 200), {"value": 0})
    run("list", "--grid", "g", "--data", "store", status=1)


def test_forms_and_what_is_no_image():
    """As in http_forms.py: both fronts read a body by the same functions."""
    photo = image()
    body = (b"--xYz\r\nContent-Disposition: form-data; name=\"uniqueGridId\"\r\n\r\nform\r\n--xYz\r\nContent-Disposition: form-data; "
            b"name=\"f\"; filename=\"a.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n" + photo + b"\r\n--xYz--\r\n")
    form = {"headers": {"content-type": "multipart/form-data; boundary=xYz"}}
    for handler in ("api", "add_image"):
        with function(handler) as (runtime, _):
            for event in (v1("POST", "/add_image", None, **encoded(body), **form), v2("POST", "/add_image", **encoded(body), **form)):
                saved = proxied(runtime.invoke(event), 200)
                equal(saved["image_size"], len(photo))
            refused = proxied(runtime.invoke(v2("POST", "/add_image", **encoded(body[:-6]), **form)), 400)
            contains(refused["message"], "last boundary")
            refused = proxied(runtime.invoke(v2("POST", "/add_image", "uniqueGridId=g", **encoded(b"x"),
                                                headers={"content-encoding": "gzip"})), 415)
            contains(refused["message"], "gzip", "--data-binary")
            refused = proxied(runtime.invoke(v2("POST", "/add_image", "uniqueGridId=g", body="data:image/jpeg;base64,/9j/")), 415)
            contains(refused["message"], "data: URL", "--data-binary")
    equal(len(run("list", "--grid", "form", "--data", "store", status=0).answer()["keys"]), 4)


def test_direct_grids_and_buckets():
    run("add", "--grid", "g", *[image("%d.jpg" % i) and "%d.jpg" % i for i in range(4)], "--data", "store", status=0)
    os.makedirs("store/objects/photos")
    for name in ("x.jpg", "y.jpg"):
        shutil.copy("0.jpg", "store/objects/photos/" + name)
    with function() as (runtime, _):
        grid = runtime.invoke({"uniqueGridId": "g", "tile": 16, "background": "white"})
        equal((grid.kind, grid.body["message"], grid.body["width"], grid.body["tiles"]), ("response", "built grid", 32, 4))
        failed(runtime.invoke({"uniqueGridId": "none"}), "Tessera.NotFound", "none")
        failed(runtime.invoke({"uniqueGridId": "g", "tyle": 16}), "Tessera.Invalid", "tile")
        failed(runtime.invoke({"uniqueGridId": "g", "tile": 100000}), "Tessera.Limit")
        for dest in ("grids", "elsewhere", "elsewhere"):
            os.makedirs("store/objects/" + dest, exist_ok=True)
            done = runtime.invoke({"SOURCE_BUCKET": "photos", "DESTINATION_BUCKET": dest, "tile": 10})
            equal(done.kind, "response", done.text)
            equal((done.body["grid_id"], done.body["tiles"], done.body["width"]), ("s3://photos", 2, 10))
            contains(done.body["presigned_url"], "/" + dest + "/")
        equal(done.body["cached"], True)
        failed(runtime.invoke({"SOURCE_BUCKET": "nowhere", "DESTINATION_BUCKET": "grids"}), "Tessera.NotFound")
        failed(runtime.invoke({"SOURCE_BUCKET": ""}), "Tessera.Invalid", "SOURCE_BUCKET")


def test_batches():
    run("add", "--grid", "g", image() and "a.jpg", "--data", "store", status=0)
    with function() as (runtime, there):
        equal(failures(runtime.invoke(sqs("g", '\n{"uniqueGridId":"g","tile":20}\n', "g\r\n"))), [])
        equal(failures(runtime.invoke(sqs("none", "g", '{"uniqueGridId":', '"g"', '{"uniqueGridId":"g","tyle":1}'))),
              ["m0", "m2", "m4"])
        stored = len(os.listdir("store/objects/grids"))
        for key in run("list", "--grid", "g", "--data", "store", status=0).answer()["keys"]:
            os.rename("store/objects/images/" + key, key)
        equal(failures(runtime.invoke(sqs('{"uniqueGridId":"g","tile":21}'))), ["m0"], "a grid of nothing stays in the queue")
        nothing = proxied(runtime.invoke(v1("POST", "/generate_grid", {"uniqueGridId": "g", "tile": "22"})), 404)
        equal((nothing["code"], len(nothing["failed"])), ("not-found", 1))
        failed(runtime.invoke({"uniqueGridId": "g", "tile": 23}), "Tessera.NotFound", "the only image could not be read")
        equal(len(os.listdir("store/objects/grids")), stored)
        for key in run("list", "--grid", "g", "--data", "store", status=0).answer()["keys"]:
            os.rename(key, "store/objects/images/" + key)
        many = sqs(*['{"uniqueGridId":"g","tile":%d}' % (10 + i) for i in range(50)])
        equal(failures(runtime.invoke(many)), [])
        failed(runtime.invoke({"Records": []}), "Tessera.Invalid", "empty")
        failed(runtime.invoke({"Records": [{"eventSource": "aws:s3", "s3": {}}]}), "Tessera.Invalid", "aws:s3")
    contains(there.log, "record m0")


def test_keys_everywhere():
    """The same request in every form that a function takes it."""
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        image(name)
    run("add", "--grid", "g", "a.jpg", "b.jpg", "c.jpg", "--data", "store", status=0)
    keys = run("list", "--grid", "g", "--data", "store", status=0).answer()["keys"]
    request = {"uniqueGridId": "g", "keys": [keys[1], keys[0]], "tile": 20, "columns": 1}
    wrong = dict(request, keys=[keys[0], "no-such-key"])
    with function("generate_grid") as (runtime, _):
        equal(failures(runtime.invoke(sqs(json.dumps(request), json.dumps(wrong), json.dumps(dict(request, keys=[]))))), ["m1", "m2"])
        grid = runtime.invoke(request).body
        equal((grid["tiles"], grid["height"], grid["cached"]), (2, 40, True))
        grid = proxied(runtime.invoke(v1("POST", "/generate_grid", body=json.dumps(request))), 200)
        equal((grid["tiles"], grid["cached"]), (2, True))
        failed(runtime.invoke(wrong), "Tessera.NotFound", "no-such-key")


def test_what_is_wrong_is_said():
    with function() as (runtime, _):
        equal(proxied(runtime.invoke(v1("GET", "/nowhere")), 404)["code"], "not-found")
        done = runtime.invoke(v2("DELETE", "/add_image"))
        equal(proxied(done, 405)["code"], "method-not-allowed")
        equal(done.body["headers"]["allow"], "POST, OPTIONS")
        equal(proxied(runtime.invoke(v1("POST", "/add_image", {"uniqueGridId": "g"}, body="a===", isBase64Encoded=True)),
                      400)["code"], "invalid")
        twice = v1("POST", "/generate_grid", {"tile": "3"},
                   multiValueQueryStringParameters={"uniqueGridId": ["g"], "tile": ["2", "3"]})
        contains(proxied(runtime.invoke(twice), 400)["message"], "tile", "twice")
        contains(proxied(runtime.invoke(v1("POST", "/generate_grid", None)), 400)["message"], "uniqueGridId")
        failed(runtime.invoke(b"{"), "Tessera.Invalid", "JSON")
        failed(runtime.invoke(b""), "Tessera.Invalid", "JSON")
        failed(runtime.invoke({"detail-type": "Scheduled Event"}), "Tessera.Invalid", "detail-type")
        mixed = v2("GET", "/x")
        mixed["httpMethod"] = "GET"
        contains(proxied(runtime.invoke(mixed), 400)["message"], "version 1.0")
        del mixed["httpMethod"], mixed["requestContext"]
        contains(proxied(runtime.invoke(mixed), 400)["message"], "requestContext")
        preflight = runtime.invoke(v2("OPTIONS", "/counters/x")).body
        equal((preflight["statusCode"], preflight["headers"]["access-control-allow-origin"]), (204, "*"))
        equal(proxied(runtime.invoke(v2("OPTIONS", "/nothing")), 404)["code"], "not-found")
        equal(runtime.invoke(v2("HEAD", "/counters/x")).body["body"], "")
    with function(TESSERA_CORS_ORIGIN="https://a.example/") as (runtime, _):
        equal(runtime.invoke(v2("GET", "/counters/x")).body["headers"]["access-control-allow-origin"],
              "https://a.example")
    with function(TESSERA_CORS_ORIGIN="https://a.example, b.example") as (runtime, _):
        for method, event in (("GET", v1), ("GET", v2), ("OPTIONS", v1), ("OPTIONS", v2)):
            for origin, allowed in (("https://a.example", True), ("http://b.example", True), ("https://evil.example", False)):
                asked = event(method, "/counters/x")
                asked["headers"] = dict(asked.get("headers") or {}, Origin=origin)
                headers = runtime.invoke(asked).body["headers"]
                equal((headers.get("access-control-allow-origin"), headers["vary"]), (origin if allowed else None, "Origin"))


def test_an_event_that_is_too_large():
    with function() as (runtime, there):
        failed(runtime.invoke(b'{"counter":"' + b"x" * (6 << 20) + b'"}'), "Tessera.Limit", "event-bytes")
        before_s = program.cpu_s_of(there.process.pid)
        proxied(runtime.invoke(v2("POST", "/add_image", "uniqueGridId=g", **encoded(b"\0" * 4600000))), 415)
        took_s = program.cpu_s_of(there.process.pid) - before_s
        assert took_s < 10, "6 MB of event take %.1f s of processor time" % took_s
        equal(runtime.invoke({"counter": "c"}).body["value"], 1)


def is_in_time(attempt):
    """attempt() says by how many ms an answer was late. A machine that is busy with other things may be late, not the program:
    so it has a few tries, and is in time in one of them."""
    late_ms = []
    while not late_ms or (late_ms[-1] >= 0 and len(late_ms) < 5):
        late_ms.append(attempt())
    assert late_ms[-1] < 0, "too late each time: %s ms" % [round(late) for late in late_ms]


def test_the_deadline_is_kept():
    run("add", "--grid", "g", image() and "a.jpg", "--data", "store", status=0)
    with function() as (runtime, there):
        equal(runtime.invoke({"counter": "c"}).body["value"], 1)
        for timeout_ms in (300, 1500):
            def attempt():
                lock = sqlite3.connect("store/catalog.db", isolation_level=None)
                lock.execute("BEGIN EXCLUSIVE")  # a call of the store that nothing stops
                event = runtime.begin({"counter": "c"}, timeout_ms=timeout_ms)
                until_ms = time.time() * 1000 + timeout_ms
                done = runtime.finish(event)
                failed(done, "Tessera.Timeout", "time")
                event = runtime.begin(v2("POST", "/counters/c"), timeout_ms=5000)
                lock.execute("ROLLBACK")  # the first one comes back, and only then the next event is taken
                lock.close()
                proxied(runtime.finish(event), 200)
                return done.came_ms - until_ms
            is_in_time(attempt)
        lock = sqlite3.connect("store/catalog.db", isolation_level=None)
        lock.execute("BEGIN EXCLUSIVE")
        done = runtime.begin(v2("POST", "/counters/c"), timeout_ms=600)
        equal(proxied(runtime.finish(done), 504)["code"], "timeout")
        lock.execute("ROLLBACK")
        lock.close()
        equal(proxied(runtime.invoke(v2("POST", "/counters/c"), deadline_ms=1), 504)["code"], "timeout")
        for deadline_ms in ("", 0, -5, 253402300799000, "soon"):
            equal(runtime.invoke({"counter": "fine"}, deadline_ms=deadline_ms).kind, "response")
    assert there.lines, there.log


def test_a_server_that_never_answers():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        cloud = {"TESSERA_STORE": "aws", "AWS_ENDPOINT_URL": "http://127.0.0.1:%d" % silent.getsockname()[1],
                 "AWS_REGION": "eu-north-1", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret",
                 "SOURCE_BUCKET": "images", "DESTINATION_BUCKET": "grids", "TESSERA_READ_TIMEOUT": "300"}
        with function(**cloud) as (runtime, _):
            for event in (v2("POST", "/counters/c"), v2("GET", "/counters/c"), v2("GET", "/grids/g"),
                          v2("POST", "/generate_grid", "uniqueGridId=g"),
                          v2("POST", "/add_image", "uniqueGridId=g", **encoded(image()))):
                def attempt():
                    until_ms = time.time() * 1000 + 1000
                    done = runtime.invoke(event, timeout_ms=1000)
                    equal(proxied(done, 504)["code"], "timeout")
                    # Until the next event is taken the invocation lasts, and is paid for: nobody waits for the server.
                    equal(runtime.invoke(v2("OPTIONS", "/counters/c")).body["statusCode"], 204)
                    return done.came_ms - until_ms
                is_in_time(attempt)


def test_records_that_are_not_reached_in_time():
    run("add", "--grid", "g", image(width=400, height=400) and "a.jpg", "--data", "store", status=0)
    with function() as (runtime, _):
        equal(failures(runtime.invoke(sqs("g"))), [])
        slow = ['{"uniqueGridId":"g","tile":%d,"format":"png"}' % (3000 + i) for i in range(200)]
        def attempt():
            until_ms = time.time() * 1000 + 3000
            done = runtime.invoke(sqs("g", *slow), timeout_ms=3000)
            assert "m0" not in failures(done) and len(failures(done)) > 10, failures(done)
            return done.came_ms - until_ms
        is_in_time(attempt)
        equal(failures(runtime.invoke(sqs("g", "g"))), [])


def test_a_connection_that_died_meanwhile():
    with function() as (runtime, _):
        for hit in range(1, 6):
            equal(runtime.invoke({"counter": "c"}).body["value"], hit)
            time.sleep(0.1)  # it asks for the next event
            runtime.drop_connections()


def test_starting_fails():
    runtime = FakeRuntime()
    there = Function(runtime, "index.wrong")
    error = runtime.init_errors.get(timeout=30)
    equal(error.body["errorType"], "Tessera.UnknownHandler")
    contains(error.body["errorMessage"], "index.wrong", "add_image", "generate_grid", "getHitCount", "api")
    there.end(1, by=None)
    shutil.rmtree("store", ignore_errors=True)
    with open("store", "w", encoding="ascii") as file:
        file.write("no folder")
    there = Function(runtime)
    event = runtime.begin({"counter": "c"})
    error = None
    while error is None and there.process.poll() is None:
        for answers in (runtime.init_errors, event.answers):
            if not answers.empty():
                error = answers.get()
        time.sleep(0.01)
    if error is None:
        error = (runtime.init_errors if not runtime.init_errors.empty() else event.answers).get(timeout=1)
    contains(error.body["errorType"], "Tessera.")
    contains(error.body["errorMessage"], "store")
    there.end(1, by=None)
    there = Function(runtime, TESSERA_STORE="nonsense")
    equal(runtime.init_errors.get(timeout=30).body["errorType"], "Tessera.Invalid")
    there.end(1, by=None)
    runtime.close()
    there = Function(runtime)
    there.end(1, by=None)
    contains(there.log, "cannot connect")
    done = run("lambda", status=2)
    contains(done.err, "AWS_LAMBDA_RUNTIME_API")
    for wrong in ("nonsense", "host:99999", "a/b:1", "user@host:1"):
        contains(run("lambda", status=1, env=environment(AWS_LAMBDA_RUNTIME_API=wrong, TESSERA_DATA="other")).err,
                 "HOST:PORT")


def test_named_bootstrap():
    os.symlink(program.PROGRAM, "bootstrap")
    with function(command=["./bootstrap"]) as (runtime, there):
        equal(runtime.invoke({"counter": "c"}, trace="").body["value"], 1)
    equal(there.lines[0]["trace_id"], "")


if __name__ == "__main__":
    program.main(dict(globals()))
