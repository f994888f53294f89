#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""More of everything than fits into one answer: keys, cells, bytes."""

import concurrent.futures

import program
from program import contains, equal
from cloud import S3, Cloud, cells, colour_of, fetch, noise, photo, same_colours


def test_many_keys():
    one = Cloud()
    # More than one answer of DynamoDB (1 MB) holds; the names make it so.
    keys = ["%05d-%s.jpg" % (index, "x" * 150) for index in range(9000)]
    one.map("large", keys)
    listed = one.run("list", "--grid", "large", status=0).answer()
    equal((listed["count"], listed["keys"]), (9000, keys[::-1]))
    equal(one.run("list", "--grid", "large", "--order", "key", status=0).answer()["keys"], keys)
    contains(one.run("create-grid", "large", "--max-cells", "8999", status=1).err, "max-cells", "8999")


def test_many_cells():
    one = Cloud()
    # 300 cells of 30 images: one page of keys does not hold them.
    images = [photo(colour_of(index), (40, 40)) for index in range(30)]
    wanted = {}
    for index, image in enumerate(images):
        one.put("image-%d.jpg" % index, image)
    for index in range(300):
        key = "cell-%03d.jpg" % index
        S3.copy_object(Bucket=one.source, Key=key, CopySource={"Bucket": one.source, "Key": "image-%d.jpg" % (index % 30)})
        wanted[key] = colour_of(index % 30)
    one.map("many", wanted)
    answer = one.run("create-grid", "many", "--tile", "16", "-o", "many.png", "--format", "png", status=0).answer()
    equal((answer["columns"], answer["rows"], answer["failed"]), (17, 18, []))
    with open("many.png", "rb") as file:
        same_colours(cells(file.read(), 16, 17, 300), [wanted[key] for key in sorted(wanted, reverse=True)])


def test_large_objects():
    one = Cloud()
    pictures = [noise((3000, 2000)) for _ in range(4)]
    for index, picture in enumerate(pictures):
        assert len(picture) > 2 << 20
        with open("%d.jpg" % index, "wb") as file:
            file.write(picture)
    added = one.run("add", "--grid", "g", *["%d.jpg" % index for index in range(4)], status=0).answer()["added"]
    for item in added:
        with open(item["source"], "rb") as file:
            equal(S3.get_object(Bucket=one.source, Key=item["s3Key"])["Body"].read() == file.read(), True, item["source"])
    # A picture of more than the memory that an upload is kept in.
    answer = one.run("create-grid", "g", "--tile", "2000x1500", "--format", "png", status=0).answer()
    size = S3.head_object(Bucket=one.dest, Key=answer["key"])["ContentLength"]
    assert size > 9 << 20, size
    _, headers, picture = fetch(answer["presigned_url"])
    equal((headers["Content-Type"], len(picture)), ("image/png", size))
    # In pieces, when it is there already.
    again = one.run("create-grid", "g", "--tile", "2000x1500", "--format", "png", "-o", "large.png", status=0).answer()
    with open("large.png", "rb") as file:
        equal((again["cached"], file.read() == picture), (True, True))
    contains(one.run("create-grid", "g", "--max-bytes", "100K", status=1).err, "max-bytes")


def test_many_objects():
    """A thousand and more need several pages of the list."""
    one = Cloud()
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda index: one.put("many/%04d" % index, b"x"), range(1010)))
    bucket = "s3://%s/many/" % one.source
    contains(one.run("montage", bucket, "-o", "o.jpg", "--max-cells", "1009", status=1).err, "max-cells")
    equal(one.run("montage", bucket, "-o", "o.jpg", "--tile", "4", "--dry-run", status=0).answer()["tiles"], 1010)


program.main(globals())
