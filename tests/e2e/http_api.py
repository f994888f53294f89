#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every route of the HTTP service on the embedded store, as its clients use it."""

import json
import os
import re
import subprocess
import urllib.parse

import program
from program import contains, equal, run, write_jpeg, write_png
from service import Service, eventually


def photos(count):
    names = []
    for i in range(count):
        names.append("p%d.jpg" % i)
        write_jpeg(names[-1], 60, 40, (40 + 20 * i, 200 - 20 * i, 90))
    return names


def curl(*arguments):
    done = subprocess.run(["curl", "-sS", "--max-time", "30", *arguments], stdout=subprocess.PIPE, check=True)
    return done.stdout


def test_earlier_clients():
    """The two curl lines of the earlier API, and a link that opens."""
    write_jpeg("photo.jpg", 300, 200)
    with Service() as service:
        url = service.url()
        saved = json.loads(curl("-X", "POST", "--data-binary", "@photo.jpg", url + "/add_image?uniqueGridId=my-id"))
        equal(saved["message"], "image saved")
        equal(saved["image_size"], os.path.getsize("photo.jpg"))
        contains(saved["s3Key"], ".jpg")
        built = json.loads(curl("-X", "POST", url + "/generate_grid?uniqueGridId=my-id"))
        equal(built["message"], "built grid")
        picture = curl("-f", built["presigned_url"])
        equal(picture[:3], b"\xff\xd8\xff")
        equal((built["width"], built["height"], built["tiles"], built["failed"]), (100, 100, 1, []))
        again = json.loads(curl("-X", "POST", url + "/create_grid?uniqueGridId=my-id"))
        equal((again["key"], again["cached"]), (built["key"], True))


def test_same_store_as_the_command_line():
    names = photos(4)
    with Service() as service:
        for name in names:
            service.add("holiday", name)
        env = program.environment(TESSERA_DATA=os.path.abspath("data"))
        listed = run("list", "--grid", "holiday", status=0, env=env).answer()
        equal(service.ask_json("GET", "/grids/holiday"), listed)
        equal(service.ask_json("GET", "/grids/holiday?order=added")["keys"],
              run("list", "--grid", "holiday", "--order", "added", status=0, env=env).answer()["keys"])
        built = service.ask_json("POST", "/generate_grid?uniqueGridId=holiday&tile=64x32&gap=2&margin=3&format=png")
        equal((built["width"], built["height"], built["columns"]), (136, 72, 2))
        same = run("create-grid", "holiday", "--tile", "64x32", "--gap", "2", "--margin", "3", "--format", "png", status=0,
                   env=env).answer()
        equal((same["key"], same["cached"]), (built["key"], True))


def test_options_are_those_of_the_command_line():
    with Service() as service:
        write_png("a.png", 30, 30)
        service.add("g", "a.png")
        known = re.findall(r"^ +(?:-\w, )?--([a-z-]+)", run("help", "create-grid", status=0).out, re.M)
        values = {"tile": "10", "columns": "1", "rows": "1", "gap": "1", "margin": "1", "fit": "contain", "gravity": "north",
                  "order": "key", "background": "%23ff0000", "label": "%25f", "title": "T", "format": "webp",
                  "quality": "50", "resample": "fast", "no-enlarge": "1", "strict": "true", "fresh": "yes", "expires": "60"}
        document = service.ask_json("GET", "/openapi.json")
        described = {p["$ref"].rsplit("/", 1)[1] for p in document["paths"]["/generate_grid"]["post"]["parameters"]}
        equal(described, set(values) | {"uniqueGridId"}, "options in /openapi.json")
        for name in values:
            assert name in known, name
        service.ask_json("POST", "/generate_grid?uniqueGridId=g&" + "&".join("%s=%s" % item for item in values.items()))
        for name in values:
            wrong = service.ask_json("POST", "/generate_grid?uniqueGridId=g&%s=wrong-%%C3%%BC" % name,
                                     status=200 if name in ("label", "title") else 400)
            if name not in ("label", "title"):
                contains(wrong["message"], name)
        wrong = service.ask_json("POST", "/generate_grid?uniqueGridId=g&tiel=4", status=400)
        contains(wrong["message"], "tiel", "tile")


