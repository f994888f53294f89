# SPDX-License-Identifier: MIT
"""What the aws_*.py scripts share: the real servers that tests/services runs, names of each test's own, and pictures.

The servers are shared by all tests at once, so nothing here has a fixed name."""

import http.server
import io
import json
import os
import re
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

import program

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../service"))
from fault_proxy import Proxy  # noqa: E402

S3_URL = os.environ.get("AWS_ENDPOINT_URL_S3", "")
DYNAMODB_URL = os.environ.get("AWS_ENDPOINT_URL_DYNAMODB", "")
KEYS = {name: os.environ.get(name, "") for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION")}
GUEST = {"AWS_ACCESS_KEY_ID": os.environ.get("TESSERA_TEST_GUEST_KEY_ID", ""),
         "AWS_SECRET_ACCESS_KEY": os.environ.get("TESSERA_TEST_GUEST_SECRET", "")}
if not S3_URL or not DYNAMODB_URL:
    program.skip("no servers; `tests/services run ctest …` runs it with them")
try:
    import boto3
    import botocore.config
    from PIL import Image
except ImportError as reason:
    program.skip("%s (samples/install-packages --tests brings it)" % reason)


def client(service, url, region="us-east-1"):
    """boto3's, without retries: a test wants to see what happens."""
    return boto3.client(service, region_name=region, endpoint_url=url,
                        aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"], aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
                        config=botocore.config.Config(signature_version="s3v4" if service == "s3" else None,
                                                      retries={"max_attempts": 0}, s3={"addressing_style": "path"}))


S3 = client("s3", S3_URL)
DYNAMODB = client("dynamodb", DYNAMODB_URL)
_proxies = {}


def proxy_of(service):
    """The fault proxy before "s3" or "dynamodb"; one each, started at the first call, for the life of the script."""
    if service not in _proxies:
        port = urllib.parse.urlsplit(S3_URL if service == "s3" else DYNAMODB_URL).port
        _proxies[service] = Proxy(port).__enter__()
    return _proxies[service]


class Cloud:
    """Two buckets and two tables of a test's own, made unless `made` is false, and the environment that names them.
    With `proxied` tessera reaches the servers through self.s3 and self.dynamodb, which spoil nothing yet."""

    def __init__(self, made=True, proxied=False):
        mark = uuid.uuid4().hex[:12]
        self.source, self.dest = "src-" + mark, "dst-" + mark
        self.grids, self.counters = "Grids-" + mark, "counters-" + mark
        self.s3 = self.dynamodb = None
        if proxied:
            self.s3, self.dynamodb = proxy_of("s3"), proxy_of("dynamodb")
            self.clear()
        if made:
            S3.create_bucket(Bucket=self.source)
            S3.create_bucket(Bucket=self.dest)
            make_table(self.grids, uniqueGridId="HASH", s3Key="RANGE")
            make_table(self.counters, **{"counter-name": "HASH"})

    def clear(self):
        """No faults, and no record of requests."""
        self.s3.clear()
        self.dynamodb.clear()

    def environment(self, **changes):
        """What tessera is run with; nothing of the machine's own AWS configuration."""
        steering = {name: None for name in os.environ if name.startswith(("AWS_", "TESSERA_")) and name != "TESSERA"}
        ours = {"HOME": os.getcwd(), "AWS_EC2_METADATA_DISABLED": "true", **KEYS,
                "AWS_ENDPOINT_URL_S3": self.s3.url if self.s3 else S3_URL,
                "AWS_ENDPOINT_URL_DYNAMODB": self.dynamodb.url if self.dynamodb else DYNAMODB_URL,
                "SOURCE_BUCKET": self.source, "DESTINATION_BUCKET": self.dest,
                "GRID_TABLE": self.grids, "COUNTER_TABLE": self.counters}
        return program.environment(**{**steering, **ours, **changes})

    def run(self, *arguments, changes=None, **more):
        return program.run(*arguments, env=self.environment(**(changes or {})), **more)

    def put(self, key, body, bucket=None):
        S3.put_object(Bucket=bucket or self.source, Key=key, Body=body)

    def map(self, grid_id, keys):
        """As the earlier back end did: these two attributes and no more."""
        keys = list(keys)
        for at in range(0, len(keys), 25):
            DYNAMODB.batch_write_item(RequestItems={self.grids: [
                {"PutRequest": {"Item": {"uniqueGridId": {"S": grid_id}, "s3Key": {"S": key}}}}
                for key in keys[at:at + 25]]})

    def earlier_image(self, grid_id, body):
        """An image and its row as the earlier back end's add_image left them; its key."""
        key = uuid.uuid4().hex + ".jpg"
        self.put(key, body)
        self.map(grid_id, [key])
        return key

    def rows(self, grid_id):
        """The rows of a grid, sorted by key; plain boto3."""
        pages = DYNAMODB.get_paginator("query").paginate(
            TableName=self.grids, KeyConditionExpression="uniqueGridId = :g",
            ExpressionAttributeValues={":g": {"S": grid_id}})
        return [item for page in pages for item in page["Items"]]

    def objects(self, bucket):
        """The keys in a bucket."""
        pages = S3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        return [item["Key"] for page in pages for item in page.get("Contents", [])]

    def counter(self, name):
        item = DYNAMODB.get_item(TableName=self.counters, Key={"counter-name": {"S": name}}, ConsistentRead=True)
        return int(item["Item"]["counter-value"]["N"]) if "Item" in item else None


class Role:
    """A container's credentials: the tests' own keys, with a new token each time, for so many seconds."""

    def __init__(self, life_s=3600):
        self.life_s = life_s

    def __enter__(self):
        asked, life_s = [], self.life_s
        self.asked = asked

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.headers.get("Authorization"))
                body = json.dumps({
                    "AccessKeyId": KEYS["AWS_ACCESS_KEY_ID"], "SecretAccessKey": KEYS["AWS_SECRET_ACCESS_KEY"], 
                    "Token": "token-number-%d" % len(asked), "Expiration": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + life_s))}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *unused):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        self.environment = {
            "AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None,
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:%d/role" % self.server.server_port,
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": "let-me-in"}
        return self

    def __exit__(self, *unused):
        self.server.shutdown()
        self.server.server_close()


def make_table(name, **keys):
    """make_table("t", a="HASH"): keys are strings."""
    DYNAMODB.create_table(TableName=name, BillingMode="PAY_PER_REQUEST",
                          KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys.items()],
                          AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys])


