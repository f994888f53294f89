#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What S3 and DynamoDB refuse, and what can be done about it: another region, another clock, a new token; and what cannot:
what is not there, and what is not allowed. The number of attempts, the words, the exit status and what is left are judged."""

import email.utils
import time

import program
from cloud import GUEST, S3, Role, cells, fetch, photo, same_colours
from fault_rules import Rule, dynamo_error, s3_error
from program import contains, equal
from spoilt_grid import attempts, grid, is_good, one_cell_fails


def test_other_region():
    # Swift itself tells its region, as S3 does.
    one, keys = grid()
    is_good(one, changes={"AWS_REGION": "eu-west-1"})
    assert all(attempts(one, key) <= 2 for key in keys), "followed once"
    # Told by a header, in an answer without a body.
    one, keys = grid()
    one.s3.add(s3_error(301, "PermanentRedirect", "Use another endpoint.", path=keys[0], times=1,
                        headers={"x-amz-bucket-region": "us-east-1"}))
    is_good(one, "--fetches", "1", changes={"AWS_REGION": "eu-west-1"})
    equal([attempts(one, key) for key in keys], [2, 1, 1, 1], "remembered for the bucket")
    # Round in circles: it ends.
    one, keys = grid()
    one.s3.add(s3_error(400, "AuthorizationHeaderMalformed", "expecting elsewhere", "<Region>eu-west-1</Region>", path=keys[0]))
    done = one.run("create-grid", "g", status=3)
    contains(done.answer()["failed"][0]["reason"], "AuthorizationHeaderMalformed")
    assert attempts(one, keys[0]) <= 3, attempts(one, keys[0])
    one.clear()
    one.s3.add(s3_error(301, "PermanentRedirect", "x", "<Region>../../evil\r\nX: y</Region>", path=keys[0]))
    done = one.run("create-grid", "g", "--fresh", status=3)
    assert attempts(one, keys[0]) <= 3 and "evil" not in str([request.headers for request in one.s3.requests])


def shifted(seconds):
    return {"Date": email.utils.formatdate(time.time() + seconds, usegmt=True)}


def signed_at(request):
    return time.mktime(time.strptime(request.headers["x-amz-date"], "%Y%m%dT%H%M%SZ")) - time.timezone


def test_skewed_clock():
    """Ten minutes: the server says that it is too much, and the real one behind takes the corrected time too."""
    one, keys = grid()
    one.s3.add(s3_error(403, "RequestTimeTooSkewed", "The difference is too large.", path=keys[0], times=1,
                        headers=shifted(600)))
    is_good(one)
    equal(attempts(one, keys[0]), 2)
    first, second = one.s3.seen("GET", keys[0])
    assert 590 <= signed_at(second) - signed_at(first) <= 612, (first.headers, second.headers)
    # A clock that nobody refuses, in every answer: the link lives as long as it says, by the server's clock.
    one, keys = grid()
    for proxy in (one.s3, one.dynamodb):
        proxy.add(Rule(headers=shifted(600)))
    answer = is_good(one)
    equal(attempts(one, keys[0]), 1)
    made = answer["presigned_url"].partition("X-Amz-Date=")[2][:16]
    drift = time.mktime(time.strptime(made, "%Y%m%dT%H%M%SZ")) - time.timezone - time.time()
    assert 580 <= drift <= 612, "links are signed by the server's clock, too: %d s" % drift
    # A server whose clock differs each time cannot lead it on.
    one, keys = grid()
    one.s3.add(s3_error(403, "RequestTimeTooSkewed", path=keys[0], headers=shifted(600)))
    done = one.run("create-grid", "g", status=3)
    contains(done.answer()["failed"][0]["reason"], "RequestTimeTooSkewed")
    assert attempts(one, keys[0]) <= 2
    # DynamoDB has other words for it, and its clock may be years away.
    one, _ = grid()
    for words, seconds in (("Signature expired", -3 * 365 * 86400), ("Signature not yet current", 86400)):
        one.clear()
        one.dynamodb.add(dynamo_error(400, "InvalidSignatureException", words, target="Query", times=1,
                                      headers=shifted(seconds)))
        one.run("list", "--grid", "g", status=0)
        first, second = one.dynamodb.seen(operation="Query")
        assert abs(signed_at(second) - signed_at(first) - seconds) < 12, words


def test_token_that_expires_in_between():
    one, keys = grid(6)
    with Role() as role:
        one.s3.add(s3_error(400, "ExpiredToken", "The provided token has expired.", method="GET", path=one.source, skip=2, times=1))
        is_good(one, "--fetches", "1", changes=role.environment)
        equal((role.asked, sum(attempts(one, key) for key in keys)), (["let-me-in"] * 2, 7))
        tokens = [request.headers["x-amz-security-token"] for request in one.s3.seen("GET", one.source)]
        equal(tokens, ["token-number-1"] * 3 + ["token-number-2"] * 4)
        one.clear()
        one.dynamodb.add(dynamo_error(400, "ExpiredTokenException", "The security token included in the request is expired",
                                      target="UpdateItem", times=1))
        equal(one.run("counter", "visits", changes=role.environment, status=0).answer(), {"value": 1})
        # One that stays expired is no endless loop, and no message holds a token.
        one.clear()
        one.dynamodb.add(dynamo_error(400, "ExpiredTokenException", "The security token included in the request is expired"))
        done = one.run("list", "--grid", "g", changes=role.environment, status=1)
        contains(done.err, "ExpiredTokenException")
        equal(len(one.dynamodb.requests), 2)
        for secret in ("token-number", "let-me-in", "testing"):
            assert secret not in done.err + done.out, done.err


def test_token_that_cannot_be_renewed():
    one, _ = grid()
    one.s3.add(s3_error(400, "ExpiredToken", "The provided token has expired.", method="GET"))
    done = one.run("create-grid", "g", changes={"AWS_SESSION_TOKEN": "a-token-of-mine"}, status=1)
    contains(done.err, "ExpiredToken")
    assert "a-token-of-mine" not in done.err
    equal(one.objects(one.dest), [])


def test_missing_object():
    one, keys = grid()
    S3.delete_object(Bucket=one.source, Key=keys[1])
    done = one.run("create-grid", "g", status=3)
    equal([(item["key"], item["cell"]) for item in done.answer()["failed"]], [(keys[1], 1)])
    contains(done.answer()["failed"][0]["reason"], "no")
    equal(attempts(one, keys[1]), 1)
    equal(one.run("create-grid", "g", status=3).answer()["cached"], True)
    one.put(keys[1], photo((7, 7, 7)))
    answer = is_good(one)
    equal(answer["cached"], False)
    same_colours(cells(fetch(answer["presigned_url"])[2], 100, 2, 2)[1:2], [(7, 7, 7)])


def test_missing_source_bucket():
    """It is the configuration that is wrong, not the images: no grid is made of placeholders."""
    one, keys = grid()
    done = one.run("create-grid", "g", "--source", "no-such-bucket", status=1)
    contains(done.err, "no-such-bucket", "tessera init", "SOURCE_BUCKET")
    equal(one.objects(one.dest), [])
    assert all(attempts(one, key) <= 1 for key in keys)


def test_removal_from_a_wrong_bucket():
    """The mappings of the images in the right bucket stay."""
    one, keys = grid()
    for arguments in ([], [keys[0]]):
        done = one.run("remove", "--grid", "g", "--source", "no-such-bucket", *arguments, status=1)
        contains(done.err, "no-such-bucket")
        equal(sorted(one.run("list", "--grid", "g", status=0).answer()["keys"]), sorted(keys))
        equal(len(one.objects(one.source)), len(keys))


def test_missing_buckets():
    one, _ = grid()
    done = one.run("create-grid", "g", "--dest", "no-such-bucket", status=1)
    contains(done.err, "no-such-bucket", "tessera init", "DESTINATION_BUCKET")
    contains(one.run("create-grid", "s3://no-such-bucket/x", status=1).err, "no-such-bucket")
    contains(one.run("montage", "s3://no-such-bucket/x/", "-o", "x.jpg", status=1).err, "no-such-bucket")


def test_denied():
    one, keys = grid()
    done = one.run("create-grid", "g", changes=GUEST, status=1)
    contains(done.err, "s3:GetObject on arn:aws:s3:::%s/" % one.source, "denied")
    assert all(attempts(one, key) <= 1 for key in keys), "no use in repeating"
    done = one.run("create-grid", "s3://%s/" % one.source, changes=GUEST, status=1)
    contains(done.err, "s3:ListBucket on arn:aws:s3:::" + one.source)
    done = one.run("create-grid", "g", changes={"AWS_SECRET_ACCESS_KEY": "mistyped"}, status=1)
    contains(done.err, "SignatureDoesNotMatch")
    assert "mistyped" not in done.err
    one.clear()
    one.dynamodb.add(dynamo_error(400, "AccessDeniedException", "User: x is not authorized to perform: dynamodb:Query"))
    done = one.run("list", "--grid", "g", status=1)
    contains(done.err, "dynamodb:Query", one.grids)
    equal(len(one.dynamodb.requests), 1)
    equal(one.objects(one.dest), [])


def test_one_image_is_denied():
    one, keys = grid()
    one.s3.add(s3_error(403, "AccessDenied", "Access Denied.", path=keys[2]))
    one_cell_fails(one, keys[2], "s3:GetObject", tries=1)


program.main(globals())
