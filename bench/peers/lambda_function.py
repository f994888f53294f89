#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The earlier back end as a Lambda function: what its modules import at the head of the file, and the loop of Python's
runtime, reduced to what an invocation needs. Counts in DynamoDB's place in SQLite, builds the grid from files: the time
before the first answer is that of the interpreter and its imports.

usage: lambda_function.py PHOTO…      (AWS_LAMBDA_RUNTIME_API names the Runtime API, DATABASE the counters)
"""
import http.client
import io
import json
import math
import os
import sqlite3
import sys

import boto3
from PIL import Image

SESSION = boto3.session.Session(aws_access_key_id="none", aws_secret_access_key="none", region_name="us-east-1")
S3 = SESSION.client("s3")
TABLE = SESSION.resource("dynamodb").Table("hit-counters")  # made at the start, as it was
DATABASE = sqlite3.connect(os.environ["DATABASE"])
DATABASE.execute("CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER)")


def counter(name):
    with DATABASE:
        row = DATABASE.execute("INSERT INTO counters VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1 "
                               "RETURNING value", (name,)).fetchone()
    return {"statusCode": 200, "value": row[0]}


def grid(tile=100):
    photos = sys.argv[1:]
    columns = int(math.sqrt(len(photos)))
    picture = Image.new("RGB", (columns * tile, math.ceil(len(photos) / columns) * tile))
    for index, name in enumerate(photos):
        image = Image.open(name)
        side = min(image.size)
        left, top = (image.width - side) // 2, (image.height - side) // 2
        image = image.crop((left, top, left + side, top + side)).resize((tile, tile))
        picture.paste(image, (index % columns * tile, index // columns * tile))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=80)
    return {"statusCode": 200, "bytes": len(out.getvalue())}


def main():
    link = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    while True:
        link.request("GET", "/2018-06-01/runtime/invocation/next")
        answer = link.getresponse()
        event = json.loads(answer.read())
        result = counter(event["counter"]) if "counter" in event else grid()
        link.request("POST", f"/2018-06-01/runtime/invocation/{answer.headers['Lambda-Runtime-Aws-Request-Id']}/response",
                     json.dumps(result))
        link.getresponse().read()


main()