def colour_of(index):
    """Colours that survive JPEG far enough apart: 125 of them, then again."""
    return (index % 5 * 60, index // 5 % 5 * 60, index // 25 % 5 * 60)


def photo(colour, size=(120, 90)):
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "JPEG", quality=90)
    return out.getvalue()


def noise(size=(400, 300)):
    """A photo of some 100 KB, which compresses badly."""
    out = io.BytesIO()
    Image.frombytes("RGB", size, os.urandom(size[0] * size[1] * 3)).save(out, "JPEG", quality=85)
    return out.getvalue()


def fetch(url):
    """(status, headers, body) of a GET without credentials."""
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as failure:
        return failure.code, failure.headers, failure.read()


def cells(picture, tile, columns, count):
    """The colours at the cells' centres."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    return [image.getpixel((index % columns * tile + tile // 2, index // columns * tile + tile // 2))
            for index in range(count)]


def near(colour, other, tolerance=12):
    return all(abs(a - b) <= tolerance for a, b in zip(colour, other))


def same_colours(got, expected):
    program.equal(len(got), len(expected), "cells")
    for index, (a, b) in enumerate(zip(got, expected)):
        assert near(a, b), "cell %d is %r, not %r" % (index, a, b)


def no_secrets(done):
    """No message holds a key, a signature or what would serve as one."""
    for text in (done.err, re.sub(r'"presigned_url":"[^"]*"', "", done.out)):
        for word in (KEYS["AWS_SECRET_ACCESS_KEY"] + '"', "X-Amz-Signature", "Signature=", "Credential="):
            assert word not in text, "%r in %r" % (word, text)