def obeys(document, name, value):
    """Whether a JSON value is what the schema of that name says, as far as its schemas go."""
    schema = document["components"]["schemas"][name]
    for field in schema["required"]:
        assert field in value, "%s lacks %s: %r" % (name, field, value)
    kinds = {"string": str, "integer": int, "boolean": bool, "array": list, "object": dict}
    for field, one in value.items():
        assert field in schema["properties"], "%s does not know %s" % (name, field)
        rule = schema["properties"][field]
        if "const" in rule:
            equal(one, rule["const"], field)
        elif "type" in rule:
            assert isinstance(one, kinds[rule["type"]]), (name, field, one)


def test_the_description_is_true():
    """Every path with its methods, and the forms of the answers, as /openapi.json has them."""
    with Service() as service:
        document = service.ask_json("GET", "/openapi.json")
        equal(document["info"]["version"], service.ask_json("GET", "/healthz")["version"])
        described = {}
        for path, methods in document["paths"].items():
            concrete = re.sub(r"\{\w+\}", "abc", path)
            allowed = set(service.ask("OPTIONS", concrete).headers["allow"].split(", ")) - {"HEAD", "OPTIONS"}
            equal({method.upper() for method in methods}, allowed, path)
            for method, operation in methods.items():
                described[operation["operationId"]] = operation
                for code, answer in operation["responses"].items():
                    assert code == "304" or code == "206" or answer["content"], (path, method, code)
        equal(len(described), sum(map(len, document["paths"].values())), "operations by name")
        saved = service.add("g", photos(1)[0])
        forms = {"Saved": saved, "Grid": service.ask_json("POST", "/generate_grid?uniqueGridId=g"),
                 "UploadLink": service.ask_json("POST", "/upload_url?uniqueGridId=g"), "Keys": service.ask_json("GET", "/grids/g"),
                 "Counter": service.ask_json("POST", "/counters/c"), "Health": service.ask_json("GET", "/readyz"),
                 "Error": service.ask_json("POST", "/generate_grid?uniqueGridId=none", status=404)}
        forms["Failed"] = service.ask_json("POST", "/generate_grid?uniqueGridId=g")["failed"][0] # the link was not used
        forms["Removed"] = service.ask_json("DELETE", "/grids/g/" + saved["s3Key"])
        for name, value in forms.items():
            obeys(document, name, value)


def test_keys_choose_and_order():
    with Service() as service:
        keys = [service.add("g", name)["s3Key"] for name in photos(3)]
        order = service.ask_json("GET", "/grids/g")["keys"]
        body = lambda keys, **more: json.dumps(dict({"keys": keys}, **more)).encode()
        typed = {"Content-Type": "application/json; charset=utf-8"}
        default = service.ask_json("POST", "/generate_grid?uniqueGridId=g&tile=20")
        same = service.ask_json("POST", "/generate_grid?uniqueGridId=g&tile=20", body(order), headers=typed)
        equal(same["key"], default["key"])
        turned = service.ask_json("POST", "/generate_grid?uniqueGridId=g&tile=20", body(order[::-1]), headers=typed)
        assert turned["key"] != default["key"]
        two = service.ask_json("POST", "/generate_grid?uniqueGridId=g", body(keys[:2], tile=20, columns=2), headers=typed)
        equal((two["tiles"], two["width"], two["height"]), (2, 40, 20))
        for wrong, status in ((["nothing.jpg"], 404), ([keys[0], keys[0]], 400), ([], 400), ([""], 400), ([1], 400), ("a", 400)):
            service.ask_json("POST", "/generate_grid?uniqueGridId=g", body(wrong), status=status, headers=typed)
        for wrong in (b"{", b"[]", b'{"keys":["a"],"keys":["b"]}', b'{"tile":1e999}', b"\xff\xfe", b'{"tiel":5}'):
            service.ask_json("POST", "/generate_grid?uniqueGridId=g", wrong, status=400, headers=typed)
        service.ask_json("POST", "/generate_grid?uniqueGridId=g&tile=20", body(keys, tile=30), status=400, headers=typed)
        # What neither says nor looks as if it were JSON is left alone; curl -d calls everything a form.
        for type_ in ({}, {"Content-Type": "application/x-www-form-urlencoded"}):
            service.ask_json("POST", "/generate_grid?uniqueGridId=g&tile=20", b"tile=hello", headers=type_)
            one = service.ask_json("POST", "/generate_grid?uniqueGridId=g&tile=20", b"\n " + body(keys[:1]), headers=type_)
            equal((one["tiles"], one["width"]), (1, 20))
    with Service("--max-cells", "300") as service:
        for count in (301, 302, 5000):
            many = service.ask_json("POST", "/generate_grid?uniqueGridId=g", body(["k%d" % i for i in range(count)]), status=400)
            equal((many["code"], many["limit"]), ("limit", "max-cells"))
            contains(many["message"], "300")
    with Service("--max-cells", "100") as service:
        for count in (101, 5000):
            many = service.ask_json("POST", "/generate_grid?uniqueGridId=g", body(["k%d" % i for i in range(count)]), status=400)
            equal((many["code"], many["limit"]), ("limit", "max-cells"))
            contains(many["message"], "100")


