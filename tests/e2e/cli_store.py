#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The commands that work on the embedded store: add, list, remove, create-grid, counter, init, doctor."""

import datetime
import json
import os
import re
import shutil
import subprocess
import tempfile
import time

import program
from program import contains, environment, equal, run, write_png

ANSWER = ["message", "presigned_url", "grid_id", "key", "width", "height", "columns", "rows", "tiles", "failed", "cached",
          "expires_at", "timings_ms"]


def add(grid, count=4):
    for index in range(count):
        write_png("%s-%d.png" % (grid, index), colour=(index * 20, 90, 200))
    return run("add", "--grid", grid, *["%s-%d.png" % (grid, index) for index in range(count)], status=0).answer()


def test_add_list_remove():
    answer = add("holiday", 3)
    equal((answer["message"], answer["grid_id"], answer["count"], answer["failed"]), ("images saved", "holiday", 3, []))
    equal([item["source"] for item in answer["added"]], ["holiday-0.png", "holiday-1.png", "holiday-2.png"])
    equal([item["image_size"] for item in answer["added"]], [os.path.getsize("holiday-%d.png" % index) for index in range(3)])
    keys = [item["s3Key"] for item in answer["added"]]
    equal(run("list", "--grid", "holiday", status=0).answer(),
          {"grid_id": "holiday", "count": 3, "keys": sorted(keys, reverse=True)})
    equal(run("list", "--grid", "holiday", "--order", "key", status=0).answer()["keys"], sorted(keys))

    in_turn = []
    for index in range(4):
        time.sleep(0.01)
        in_turn += [item["s3Key"] for item in run("add", "--grid", "slow", "holiday-0.png", status=0).answer()["added"]]
    equal(run("list", "--grid", "slow", "--order", "added", status=0).answer()["keys"], in_turn)

    equal(run("remove", "--grid", "holiday", keys[0], "no-such-key", status=0).answer(),
          {"message": "removed", "grid_id": "holiday", "removed": 1})
    equal(run("list", "--grid", "holiday", status=0).answer()["count"], 2)
    equal(run("remove", "--grid", "holiday", status=0).answer()["removed"], 2)
    contains(run("list", "--grid", "holiday", status=1).err, "tessera list: ", "holiday")
    contains(run("remove", "--grid", "holiday", status=1).err, "tessera remove: ")


def test_add_goes_on_after_a_bad_file():
    write_png("a.png")
    write_png("b.png")
    with open("text.png", "wb") as file:
        file.write(b"no image")
    os.mkdir("folder")
    write_png("folder/c.png")
    done = run("add", "--grid", "g", "a.png", "text.png", "missing.png", "folder", "null:", "b.png", status=1)
    answer = done.answer()
    equal([item["source"] for item in answer["added"]], ["a.png", "folder/c.png", "b.png"])
    equal([(item["source"], item["code"]) for item in answer["failed"]],
          [("text.png", "not-image"), ("missing.png", "not-found")])
    contains(done.err, "tessera add: ", "text.png", "cannot read missing.png: No such file or directory")
    equal(run("list", "--grid", "g", status=0).answer()["count"], 3)
    contains(run("add", "--grid", "g", "a.png", "--max-bytes", "10", status=1).err, "max-bytes")


