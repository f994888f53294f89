#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""tessera and the earlier Python back end's way of using S3 and DynamoDB, each on what the other wrote; and every command
on real servers. boto3 stands for the earlier back end, and is the judge of what tessera leaves."""

import json
import os
import re
import subprocess
import time
import urllib.parse

import program
from program import contains, equal
from cloud import DYNAMODB, S3, Cloud, Role, cells, colour_of, fetch, photo, same_colours


def test_earlier_rows_and_images():
    one = Cloud()
    keys = {one.earlier_image("holiday", photo(colour_of(index * 7))): colour_of(index * 7) for index in range(10)}
    answer = one.run("create-grid", "holiday", "-o", "saved.jpg", status=0).answer()
    equal((answer["width"], answer["height"], answer["columns"], answer["rows"], answer["tiles"], answer["failed"]),
          (300, 400, 3, 4, 10, []))
    status, headers, picture = fetch(answer["presigned_url"])
    equal((status, headers["Content-Type"]), (200, "image/jpeg"))
    with open("saved.jpg", "rb") as saved:
        equal(saved.read(), picture)
    # Row by row, in descending order of keys; the two cells that are left are black.
    wanted = [keys[key] for key in sorted(keys, key=str.encode, reverse=True)]
    same_colours(cells(picture, 100, 3, 12), wanted + [(0, 0, 0)] * 2)
    equal(one.run("list", "--grid", "holiday", status=0).answer()["keys"], sorted(keys, reverse=True))

    stored = S3.get_object(Bucket=one.dest, Key=answer["key"])
    equal((stored["ContentType"], stored["Body"].read()), ("image/jpeg", picture))


def test_built_once():
    one = Cloud()
    for index in range(4):
        one.earlier_image("g", photo(colour_of(index)))
    first = one.run("create-grid", "g", status=0).answer()
    before = one.objects(one.dest)
    again = one.run("create-grid", "g", status=0).answer()
    equal((first["cached"], again["cached"], again["key"]), (False, True, first["key"]))
    equal([again[name] for name in ("width", "height", "columns", "rows", "tiles", "failed")],
          [first[name] for name in ("width", "height", "columns", "rows", "tiles", "failed")])
    equal(fetch(again["presigned_url"])[0], 200)
    fresh = one.run("create-grid", "g", "--fresh", status=0).answer()
    equal((fresh["cached"], fresh["key"]), (False, first["key"]))
    equal(one.objects(one.dest), before, "no second copy")
    one.earlier_image("g", photo((255, 255, 255)))
    more = one.run("create-grid", "g", status=0).answer()
    equal((more["cached"], more["tiles"]), (False, 5))
    # An image that is replaced under the same key is another picture.
    key = one.run("list", "--grid", "g", status=0).answer()["keys"][0]
    one.put(key, photo((1, 2, 3)))
    replaced = one.run("create-grid", "g", status=0).answer()
    equal(replaced["cached"], False)
    assert replaced["key"] != more["key"]
    same_colours(cells(fetch(replaced["presigned_url"])[2], 100, 2, 1), [(1, 2, 3)])


def test_what_tessera_leaves():
    one = Cloud()
    pictures = {}
    for index in range(3):
        pictures["%d.jpg" % index] = photo(colour_of(index))
        with open("%d.jpg" % index, "wb") as file:
            file.write(pictures["%d.jpg" % index])
    before = int(time.time() * 1000)
    added = one.run("add", "--grid", "ours", *pictures, status=0).answer()["added"]
    equal(len(added), 3)
    rows = one.rows("ours")
    equal(sorted(row["s3Key"]["S"] for row in rows), sorted(item["s3Key"] for item in added))
    for row in rows:
        equal(row["uniqueGridId"], {"S": "ours"})
        assert set(row) <= {"uniqueGridId", "s3Key", "addedMs"}, row
        if "addedMs" in row:
            assert before <= int(row["addedMs"]["N"]) <= time.time() * 1000 + 1000
    for item in added:
        stored = S3.get_object(Bucket=one.source, Key=item["s3Key"])
        equal((stored["ContentType"], stored["Body"].read()), ("image/jpeg", pictures[item["source"]]))
        assert re.fullmatch(r"[0-9a-f]{32}\.jpg", item["s3Key"]), item["s3Key"]
    # One of each kind, in one grid.
    theirs = one.earlier_image("ours", photo((9, 9, 9)))
    listed = one.run("list", "--grid", "ours", status=0).answer()
    equal((listed["count"], theirs in listed["keys"]), (4, True))
    equal(one.run("create-grid", "ours", status=0).answer()["failed"], [])

    equal(one.run("remove", "--grid", "ours", theirs, "no-such-key", status=0).answer()["removed"], 1)
    assert theirs not in one.objects(one.source)
    equal(len(one.rows("ours")), 3)
    equal(one.run("remove", "--grid", "ours", status=0).answer()["removed"], 3)
    equal((one.rows("ours"), one.objects(one.source)), ([], []))
    contains(one.run("remove", "--grid", "ours", status=1).err, "tessera remove: ", "ours")
    contains(one.run("list", "--grid", "ours", status=1).err, "tessera list: ", "ours")


def test_counter_is_shared():
    one = Cloud()
    equal(one.run("counter", "visits", "--get", status=0).answer(), {"value": 0})
    equal(one.counter("visits"), None, "reading makes no counter")
    DYNAMODB.put_item(TableName=one.counters, Item={"counter-name": {"S": "visits"}, "counter-value": {"N": "41"}})
    equal(one.run("counter", "visits", status=0).answer(), {"value": 42})
    DYNAMODB.update_item(TableName=one.counters, Key={"counter-name": {"S": "visits"}},
                         UpdateExpression="SET #c = #c + :one", ExpressionAttributeNames={"#c": "counter-value"},
                         ExpressionAttributeValues={":one": {"N": "1"}})
    equal(one.run("counter", "visits", status=0).answer(), {"value": 44})
    equal(one.run("counter", "new one", status=0).answer(), {"value": 1})
    equal(DYNAMODB.get_item(TableName=one.counters, Key={"counter-name": {"S": "new one"}})["Item"],
          {"counter-name": {"S": "new one"}, "counter-value": {"N": "1"}})
    equal(one.run("counter", "visits", "--set", "9223372036854775807", status=0).answer(), {"value": 2 ** 63 - 1})
    contains(one.run("counter", "visits", status=1).err, "visits", "64-bit")
    equal(one.counter("visits"), 2 ** 63 - 1)


def test_presigned_link():
    one = Cloud()
    one.earlier_image("g", photo((200, 30, 30)))
    begun = time.time()
    answer = one.run("create-grid", "g", "--expires", "60", status=0).answer()
    url = answer["presigned_url"]
    parts = urllib.parse.urlsplit(url)
    query = dict(urllib.parse.parse_qsl(parts.query))
    equal((query["X-Amz-Expires"], query["X-Amz-Algorithm"]), ("60", "AWS4-HMAC-SHA256"))
    expires = time.mktime(time.strptime(answer["expires_at"], "%Y-%m-%dT%H:%M:%SZ")) - time.timezone
    assert begun + 55 <= expires <= time.time() + 62, answer["expires_at"]
    status, _, body = fetch(url)
    equal((status, body), (200, S3.get_object(Bucket=one.dest, Key=answer["key"])["Body"].read()))
    curl = subprocess.run(["curl", "--silent", "--fail", url], capture_output=True, check=False)
    equal((curl.returncode, curl.stdout), (0, body))

    one.put("another.jpg", b"secret", bucket=one.dest)
    signature = query["X-Amz-Signature"]
    touched = {
        "path": url.replace(answer["key"], "another.jpg"),
        "date": url.replace(query["X-Amz-Date"], time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(time.time() - 30))),
        "expiry": url.replace("X-Amz-Expires=60", "X-Amz-Expires=61"),
        "signature": url.replace(signature, signature[:-1] + ("0" if signature[-1] != "0" else "1")),
        "signer": url.replace("TESTER", "GUEST"),
        "nothing signed": url.partition("?")[0],
    }
    for what, other in touched.items():
        assert other != url, what
        status, _, body = fetch(other)
        # Swift takes what has no signature for a request of its own kind, and that for a malformed one.
        assert status in (403, 400 if what == "nothing signed" else 403) and b"secret" not in body, (what, status, body)

    short = one.run("create-grid", "g", "--expires", "3", status=0).answer()["presigned_url"]
    equal(fetch(short)[0], 200)
    time.sleep(4.1)
    equal(fetch(short)[0], 403, "an expired link")


def test_link_of_a_role():
    """It ends with the credentials that signed it, and says so."""
    one = Cloud()
    one.earlier_image("g", photo((200, 30, 30)))
    with Role(life_s=1800) as role:
        answer = one.run("create-grid", "g", "--expires", "7200", changes=role.environment, status=0).answer()
    expires = time.mktime(time.strptime(answer["expires_at"], "%Y-%m-%dT%H:%M:%SZ")) - time.timezone
    assert 1740 <= expires - time.time() <= 1800, answer["expires_at"]
    contains(answer["presigned_url"], "X-Amz-Security-Token=token-number-1")
    equal(fetch(answer["presigned_url"])[0], 200)
    equal(fetch(answer["presigned_url"].replace("token-number-1", "token-number-2"))[0], 403)


def test_several_builders_at_once():
    one = Cloud()
    for index in range(9):
        one.earlier_image("g", photo(colour_of(index)))
    running = [subprocess.Popen([program.PROGRAM, "create-grid", "g"], env=one.environment(), stdout=subprocess.PIPE)
               for _ in range(4)]
    answers = [json.loads(process.communicate()[0]) for process in running]
    equal([process.returncode for process in running], [0] * 4)
    equal({answer["key"] for answer in answers}, {answers[0]["key"]})
    equal(len(one.objects(one.dest)), 2, "one picture and its description")
    equal(fetch(answers[0]["presigned_url"])[0], 200)


def test_init():
    one = Cloud(made=False)
    equal(one.run("init", status=0).answer(), {"message": "store ready", "created": True})
    for bucket in (one.source, one.dest):
        S3.head_bucket(Bucket=bucket)
    for table, keys in ((one.grids, {"uniqueGridId": "HASH", "s3Key": "RANGE"}), (one.counters, {"counter-name": "HASH"})):
        description = DYNAMODB.describe_table(TableName=table)["Table"]
        equal({key["AttributeName"]: key["KeyType"] for key in description["KeySchema"]}, keys)
        equal({key["AttributeName"]: key["AttributeType"] for key in description["AttributeDefinitions"]},
              dict.fromkeys(keys, "S"))
        equal(description["BillingModeSummary"]["BillingMode"], "PAY_PER_REQUEST")
    one.earlier_image("g", photo((200, 30, 30)))
    equal(one.run("init", status=0).answer(), {"message": "store ready", "created": False})
    equal(len(one.rows("g")), 1, "init leaves what is there")
    one.run("create-grid", "g", status=0)


def test_batch():
    one = Cloud()
    for grid in ("a", "b", "c"):
        for index in range(3):
            one.earlier_image(grid, photo(colour_of(index)))
    lines = ["a", "nowhere", json.dumps({"uniqueGridId": "b", "tile": 40, "gap": 2}), "s3://" + one.source, "c"]
    done = one.run("batch", "-", "--ordered", stdin="\n".join(lines).encode(), status=1)
    answers = done.answers()
    equal([answer.get("code", answer["message"]) for answer in answers],
          ["built grid", "not-found", "built grid", "built grid", "built grid"])
    equal([answers[2]["width"], answers[2]["height"], answers[3]["tiles"]], [40, 124, 9])
    for answer in answers:
        if "presigned_url" in answer:
            equal(fetch(answer["presigned_url"])[0], 200)


ODD_KEYS = [" ", "a b.jpg", "a+b.jpg", "a%2Fb.jpg", "100%.jpg", "ü/\U0001f600.jpg", "../escaped.jpg", "a/../b.jpg", "a//b.jpg",
            "/lead.jpg", "./dot.jpg", "dot.", "...", "q?a=b&c=d#e.jpg", "quote'\"<>&.jpg", "line\nbreak.jpg", "tab\there.jpg",
            "\\back\\slash.jpg", "~tilde!$()*,;=:@[].jpg", "x" * 1000 + ".jpg", "%00.jpg", "&amp;.jpg"]


def test_odd_keys():
    one = Cloud()
    colours = {}
    for index, key in enumerate(ODD_KEYS):
        colours[key] = colour_of(index * 5 + 3)
        one.put(key, photo(colours[key]))
    equal(sorted(one.objects(one.source)), sorted(colours), "what Swift and boto3 hold")
    one.map("odd", colours)
    order = sorted(colours, key=str.encode, reverse=True)
    equal(one.run("list", "--grid", "odd", status=0).answer()["keys"], order)
    done = one.run("create-grid", "odd", "--tile", "20", "-o", "odd.png", "--format", "png", status=0)
    equal(done.answer()["failed"], [])
    with open("odd.png", "rb") as file:
        same_colours(cells(file.read(), 20, done.answer()["columns"], len(order)), [colours[key] for key in order])
    # By listing the bucket: all that are images by their names, or have no ending.
    found = one.run("create-grid", "s3://" + one.source, "--tile", "20", "--order", "key", status=0).answer()
    equal((found["failed"], found["tiles"] >= len(ODD_KEYS) - 2), ([], True))
    equal(one.run("remove", "--grid", "odd", status=0).answer()["removed"], len(order))
    equal((one.rows("odd"), one.objects(one.source)), ([], []))
    assert not os.path.exists("../escaped.jpg")


def test_odd_grid_ids():
    one = Cloud()
    for grid_id in (" ", "a/b", "../..", "ü \U0001f600", "x" * 2048, "'\"; --", "%2F+"):
        one.earlier_image(grid_id, photo((10, 200, 10)))
        answer = one.run("create-grid", grid_id, status=0).answer()
        equal((answer["grid_id"], answer["tiles"]), (grid_id, 1))
        equal(fetch(answer["presigned_url"])[0], 200)


def test_buckets_as_sources():
    one = Cloud()
    colours = {"2026/a.jpg": colour_of(10), "2026/b.jpg": colour_of(40), "2025/z.jpg": colour_of(70), "top.jpg": colour_of(90)}
    for key, colour in colours.items():
        one.put(key, photo(colour))
    one.put("2026/notes.txt", b"no image")
    one.put("2026/", b"")
    year = "s3://%s/2026/" % one.source
    answer = one.run("create-grid", year, "--order", "key", "--columns", "2", status=0).answer()
    equal((answer["tiles"], answer["failed"]), (2, []))
    same_colours(cells(fetch(answer["presigned_url"])[2], 100, 2, 2), [colours["2026/a.jpg"], colours["2026/b.jpg"]])
    equal(one.run("create-grid", year, "--order", "key", "--columns", "2", status=0).answer()["cached"], True)
    equal(one.run("create-grid", "s3://" + one.source, status=0).answer()["tiles"], 4)
    contains(one.run("create-grid", "s3://%s/nothing" % one.source, status=1).err, "nothing", one.source)

    done = one.run("montage", year, "s3://%s/top.jpg" % one.source, "-o", "m.png", "--columns", "3", status=0)
    equal((done.answer()["tiles"], done.answer()["failed"]), (3, []))
    with open("m.png", "rb") as file:
        same_colours(cells(file.read(), 100, 3, 3), [colours[key] for key in ("2026/a.jpg", "2026/b.jpg", "top.jpg")])
    # Without the environment's buckets: the name says it all.
    bare = {"SOURCE_BUCKET": None, "DESTINATION_BUCKET": None}
    equal(one.run("montage", year, "-o", "n.png", changes=bare, status=0).answer()["tiles"], 2)


program.main(globals())