def test_what_can_never_fit_is_no_overload():
    with Service("--memory", "64M") as service:
        service.add("g", photos(1)[0])
        large = service.ask("POST", "/generate_grid?uniqueGridId=g&tile=8000")
        equal((large.status, large.json()["limit"], large.headers.get("retry-after")), (400, "memory", None))


def test_remove():
    with Service() as service:
        keys = [service.add("a/b c", name)["s3Key"] for name in photos(3)]
        path = "/grids/" + urllib.parse.quote("a/b c", safe="")
        equal(service.ask_json("DELETE", path + "/" + keys[0]), {"message": "removed", "grid_id": "a/b c", "removed": 1})
        equal(sorted(service.ask_json("GET", path)["keys"]), sorted(keys[1:]))
        service.ask_json("DELETE", path + "/" + keys[0], status=404)
        equal(service.ask_json("DELETE", path)["removed"], 2)
        service.ask_json("GET", path, status=404)
        service.ask_json("DELETE", path, status=404)
        service.ask_json("POST", "/generate_grid?uniqueGridId=" + urllib.parse.quote("a/b c", safe=""), status=404)


def test_counters():
    with Service() as service:
        equal(service.ask_json("GET", "/counters/visits"), {"value": 0})
        equal(service.ask("POST", "/counters/visits").body, b'{"value":1}')
        equal(service.ask_json("POST", "/counters/visits"), {"value": 2})
        equal(service.ask_json("GET", "/counters/visits"), {"value": 2})
        equal(service.ask_json("POST", "/counters/" + urllib.parse.quote("a/ü", safe="")), {"value": 1})
        env = program.environment(TESSERA_DATA=os.path.abspath("data"))
        equal(run("counter", "a/ü", "--get", status=0, env=env).answer(), {"value": 1})
        run("counter", "big", "--set", str(2 ** 63 - 1), status=0, env=env)
        equal(service.ask_json("GET", "/counters/big"), {"value": 2 ** 63 - 1})
        equal(service.ask_json("POST", "/counters/big", status=400)["limit"], "counter-value")


def test_the_folder_is_removed():
    """SQLite goes on with a file that nobody finds again: nothing may be acknowledged then."""
    write_jpeg("photo.jpg", 80, 80)
    with open("photo.jpg", "rb") as file:
        photo = file.read()
    with Service() as service:
        key = service.ask_json("POST", "/add_image?uniqueGridId=g", photo)["s3Key"]
        service.ask_json("POST", "/counters/c")
        os.rename("data", "away")
        for method, path, body in (("POST", "/counters/c", None), ("GET", "/counters/c", None), ("GET", "/grids/g", None),
                                   ("POST", "/add_image?uniqueGridId=g", photo), ("GET", "/readyz", None),
                                   ("POST", "/generate_grid?uniqueGridId=g", None)):
            answer = service.ask(method, path, body)
            equal((answer.status, answer.json()["code"]), (503, "busy"), path)
            assert int(answer.headers["retry-after"]) > 0
            assert os.getcwd() not in answer.body.decode(), answer.body
            eventually(lambda: any("removed" in line and os.getcwd() in line and answer.headers["x-request-id"] in line
                                   for line in service.lines), "the log says why, under the request's id")
        os.mkdir("data")  # another one in its place is another one
        equal(service.ask("POST", "/counters/c").status, 503)
        os.rmdir("data")
        os.rename("away", "data")
        equal(service.ask_json("GET", "/readyz")["status"], "ok")
        equal(service.ask_json("POST", "/counters/c"), {"value": 2})
        equal(service.ask_json("GET", "/grids/g")["keys"], [key])


