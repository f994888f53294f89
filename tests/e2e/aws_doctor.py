#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""tessera doctor on S3 and DynamoDB: for each thing that newcomers get wrong it names the thing, the cause and the remedy,
finds nothing else wrong, and changes nothing. Where credentials come from is looked over on the way."""

import email.utils
import os
import time

import program
from program import contains, equal
from cloud import DYNAMODB, GUEST, KEYS, S3, Cloud, make_table, no_secrets, photo
from fault_rules import Rule, dynamo_error, s3_error, slow_down


def examine(one, bad, *arguments, changes=None):
    """Runs the doctor, who finds this many things bad: {subject: (detail, advice)}, and of the good ones {subject: detail}."""
    before = one.objects(one.source), one.objects(one.dest)
    done = one.run("doctor", *arguments, changes=changes, status=1 if bad else 0)
    answer = done.answer()
    equal((answer["bad"], answer["message"]), (bad, "something needs fixing" if bad else "all good"), done.err)
    equal(bad, len([finding for finding in answer["findings"] if not finding["good"]]))
    for finding in answer["findings"]:
        contains(done.err, ("ok " if finding["good"] else "bad ") + " ", finding["subject"])
        if not finding["good"]:
            contains(done.err, "to fix it: " + finding["advice"])
            assert finding["advice"] and finding["detail"], finding
    no_secrets(done)
    equal((one.objects(one.source), one.objects(one.dest)), before, "objects")
    return ({finding["subject"]: (finding["detail"], finding["advice"]) for finding in answer["findings"] if not finding["good"]},
            {finding["subject"]: finding["detail"] for finding in answer["findings"] if finding["good"]})


def test_all_good():
    one = Cloud()
    one.earlier_image("g", photo((1, 2, 3)))
    _, good = examine(one, 0)
    for subject in ("region", "credentials", "bucket " + one.source, "bucket " + one.dest, "table " + one.grids,
                    "table " + one.counters):
        assert subject in good, (subject, good)
    contains(good["credentials"], "environment")
    contains(good["region"], "us-east-1", "AWS_REGION")
    equal(len(one.rows("g")), 1)
    equal(DYNAMODB.scan(TableName=one.counters)["Items"], [])
    equal(len(DYNAMODB.scan(TableName=one.grids)["Items"]), 1)


def test_before_init():
    one = Cloud(made=False)
    done = one.run("doctor", status=1)
    found = {finding["subject"]: finding for finding in done.answer()["findings"] if not finding["good"]}
    equal(sorted(found), sorted(["bucket " + one.source, "bucket " + one.dest, "table " + one.grids, "table " + one.counters]))
    for finding in found.values():
        contains(finding["advice"], "tessera init")
    one.run("init", status=0)
    examine(one, 0)


def test_no_credentials():
    one = Cloud()
    bad, _ = examine(one, 1, changes={"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None})
    detail, advice = bad["credentials"]
    contains(detail, "AWS_ACCESS_KEY_ID", "credentials")
    contains(advice, "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "aws configure")
    # The same words reach whoever did not ask the doctor.
    done = one.run("create-grid", "g", changes={"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}, status=1)
    contains(done.err, "AWS_ACCESS_KEY_ID", "tessera create-grid: ")
    bad, _ = examine(one, 1, changes={"AWS_SECRET_ACCESS_KEY": None})
    contains(bad["credentials"][0], "AWS_SECRET_ACCESS_KEY")


def test_wrong_keys():
    one = Cloud()
    bad, _ = examine(one, 2, changes={"AWS_SECRET_ACCESS_KEY": "mistyped-secret"})
    for bucket in (one.source, one.dest):
        detail, advice = bad["bucket " + bucket]
        contains(detail, "SignatureDoesNotMatch")
        contains(advice, "credentials")
        assert "mistyped-secret" not in detail + advice
    bad, _ = examine(one, 2, changes={"AWS_ACCESS_KEY_ID": "NOBODY"})
    contains(bad["bucket " + one.source][1], "credentials")


def test_not_allowed():
    one = Cloud(proxied=True)
    bad, _ = examine(one, 2, changes=GUEST)
    for bucket in (one.source, one.dest):
        detail, advice = bad["bucket " + bucket]
        contains(detail, "s3:ListBucket on arn:aws:s3:::" + bucket)
        contains(advice, "IAM", "samples/aws-policy.json")
    # One permission that lacks, of each kind.
    for method, action in (("PUT", "s3:PutObject"), ("GET", "s3:GetObject")):
        one.clear()
        one.s3.add(s3_error(403, "AccessDenied", "Access Denied.", method=method, path="/%s/[^?]" % one.dest))
        bad, _ = examine(one, 1)
        contains(bad["bucket " + one.dest][0], action, one.dest)
    for operation in ("Query", "PutItem", "DeleteItem", "UpdateItem", "GetItem"):
        one.clear()
        one.dynamodb.add(dynamo_error(400, "AccessDeniedException", "not authorized", target=operation))
        done = one.run("doctor")
        tried = one.dynamodb.seen(operation=operation)
        if tried:
            equal(done.status, 1)
            contains(done.err, "dynamodb:" + operation)
        assert tried or operation == "DeleteItem", "the doctor does not look whether %s is allowed" % operation


def test_missing_bucket():
    one = Cloud()
    S3.delete_bucket(Bucket=one.dest)
    done = one.run("doctor", status=1)
    bad = {finding["subject"]: finding for finding in done.answer()["findings"] if not finding["good"]}
    equal(list(bad), ["bucket " + one.dest])
    contains(bad["bucket " + one.dest]["detail"], "there is no bucket " + one.dest)
    contains(bad["bucket " + one.dest]["advice"], "tessera init", "DESTINATION_BUCKET")


def test_unnamed_bucket():
    one = Cloud()
    bad, _ = examine(one, 1, changes={"SOURCE_BUCKET": None})
    contains(bad["bucket SOURCE_BUCKET"][1], "SOURCE_BUCKET", "--source")
    done = one.run("create-grid", "g", changes={"SOURCE_BUCKET": None})
    equal(done.status in (1, 2), True)
    examine(one, 0, "--source", one.source, changes={"SOURCE_BUCKET": None})


def test_missing_tables():
    one = Cloud()
    bad, _ = examine(one, 1, changes={"GRID_TABLE": "NoSuchTable"})
    contains(bad["table NoSuchTable"][0], "there is no table NoSuchTable")
    contains(bad["table NoSuchTable"][1], "tessera init")
    bad, _ = examine(one, 1, changes={"COUNTER_TABLE": "no-such-counters"})
    contains(bad["table no-such-counters"][1], "tessera init")


def test_tables_with_other_keys():
    one = Cloud()
    wrong = "Wrong-" + one.grids
    make_table(wrong, id="HASH")
    bad, _ = examine(one, 1, changes={"GRID_TABLE": wrong})
    detail, advice = bad["table " + wrong]
    contains(detail, "id (S)", "uniqueGridId (S) and s3Key (S)")
    contains(advice, "GRID_TABLE")
    bad, _ = examine(one, 1, changes={"COUNTER_TABLE": wrong})
    contains(bad["table " + wrong][0], "counter-name (S)")
    contains(one.run("init", changes={"GRID_TABLE": wrong}, status=1).err, "uniqueGridId", wrong)
    for arguments in (["create-grid", "g"], ["list", "--grid", "g"]):
        contains(one.run(*arguments, changes={"GRID_TABLE": wrong}, status=1).err, "tessera ")


def test_no_server():
    one = Cloud()
    nowhere = "http://127.0.0.1:1"
    bad, _ = examine(one, 2, "--connect-timeout", "1", changes={"AWS_ENDPOINT_URL_S3": nowhere})
    detail, advice = bad["bucket " + one.source]
    contains(detail, "cannot connect to 127.0.0.1:1")
    contains(advice, "network", "AWS_ENDPOINT_URL")
    bad, _ = examine(one, 2, "--connect-timeout", "1", changes={"AWS_ENDPOINT_URL_DYNAMODB": nowhere})
    contains(bad["table " + one.grids][0], "cannot connect to 127.0.0.1:1")
    bad, _ = examine(one, 4, changes={"AWS_ENDPOINT_URL_S3": "http://no-such-host.invalid",
                                      "AWS_ENDPOINT_URL_DYNAMODB": "http://no-such-host.invalid"})
    contains(bad["bucket " + one.dest][0], "no-such-host.invalid")
    done = one.run("doctor", changes={"AWS_ENDPOINT_URL_S3": "ftp://127.0.0.1"}, status=1)
    contains(done.err, "AWS_ENDPOINT_URL_S3", "ftp://127.0.0.1")


def test_skewed_clock():
    one = Cloud(proxied=True)
    for seconds, words in ((600, "behind"), (-600, "ahead of"), (90, "behind"), (-90, "ahead of")):
        one.clear()
        date = email.utils.formatdate(time.time() + seconds, usegmt=True)
        for proxy in (one.s3, one.dynamodb): # all of them, although none refuses anything
            proxy.add(Rule(headers={"Date": date}))
        bad, _ = examine(one, 1)
        detail, advice = bad["clock"]
        contains(detail, words, " min ")
        # The Date stands still while the test goes on.
        seen = int(detail.split("it is ")[1].split(" min")[0]) * 60 + int(detail.split(" min ")[1].split(" s ")[0])
        assert abs(seen - abs(seconds)) < 45, detail
        contains(advice, "clock", "timedatectl")
    one.clear()
    one.s3.add(Rule(times=1, headers={"Date": email.utils.formatdate(time.time() + 600, usegmt=True)}))
    examine(one, 0) # one answer that lies
    # Too much for either, for good.
    one.clear()
    date = email.utils.formatdate(time.time() + 86400, usegmt=True)
    one.s3.add(s3_error(403, "RequestTimeTooSkewed", "The difference is too large.", headers={"Date": date}))
    one.dynamodb.add(Rule(headers={"Date": date}))
    bad, _ = examine(one, 3)
    contains(bad["bucket " + one.source][0], "RequestTimeTooSkewed")
    contains(bad["bucket " + one.source][1], "clock")
    contains(bad["clock"][0], "behind", "1439 min" if "1439" in bad["clock"][0] else "1440 min")


def test_regions():
    one = Cloud()
    bad, _ = examine(one, 2, changes={"AWS_REGION": "eu-west-1"})
    contains(bad["bucket " + one.source][0], "us-east-1", "eu-west-1")
    contains(bad["bucket " + one.source][1], "AWS_REGION")
    examine(one, 0, "--region", "us-east-1", changes={"AWS_REGION": "eu-west-1"})
    _, good = examine(one, 0, changes={"AWS_REGION": None, "AWS_DEFAULT_REGION": "us-east-1"})
    contains(good["region"], "AWS_DEFAULT_REGION")
    # Without region and endpoint there is no server to be asked.
    done = one.run("doctor", changes={"AWS_REGION": None, "AWS_ENDPOINT_URL_S3": None, "AWS_ENDPOINT_URL_DYNAMODB": None}, status=1)
    contains(done.err, "AWS_REGION")


def test_busy_server():
    one = Cloud(proxied=True)
    one.s3.add(slow_down(path=one.dest))
    bad, _ = examine(one, 1, changes={"AWS_MAX_ATTEMPTS": "2"})
    contains(bad["bucket " + one.dest][0], "SlowDown")
    contains(bad["bucket " + one.dest][1], "wait")


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def test_profiles():
    """Keys, region and endpoints from ~/.aws, as the AWS CLI reads it."""
    one = Cloud()
    write(".aws/credentials", "[default]\naws_access_key_id = NOBODY\naws_secret_access_key = nothing\n"
          "[work]\naws_access_key_id = %(AWS_ACCESS_KEY_ID)s\naws_secret_access_key = %(AWS_SECRET_ACCESS_KEY)s\n" % KEYS)
    write(".aws/config", "[profile work]\nregion = us-east-1\n")
    bare = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None, "AWS_REGION": None}
    for arguments, changes in (((), {"AWS_PROFILE": "work"}), (("--profile", "work"), {}),
                               (("--profile", "work"), {"AWS_ACCESS_KEY_ID": "NOBODY", "AWS_SECRET_ACCESS_KEY": "nothing"})):
        _, good = examine(one, 0, *arguments, changes={**bare, **changes})
        contains(good["credentials"], "work")
        contains(good["region"], "us-east-1", "work")
    bad, _ = examine(one, 2, changes=bare)
    contains(bad["bucket " + one.source][1], "credentials")
    done = one.run("doctor", changes={**bare, "AWS_PROFILE": "holiday"}, status=1)
    contains(done.err, "holiday")
    write(".aws/config", "[profile work\nregion = us-east-1\n")
    done = one.run("doctor", "--profile", "work", changes=bare, status=1)
    contains(done.err, ".aws/config, line 1")


program.main(globals())