def test_create_grid():
    add("holiday", 4)
    before = time.time()
    done = run("create-grid", "holiday", "--tile", "50", "--gap", "2", "-o", "saved.jpg", status=0)
    equal(done.err, "")
    answer = done.answer()
    equal(list(answer), ANSWER)
    equal(answer["message"], "built grid")
    equal(answer["grid_id"], "holiday")
    equal((answer["width"], answer["height"], answer["columns"], answer["rows"], answer["tiles"]), (102, 102, 2, 2, 4))
    equal((answer["failed"], answer["cached"]), ([], False))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", answer["expires_at"])
    expires = datetime.datetime.fromisoformat(answer["expires_at"].replace("Z", "+00:00")).timestamp()
    assert 295 <= expires - before <= 330, expires - before
    contains(answer["presigned_url"], "/objects/grids/", answer["key"], "X-Amz-Signature=", "X-Amz-Expires=300")
    with open("saved.jpg", "rb") as saved, open("tessera-data/objects/grids/" + answer["key"], "rb") as stored:
        equal(saved.read(), stored.read())

    again = run("create-grid", "holiday", "--tile", "50", "--gap", "2", status=0).answer()
    equal((again["key"], again["cached"]), (answer["key"], True))
    fresh = run("create-grid", "holiday", "--tile", "50", "--gap", "2", "--fresh", status=0).answer()
    equal((fresh["key"], fresh["cached"]), (answer["key"], False))
    other = run("create-grid", "holiday", "--tile", "51", "--gap", "2", status=0).answer()
    assert other["key"] != answer["key"]

    plan = run("create-grid", "holiday", "--tile", "50", "--gap", "2", "--dry-run", status=0).answer()
    equal((plan["message"], plan["grid_id"], plan["key"], plan["width"]), ("planned grid", "holiday", answer["key"], 102))