def test_what_is_not_set_up():
    """Not the caller's fault, and its names are not the caller's business."""
    with Service() as service:
        service.ask_json("POST", "/counters/c")
        os.rename("data/objects/images", "images-away")
        write_jpeg("photo.jpg", 80, 80)
        with open("photo.jpg", "rb") as file:
            answer = service.ask("POST", "/add_image?uniqueGridId=g", file.read())
        equal((answer.status, answer.json()["code"]), (500, "setup"))
        for word in ("images", os.getcwd(), "objects"):
            assert word not in answer.json()["message"], answer.body
        equal(service.ask("GET", "/readyz").status, 503)
        eventually(lambda: any("no bucket images" in line for line in service.lines), "the log names the bucket")


def test_upload_link():
    write_jpeg("photo.jpg", 80, 80)
    with open("photo.jpg", "rb") as file:
        photo = file.read()
    with Service("--max-bytes", "100K") as service:
        link = service.ask_json("POST", "/upload_url?uniqueGridId=g&type=image/jpeg&expires=60")
        equal((link["message"], link["method"]), ("upload link", "PUT"))
        contains(link["s3Key"], ".jpg")
        missing = service.ask_json("POST", "/generate_grid?uniqueGridId=g", status=404)
        equal([f["key"] for f in missing["failed"]], [link["s3Key"]])
        equal(service.fetch(link["upload_url"], "PUT", body=b"no image at all, just words").status, 415)
        equal(service.fetch(link["upload_url"], "PUT", body=photo + b"\0" * 102400).status, 413)
        equal(service.fetch(link["upload_url"], "GET").status, 403)
        equal(service.fetch(link["upload_url"].replace(link["s3Key"], "other.jpg"), "PUT", body=photo).status, 403)
        equal(service.fetch(link["upload_url"], "PUT", body=photo).status, 200)
        built = service.ask_json("POST", "/generate_grid?uniqueGridId=g")
        equal((built["failed"], built["tiles"]), ([], 1))
        equal(service.ask_json("GET", "/grids/g")["keys"], [link["s3Key"]])
        service.ask_json("POST", "/upload_url?uniqueGridId=g&type=text/html", status=400)


