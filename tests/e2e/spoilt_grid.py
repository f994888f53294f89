# SPDX-License-Identifier: MIT
"""A small grid behind the fault proxies, and what must hold of it whatever the fault: for aws_faults.py and
aws_refusals.py."""

from cloud import S3, Cloud, colour_of, no_secrets, photo
from program import contains, equal

S3_ATTEMPTS = 3


def grid(count=4, body=None):
    """A grid "g" of so many images; the cloud and its keys in the order of cells."""
    one = Cloud(proxied=True)
    for index in range(count):
        one.earlier_image("g", body() if body else photo(colour_of(index)))
    keys = sorted((row["s3Key"]["S"] for row in one.rows("g")), reverse=True)
    return one, keys


def attempts(one, key, method="GET"):
    return len(one.s3.seen(method, "/" + key))


def is_good(one, *arguments, **more):
    """Builds it: nothing failed, and the link leads to a picture. The answer."""
    done = one.run("create-grid", "g", *arguments, status=0, **more)
    answer = done.answer()
    equal((answer["failed"], done.err), ([], ""))
    head = S3.head_object(Bucket=one.dest, Key=answer["key"])
    assert head["ContentLength"] > 500
    no_secrets(done)
    return answer


def one_cell_fails(one, key, *words, arguments=(), tries=S3_ATTEMPTS):
    """The grid is built without this image, which is named with the words; all others are there. With --strict nothing is
    stored. When the fault is over the grid is built again, whole."""
    done = one.run("create-grid", "g", *arguments, status=3)
    failed = done.answer()["failed"]
    equal([item["key"] for item in failed], [key])
    contains(failed[0]["reason"], *words)
    contains(done.err, "1 of ", key, *words)
    equal(attempts(one, key), tries, "attempts")
    before = one.objects(one.dest)
    strict = one.run("create-grid", "g", "--tile", "51", "--strict", *arguments, status=1)
    contains(strict.err, key, *words)
    equal(strict.answer()["code"], "tile-failed")
    equal(one.objects(one.dest), before, "a strict grid that failed is not stored")
    one.clear()
    again = is_good(one, *arguments)
    equal(again["cached"], False, "a grid with a placeholder is no answer once the image can be had")
