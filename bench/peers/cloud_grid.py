#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The grid as the earlier Python back end built it in the cloud: the keys from the table, in descending order; then the
photos one after the other, each fetched, decoded whole, cut to the centre, scaled and pasted; saved as JPEG of quality
80, stored, and a link to it.

    cloud_grid.py ID          builds it once and prints the answer
    cloud_grid.py --serve     for each line of input, an id, builds its grid and prints the answer as one line
"""
import io
import json
import math
import os
import sys
import uuid

import boto3
import botocore.config
from boto3.dynamodb.conditions import Key
from PIL import Image

TILE = 100


def keys_of(table, grid_id):
    keys, more = [], {}
    while True:
        page = table.query(KeyConditionExpression=Key("uniqueGridId").eq(grid_id), ScanIndexForward=False, **more)
        keys += [item["s3Key"] for item in page["Items"]]
        if "LastEvaluatedKey" not in page:
            return keys
        more = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def cell(s3, key):
    body = s3.get_object(Bucket=os.environ["SOURCE_BUCKET"], Key=key)["Body"].read()
    with Image.open(io.BytesIO(body)) as image:
        side = min(image.size)
        left, top = (image.width - side) // 2, (image.height - side) // 2
        cut = image.convert("RGB").crop((left, top, left + side, top + side))
    return cut.resize((TILE, TILE), Image.BICUBIC)


def build(s3, table, grid_id):
    keys = keys_of(table, grid_id)
    columns = math.isqrt(len(keys))
    grid = Image.new("RGB", (columns * TILE, math.ceil(len(keys) / columns) * TILE))
    for i, key in enumerate(keys):
        grid.paste(cell(s3, key), (i % columns * TILE, i // columns * TILE))
    out = io.BytesIO()
    grid.save(out, "JPEG", quality=80)
    where = {"Bucket": os.environ["DESTINATION_BUCKET"], "Key": f"{uuid.uuid4().hex}.jpg"}
    s3.put_object(**where, Body=out.getvalue(), ContentType="image/jpeg")
    url = s3.generate_presigned_url("get_object", Params=where, ExpiresIn=300)
    return {"presigned_url": url, "width": grid.width, "height": grid.height, "tiles": len(keys)}


def main():
    region = os.environ["AWS_REGION"]  # this boto3 knows neither AWS_REGION nor AWS_ENDPOINT_URL_S3 by itself
    s3 = boto3.client("s3", region_name=region, endpoint_url=os.environ["AWS_ENDPOINT_URL_S3"],
                      config=botocore.config.Config(signature_version="s3v4"))
    dynamodb = boto3.resource("dynamodb", region_name=region, endpoint_url=os.environ["AWS_ENDPOINT_URL_DYNAMODB"])
    table = dynamodb.Table("GridBuilder")
    ids = sys.stdin if sys.argv[1] == "--serve" else [sys.argv[1]]
    for grid_id in ids:
        print(json.dumps(build(s3, table, grid_id.strip())), flush=True)


main()