def test_objects():
    """Ranges, conditions, and links that were tampered with."""
    with Service() as service:
        service.add("g", photos(1)[0])
        built = service.ask_json("POST", "/generate_grid?uniqueGridId=g&tile=300&expires=600")
        link = built["presigned_url"]
        whole = service.fetch(link)
        equal((whole.status, whole.headers["content-type"], whole.headers["accept-ranges"]), (200, "image/jpeg", "bytes"))
        equal(whole.headers["x-content-type-options"], "nosniff")
        size, etag = len(whole.body), whole.headers["etag"]
        head = service.fetch(link, "HEAD")
        equal((head.status, head.body, head.headers["content-length"]), (200, b"", str(size)))
        for wanted, status, part in (("bytes=0-9", 206, whole.body[:10]), ("bytes=10-", 206, whole.body[10:]),
                                     ("bytes=-5", 206, whole.body[-5:]), ("bytes=5-999999999", 206, whole.body[5:]),
                                     ("bytes=%d-" % size, 416, None), ("bytes=-0", 416, None),
                                     ("bytes=9-5", 200, whole.body), ("bytes=0-1,4-5", 200, whole.body),
                                     ("bytes=a-b", 200, whole.body), ("lines=0-5", 200, whole.body),
                                     ("bytes=99999999999999999999-", 416, None)):
            part_answer = service.fetch(link, headers={"Range": wanted})
            equal(part_answer.status, status, wanted)
            if part is not None:
                equal(part_answer.body, part, wanted)
            if status == 416:
                equal(part_answer.headers["content-range"], "bytes */%d" % size)
        equal(service.fetch(link, headers={"Range": "bytes=0-9"}).headers["content-range"], "bytes 0-9/%d" % size)
        equal(service.fetch(link, headers={"If-None-Match": etag}).status, 304)
        equal(service.fetch(link, headers={"If-None-Match": '"x", ' + etag}).status, 304)
        equal(service.fetch(link, headers={"If-None-Match": '"x"'}).status, 200)
        equal(service.fetch(link, headers={"Range": "bytes=0-9", "If-Range": '"x"'}).status, 200)
        equal(service.fetch(link, headers={"Range": "bytes=0-9", "If-Range": etag}).status, 206)
        modified = whole.headers["last-modified"]
        earlier, later = "Sun, 06 Nov 1994 08:49:37 GMT", "Friday, 06-Nov-65 08:49:37 GMT" # the second of 2065, in an old form
        for conditions, status in (
                ({"If-Match": etag}, 200), ({"If-Match": "*"}, 200), ({"If-Match": '"x", ' + etag}, 200), ({"If-Match": '"x"'}, 412),
                ({"If-Match": "W/" + etag}, 412), ({"If-Match": ""}, 412), ({"If-None-Match": "*"}, 304), ({"If-None-Match": "W/" + etag}, 304),
                ({"If-Modified-Since": modified}, 304), ({"If-Modified-Since": later}, 304), ({"If-Modified-Since": earlier}, 200),
                ({"If-Modified-Since": "yesterday"}, 200), ({"If-Unmodified-Since": modified}, 200), ({"If-Unmodified-Since": later}, 200),
                ({"If-Unmodified-Since": earlier}, 412), ({"If-Unmodified-Since": "0"}, 200),
                # Tags are asked before dates, what must hold before what is known already.
                ({"If-Match": etag, "If-Unmodified-Since": earlier}, 200), ({"If-Match": '"x"', "If-Unmodified-Since": later}, 412),
                ({"If-None-Match": '"x"', "If-Modified-Since": later}, 200), ({"If-None-Match": etag, "If-Modified-Since": earlier}, 304),
                ({"If-Match": '"x"', "If-None-Match": etag}, 412), ({"If-Match": etag, "If-None-Match": etag}, 304),
                ({"If-Unmodified-Since": earlier, "If-None-Match": etag}, 412), ({"If-Unmodified-Since": later, "If-Modified-Since": later}, 304)):
            for method in ("GET", "HEAD"):
                answer = service.fetch(link, method, headers=conditions)
                equal((answer.status, answer.headers["etag"], answer.headers["last-modified"]), (status, etag, modified), "%s %s" % (method, conditions))
                answer = service.fetch(link, method, headers=dict(conditions, Range="bytes=0-9"))
                equal(answer.status, 206 if (method, status) == ("GET", 200) else status, "%s of a part, %s" % (method, conditions))
                if status == 412:
                    equal(json.loads(answer.body or b'{"code":"precondition-failed"}')["code"], "precondition-failed")
        for condition, status in ((etag, 206), ("W/" + etag, 200), ('"x"', 200), ("*", 200), (modified, 206), (earlier, 200), (later, 200), ("", 200)):
            answer = service.fetch(link, headers={"Range": "bytes=0-9", "If-Range": condition})
            equal((answer.status, answer.body), (status, whole.body[:10] if status == 206 else whole.body), condition)
        equal(service.fetch(link, headers={"Range": "bytes=%d-" % size, "If-Range": '"x"'}).status, 200)
        # A list in two headers.
        path = link[len(service.url()):]
        twice = "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nIf-Match: \"x\"\r\nIf-Match: %s\r\nConnection: close\r\n\r\n" % (path, service.port, etag)
        contains(service.raw(twice.encode()).decode("latin-1"), "HTTP/1.1 200 ")
        for change in (("X-Amz-Signature=", "X-Amz-Signature=0"), ("X-Amz-Expires=600", "X-Amz-Expires=601"),
                       ("/objects/grids/", "/objects/images/"), (built["key"], "signing-key"),
                       (built["key"], "..%2f..%2fcatalog.db"), ("X-Amz-Date=2", "X-Amz-Date=1")):
            tampered = service.fetch(link.replace(*change))
            assert tampered.status in (403, 404), (change, tampered)
            assert tampered.json()["code"] in ("denied", "not-found")
        equal(service.fetch(link, "PUT", body=b"x").status, 403)
        equal(service.fetch(link, "DELETE").status, 405)
        equal(service.ask("GET", link.split("?")[0].replace(service.url(), "")).status, 403)