def test_create_grid_with_a_bad_image():
    add("g", 4)
    key = run("list", "--grid", "g", status=0).answer()["keys"][2]
    with open("tessera-data/objects/images/" + key, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n and no more")
    done = run("create-grid", "g", status=3)
    failed = done.answer()["failed"]
    equal([(item["key"], item["cell"]) for item in failed], [(key, 2)])
    contains(done.err, "1 of 4 images could not be used", "cell 2", key)
    strict = run("create-grid", "g", "--strict", "--tile", "30", status=1)
    equal(strict.answer()["code"], "tile-failed")
    equal([item["key"] for item in strict.answer()["failed"]], [key])


def test_a_grid_of_nothing():
    keys = [item["s3Key"] for item in add("g", 3)["added"]]
    for key in keys:
        os.rename("tessera-data/objects/images/" + key, key)
    done = run("create-grid", "g", "-o", "out.jpg", status=1)
    equal((done.answer()["code"], len(done.answer()["failed"])), ("not-found", 3))
    contains(done.err, "none of the 3 images could be read")
    with open("tessera-data/objects/images/" + keys[1], "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n and no more")
    equal(run("create-grid", "g", "-o", "out.jpg", status=1).answer()["code"], "tile-failed")
    equal((os.listdir("tessera-data/objects/grids"), os.path.exists("out.jpg")), ([], False))
    os.rename(keys[0], "tessera-data/objects/images/" + keys[0])
    equal(len(run("create-grid", "g", status=3).answer()["failed"]), 2)


def test_grids_that_are_not_there():
    done = run("create-grid", "nowhere", status=1)
    contains(done.err, "tessera create-grid: ", "nowhere", "tessera add")
    equal(done.out, "")
    run("create-grid", "nowhere", "--dry-run", status=1)


def test_grid_ids():
    write_png("a.png")
    for good in ("../../etc", "a/b/c", "..", "\U0001f600 \u00fc", " ", "'; DROP TABLE x; --", "x" * 2048):
        equal(run("add", "--grid", good, "a.png", status=0).answer()["grid_id"], good)
        equal(run("list", "--grid", good, status=0).answer()["count"], 1)
        equal(run("create-grid", good, status=0).answer()["grid_id"], good)
    equal(sorted(os.listdir(".")), ["a.png", "tessera-data"])
    for bad in ("x" * 2049, "x" * 3000, "a\nb", "\x1b[2J", b"\xff\xfe", "\x7f"):
        for arguments in (["create-grid", bad], ["list", "--grid", bad], ["add", "--grid", bad, "a.png"],
                          ["remove", "--grid", bad]):
            done = run(*arguments, status=2)
            contains(done.err, "grid id")
            assert b"\x1b" not in done.err_bytes


def test_counter():
    equal(run("counter", "resume", "--get", status=0).out, '{"value":0}\n')
    equal(run("counter", "resume", status=0).out, '{"value":1}\n')
    equal(run("counter", "resume", status=0).out, '{"value":2}\n')
    equal(run("counter", "resume", "--set", "9007199254740993", status=0).out, '{"value":9007199254740993}\n')
    equal(run("counter", "resume", "--get", status=0).out, '{"value":9007199254740993}\n')
    run("counter", "resume", "--set", "9223372036854775807", status=0)
    contains(run("counter", "resume", status=1).err, "tessera counter: ")
    equal(run("counter", "resume", "--get", status=0).out, '{"value":9223372036854775807}\n')
    run("counter", "resume", "--set=-3", status=0)
    equal(run("counter", "resume", status=0).out, '{"value":-2}\n')
    run("counter", "a\nb", status=2)


def test_init_and_doctor():
    sick = run("doctor", "--data", "new", status=1)
    assert sick.answer()["bad"] >= 1
    contains(sick.err, "bad ", "to fix it: ")
    assert not os.path.exists("new"), "doctor changes nothing"
    equal(run("init", "--data", "new", status=0).answer()["message"], "store ready")
    run("init", "--data", "new", status=0)
    well = run("doctor", "--data", "new", status=0)
    equal(well.answer()["bad"], 0)
    assert all(list(finding) == ["subject", "good", "detail", "advice"] for finding in well.answer()["findings"])
    equal(run("doctor", "--data", "new", "--quiet", status=0).err, "")
    os.chmod("new/signing-key", 0o644)
    errors = run("doctor", "--data", "new", "--quiet", status=1).err
    contains(errors, "bad   signing key ", "to fix it: ")
    assert "ok " not in errors, errors
    os.chmod("new/signing-key", 0o600)
    with open("no-folder", "w", encoding="utf-8"):
        pass
    contains(run("list", "--grid", "x", "--data", "no-folder", status=1).err,
             "Not a directory", "tessera doctor --data no-folder looks for the cause")


def test_doctor_finds_rows_without_objects():
    keys = [item["s3Key"] for item in add("gaps", 12)["added"]]
    env = environment()
    contains(run("doctor", "--quiet", status=0, env=env).out, "each of the 12 rows has its object")
    os.remove("tessera-data/objects/images/" + keys[3])
    sick = run("doctor", status=1, env=env)
    contains(sick.err, "1 of 12 rows", "remove --grid")
    finding = [item for item in sick.answer()["findings"] if item["subject"] == "image"]
    equal(len(finding), 1)
    contains(finding[0]["detail"], "gaps", keys[3])
    run("remove", "--grid", "gaps", keys[3], status=0, env=env)
    run("doctor", "--quiet", status=0, env=env)
    for key in keys[:3] + keys[4:]:  # of many only the first few are named
        os.remove("tessera-data/objects/images/" + key)
    answer = run("doctor", "--quiet", status=1, env=env).answer()
    equal(len([item for item in answer["findings"] if item["subject"] == "image"]), 10)
    contains(json.dumps(answer), "11 of 11 rows")


def test_a_store_that_may_only_be_read():
    """Another user's, and on a read-only disk: what only reads works, and leaves nothing behind."""
    parent = tempfile.mkdtemp(prefix="tessera-kept.")
    try:
        os.chmod(parent, 0o755)
        data = os.path.join(parent, "data")
        write_png(os.path.join(parent, "a.png"))
        key = run("add", "--data", data, "--grid", "kept", os.path.join(parent, "a.png"), status=0).answer()["added"][0]["s3Key"]
        run("counter", "visits", "--data", data, status=0)
        ways = {"a read-only disk": ["unshare", "-m", "sh", "-c", 'mount --bind "$0" "$0" && '
                                     'mount -o remount,ro,bind "$0" && exec "$@"', parent]}
        if os.geteuid() == 0:
            ways["another user"] = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        for name, wrapper in ways.items():
            check_read_only(name, wrapper, parent, key)
    finally:
        shutil.rmtree(parent)


def check_read_only(name, wrapper, parent, key):
    def there(*arguments):
        return subprocess.run([*wrapper, *arguments], env=environment(), check=False, capture_output=True, text=True)

    def contents():
        return sorted((folder, name, os.stat(os.path.join(folder, name)).st_mtime_ns)
                      for folder, _, names in os.walk(parent) for name in names)
    data = ["--data", os.path.join(parent, "data")]
    if there("test", "-r", parent + "/data/catalog.db", "-a", "-x", program.PROGRAM).returncode:
        print("not tried here: " + name)
        return
    before = contents()
    listed = there(program.PROGRAM, "list", "--grid", "kept", *data)
    equal((listed.returncode, listed.stderr), (0, ""), name)
    contains(listed.stdout, key)
    equal(there(program.PROGRAM, "counter", "visits", "--get", *data).stdout, '{"value":1}\n', name)
    for arguments in (["counter", "visits"], ["add", "--grid", "kept", parent + "/a.png"], ["remove", "--grid", "kept"]):
        refused = there(program.PROGRAM, *arguments, *data)
        equal(refused.returncode, 1, "%s: %s" % (name, arguments))
        contains(refused.stderr, parent)
    equal(contents(), before, name)


def buckets(data):
    return sorted(name for name in os.listdir(data + "/objects") if not name.startswith("."))


def test_environment_and_options():
    write_png("a.png")
    env = environment(TESSERA_DATA="by-env", SOURCE_BUCKET="pictures", DESTINATION_BUCKET="walls")
    run("add", "--grid", "g", "a.png", env=env, status=0)
    run("create-grid", "g", env=env, status=0)
    equal(buckets("by-env"), ["pictures", "walls"])
    run("add", "--grid", "g", "a.png", "--data", "by-option", "--source", "from-here", "--dest", "to-there", env=env, status=0)
    equal(buckets("by-option"), ["from-here", "to-there"])
    equal(run("list", "--grid", "g", env=env, status=0).answer()["count"], 1)
    other = environment(TESSERA_DATA="by-env", SOURCE_BUCKET="pictures", GRID_TABLE="OtherGrids", COUNTER_TABLE="others")
    run("list", "--grid", "g", env=other, status=1)
    run("counter", "c", env=env, status=0)
    equal(run("counter", "c", "--get", env=other, status=0).answer(), {"value": 0})
    assert not os.path.exists("tessera-data")
    for name in ("to", "../x", "A", "a/b", "x" * 64):
        contains(run("init", "--dest", name, "--data", "other", status=2).err, "bucket")
        assert not os.path.exists("other")


def test_data_folder_that_cannot_be():
    with open("file", "wb"):
        pass
    for arguments in (["init"], ["counter", "x"], ["list", "--grid", "g"], ["create-grid", "g"], ["batch", "-"]):
        contains(run(*arguments, "--data", "file/inside", status=1).err, "tessera " + arguments[0] + ": ", "file/inside")


def test_a_missing_module_is_no_fault_of_the_images():
    folder = os.path.dirname(program.PROGRAM)
    here = os.path.join(os.getcwd(), "bin")
    os.mkdir(here)
    for name in os.listdir(folder):
        if name == os.path.basename(program.PROGRAM) or name.startswith("libtessera.so"):
            shutil.copy(os.path.join(folder, name), here)
    add("moved", 2)
    done = subprocess.run([os.path.join(here, os.path.basename(program.PROGRAM)), "create-grid", "moved"],
                          env=environment(LD_LIBRARY_PATH=here), capture_output=True, check=False)
    if b"tessera-vips.so is needed" not in done.stderr:
        return  # one is installed, or the module is not one here
    equal((done.returncode, os.listdir("tessera-data/objects/grids")), (1, []), "not one image could be read")
    again = run("create-grid", "moved", status=0).answer()
    equal((again["failed"], again["cached"]), ([], False), "what was put right is no failure of the grid any more")


program.main(globals())