def test_links_begin_where_the_client_asked():
    with Service() as service:
        service.add("g", photos(1)[0])
        built = json.loads(service.ask("POST", "/generate_grid?uniqueGridId=g", headers={"Host": "localhost:%d" % service.port}).body)
        contains(built["presigned_url"], "http://localhost:%d/objects/" % service.port)
        equal(curl("-f", built["presigned_url"])[:3], b"\xff\xd8\xff")
    with Service("--public-url", "https://grids.example.com/t") as service:
        built = service.ask_json("POST", "/generate_grid?uniqueGridId=g")
        contains(built["presigned_url"], "https://grids.example.com/t/objects/")
        # As a proxy hands it on, with and without the prefix.
        for cut in ("https://grids.example.com", "https://grids.example.com/t"):
            equal(service.ask("GET", built["presigned_url"][len(cut):], headers={"Host": "grids.example.com"}).status, 200)


def test_strict_and_placeholders():
    with Service() as service:
        good = service.add("g", photos(1)[0])["s3Key"]
        bad = service.ask_json("POST", "/add_image?uniqueGridId=g", b"\xff\xd8\xff\xe0 not really")["s3Key"]
        built = service.ask_json("POST", "/generate_grid?uniqueGridId=g&columns=2")
        equal([(f["key"]) for f in built["failed"]], [bad])
        assert built["failed"][0]["reason"]
        strict = service.ask_json("POST", "/generate_grid?uniqueGridId=g&strict=1&columns=2&tile=77", status=422)
        equal((strict["code"], [f["key"] for f in strict["failed"]]), ("tile-failed", [bad]))
        assert good != bad
        os.rename("data/objects/images/" + good, "away")
        missing = service.ask_json("POST", "/generate_grid?uniqueGridId=g&strict=1&columns=2&tile=78&order=key", status=422)
        assert "images" not in missing["message"] and "data" not in missing["message"], missing
        os.rename("away", "data/objects/images/" + good)
        service.ask_json("DELETE", "/grids/g/" + good)
        stored = len(os.listdir("data/objects/grids"))
        nothing = service.ask_json("POST", "/generate_grid?uniqueGridId=g", status=422)
        equal((nothing["code"], [f["key"] for f in nothing["failed"]]), ("tile-failed", [bad]))
        os.remove("data/objects/images/" + bad)
        nothing = service.ask_json("POST", "/generate_grid?uniqueGridId=g", status=404)
        equal((nothing["code"], [f["key"] for f in nothing["failed"]]), ("not-found", [bad]))
        equal(len(os.listdir("data/objects/grids")), stored)


def test_cors():
    with Service("--cors-origin", "*") as service:
        for method, path, status in (("GET", "/healthz", 200), ("GET", "/nothing", 404), ("PUT", "/healthz", 405),
                                     ("POST", "/add_image", 400), ("GET", "/objects/abc/b", 403)):
            answer = service.ask(method, path)
            equal(answer.status, status, path)
            equal(answer.headers["access-control-allow-origin"], "*", path)
        flight = service.ask("OPTIONS", "/add_image?uniqueGridId=x", headers={
            "Origin": "https://a.example", "Access-Control-Request-Method": "POST"})
        equal((flight.status, flight.body), (204, b""))
        contains(flight.headers["access-control-allow-methods"], "POST", "DELETE")
        contains(flight.headers["access-control-allow-headers"], "Authorization", "Content-Type")
        equal(flight.headers["allow"], "POST, OPTIONS")
        equal(service.ask("OPTIONS", "/nothing").status, 404)
        # A page that calls from elsewhere asks before each request: on the connection that it has.
        kept = service.connect()
        kept.connect()
        port = kept.sock.getsockname()
        for method, path in (("OPTIONS", "/add_image"), ("GET", "/nothing"), ("PUT", "/healthz"), ("GET", "/healthz")):
            assert "close" not in service.ask(method, path, connection=kept).headers.get("connection", ""), path
        equal(kept.sock.getsockname(), port)
        kept.close()
    with Service("--cors-origin", "https://a.example") as service:
        answer = service.ask("GET", "/healthz")
        equal((answer.headers["access-control-allow-origin"], answer.headers["vary"]), ("https://a.example", "Origin"))


def test_token():
    with Service(env={"TESSERA_TOKEN": "correct-horse"}) as service:
        refused = service.ask("POST", "/counters/a")
        equal((refused.status, refused.json()["code"]), (401, "unauthorized"))
        contains(refused.headers["www-authenticate"], "Bearer")
        for headers in ({"Authorization": "Bearer correct-hors"}, {"Authorization": "Bearer correct-horsee"},
                        {"Authorization": "Basic correct-horse"}, {"X-API-Key": ""}, {"Authorization": "Bearer "}):
            equal(service.ask("POST", "/counters/a", headers=headers).status, 401, headers)
        equal(service.ask("GET", "/metrics").status, 401)
        for headers in ({"Authorization": "Bearer correct-horse"}, {"authorization": "bearer correct-horse"},
                        {"X-API-Key": "correct-horse"}):
            equal(service.ask("POST", "/counters/a", headers=headers).status, 200, headers)
        for path in ("/healthz", "/readyz", "/", "/openapi.json"):
            equal(service.ask("GET", path).status, 200, path)
        assert not any("correct-horse" in line for line in service.lines)
    with open("token.txt", "w", encoding="utf-8") as file:
        file.write("from-a-file\n")
    with Service("--token-file", "token.txt") as service:
        equal(service.ask("POST", "/counters/a", headers={"X-API-Key": "from-a-file"}).status, 200)
    run("serve", "--token-file", "none.txt", status=1)
    run("serve", status=2, env=program.environment(TESSERA_TOKEN="short"))


def test_health_metrics_and_logs():
    with Service("--json") as service:
        equal(service.ask_json("GET", "/healthz")["status"], "ok")
        equal(service.ask_json("GET", "/readyz")["status"], "ok")
        service.add("g", photos(1)[0])
        for _ in range(2):
            service.ask_json("POST", "/generate_grid?uniqueGridId=g")
        named = service.ask("GET", "/counters/a", headers={"X-Request-Id": "abc-123"})
        equal(named.headers["x-request-id"], "abc-123")
        other = service.ask("GET", "/counters/a", headers={"X-Request-Id": "a b\tc"})
        assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{6,}", other.headers["x-request-id"]), other
        numbers = service.settled_metrics()
        equal(numbers['tessera_grids_total{result="built"}'], 1)
        equal(numbers['tessera_grids_total{result="cached"}'], 1)
        equal(numbers['tessera_requests_total{route="generate_grid",status="200"}'], 2)
        equal(numbers['tessera_request_seconds_count{route="counter_get"}'], 2)
        for stage in ("plan", "fetch", "decode", "place", "encode", "store", "total"): # of the grid that was built
            equal(numbers['tessera_stage_seconds_count{stage="%s"}' % stage], 1)
            equal(numbers['tessera_stage_seconds_bucket{stage="%s",le="+Inf"}' % stage], 1)
        assert 0 < numbers['tessera_stage_seconds_sum{stage="decode"}'] <= numbers['tessera_stage_seconds_sum{stage="total"}']
        for lane in ("grid", "store"):
            equal((numbers['tessera_queue_waiting{lane="%s"}' % lane], numbers['tessera_queue_running{lane="%s"}' % lane]), (0, 0))
        equal(numbers['tessera_request_seconds_bucket{route="counter_get",le="+Inf"}'], 2)
        assert numbers["tessera_memory_used_bytes"] == 0 and numbers["tessera_memory_peak_bytes"] > 0
        assert numbers["tessera_resident_bytes"] > 1e6 and numbers["tessera_open_descriptors"] > 3
        service.stop()
        logged = [json.loads(line) for line in service.lines if line.startswith("{")]
        line = next(line for line in logged if line.get("request_id") == "abc-123")
        equal((line["method"], line["path"], line["route"], line["status"]), ("GET", "/counters/a", "counter_get", 200))
        assert not any("uniqueGridId" in json.dumps(line) for line in logged), "queries are not logged"


def test_wrong_options():
    for status, *options in ((2, "--listen", "nonsense"), (1, "--listen", "1.2.3.4.5:80"), (2, "--listen", "127.0.0.1:99999"),
                             (2, "--listen", "::1:80"), (2, "--public-url", "ftp://x", "--listen", "127.0.0.1:0")):
        done = run("serve", *options, "--data", "d", status=status)
        contains(done.err, "tessera serve:")
    with Service() as service:
        done = run("serve", "--listen", "127.0.0.1:%d" % service.port, "--data", "d", status=1)
        contains(done.err, "in use", "choose another port")


program.main(globals())
