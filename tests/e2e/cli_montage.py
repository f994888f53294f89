#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tessera montage: what its operands stand for, its answer, the map, pages, bad images."""

import json
import os
import stat

import program
from program import contains, equal, run, write_jpeg, write_png


def sources(*arguments, stdin=b"", status=0):
    """The sources of the cells in their order."""
    run("montage", *arguments, "-o", "out.jpg", "--map", "map.json", "--tile", "8", stdin=stdin, status=status)
    with open("map.json", encoding="utf-8") as file:
        return [cell["source"] for cell in json.load(file)]


def test_answer():
    for index in range(5):
        write_png("%d.png" % index)
    done = run("montage", *["%d.png" % index for index in range(5)], "-o", "grid.jpg", "--tile", "20x10", "--gap", "3",
               "--margin", "2", status=0)
    equal(done.err, "")
    answer = done.answer()
    equal(list(answer), ["message", "output", "width", "height", "columns", "rows", "tiles", "pages", "bytes", "failed",
                         "timings_ms"])
    equal(answer["message"], "built grid")
    equal(answer["output"], "grid.jpg")
    equal((answer["columns"], answer["rows"], answer["tiles"], answer["pages"]), (2, 3, 5, 1))
    equal((answer["width"], answer["height"]), (2 * 20 + 3 + 2 * 2, 3 * 10 + 2 * 3 + 2 * 2))
    equal(answer["bytes"], os.path.getsize("grid.jpg"))
    equal(answer["failed"], [])
    equal(list(answer["timings_ms"]), ["plan", "fetch", "decode", "place", "encode", "store", "total"])
    assert answer["timings_ms"]["total"] > 0
    with open("grid.jpg", "rb") as file:
        equal(file.read(3), b"\xff\xd8\xff")


def test_map():
    write_png("a.png")
    write_png("b.png")
    run("montage", "a.png", "missing.png", "b.png", "-o", "out.png", "--tile", "10", "--columns", "2", "--gap", "1",
        "--map", "map.json", status=3)
    with open("map.json", encoding="utf-8") as file:
        cells = json.load(file)
    equal([cell["cell"] for cell in cells], [0, 1, 2])
    equal([cell["status"] for cell in cells], ["ok", "not-found", "ok"])
    equal(cells[0], {"cell": 0, "source": "a.png", "rectangle": {"x": 0, "y": 0, "width": 10, "height": 10}, "page": 0,
                     "status": "ok", "reason": ""})
    equal(cells[2]["rectangle"], {"x": 0, "y": 11, "width": 10, "height": 10})
    equal(sorted(os.listdir(".")), ["a.png", "b.png", "map.json", "out.png"])
    done = run("montage", "a.png", "-o", "out.png", "--map", "no/such/folder/map.json", status=1)
    contains(done.err, "the map: cannot write no/such/folder/map.json: No such file or directory")
    done = run("montage", "a.png", "-o", "out.png", "--map", "/dev/null", status=1)
    contains(done.err, "/dev/null is a device or pipe, not a file to write")
    equal(stat.S_ISCHR(os.stat("/dev/null").st_mode), True)


def test_folders():
    os.makedirs("photos/inside.jpg")
    os.makedirs("empty")
    for name in ("b.png", "a.PNG", ".hidden.png", "inside.jpg/c.png", "\u00e9.png"):
        write_png("photos/" + name)
    for name in ("notes.txt", "png", "x.png.bak"):
        with open("photos/" + name, "wb"):
            pass
    os.symlink("b.png", "photos/z.png")
    expected = ["photos/a.PNG", "photos/b.png", "photos/z.png", "photos/\u00e9.png"]
    equal(sources("photos"), expected)
    equal(sources("photos/"), expected)
    equal(sources("photos/b.png", "photos")[:2], ["photos/b.png", "photos/a.PNG"])
    contains(run("montage", "empty", "-o", "x.jpg", status=1).err, "tessera montage: the folder empty holds no images")
    contains(run("montage", "photos/inside.jpg", "empty", "-o", "x.jpg", status=1).err, "the folder empty holds no images")
    contains(run("montage", "missing/", "-o", "x.jpg", status=1).err, "cannot open the folder missing/: No such file")
    assert not os.path.exists("x.jpg")


def test_lists():
    for name in ("a.png", "b.png", "@c.png", "new\nline.png", "-"):
        write_png(name)
    with open("list", "wb") as file:
        file.write(b"b.png\r\n\r\n\na.png\n@c.png\n-")
    equal(sources("@list"), ["b.png", "a.png", "@c.png", "-"])
    equal(sources("-", stdin=b"a.png\nb.png"), ["a.png", "b.png"])
    equal(sources("-", stdin=b"new\nline.png\0a.png\0"), ["new\nline.png", "a.png"])
    equal(sources("a.png", "@list", "b.png"), ["a.png", "b.png", "a.png", "@c.png", "-", "b.png"])
    equal(sources("./@c.png", "./-"), ["./@c.png", "./-"])
    contains(run("montage", "@nolist", "-o", "x.jpg", status=1).err,
             "cannot open the list nolist: No such file or directory")
    contains(run("montage", "-", "-o", "x.jpg", stdin=b"\n\r\n", status=1).err, "standard input names no images")
    contains(run("montage", "-", "-o", "x.jpg", stdin=b"x" * 5000, status=1).err, "name 1 is longer than 4095 bytes")
    contains(run("montage", "", "-o", "x.jpg", status=1).err, "name is empty", "null:")


def test_order():
    for index, name in enumerate(("b.png", "c.png", "a.png")):
        write_png(name)
        os.utime(name, (1000000 - index, 1000000 - index))
    names = ["b.png", "c.png", "a.png"]
    equal(sources(*names), names)
    equal(sources(*names, "--order", "given"), names)
    equal(sources(*names, "--order", "key"), ["a.png", "b.png", "c.png"])
    equal(sources(*names, "--order", "key-desc"), ["c.png", "b.png", "a.png"])
    equal(sources(*names, "--order", "added"), ["a.png", "c.png", "b.png"])


def test_blank_cells():
    write_png("a.png")
    answer = run("montage", "a.png", "null:", "a.png", "-o", "out.png", "--columns", "3", "--tile", "10", status=0).answer()
    equal((answer["columns"], answer["width"], answer["failed"]), (3, 30, []))


def test_bad_images_keep_their_places():
    write_png("a.png")
    with open("text.jpg", "wb") as file:
        file.write(b"no image at all\n")
    done = run("montage", "text.jpg", "a.png", "missing.jpg", "-o", "out.jpg", status=3)
    failed = done.answer()["failed"]
    equal([(item["key"], item["cell"]) for item in failed], [("text.jpg", 0), ("missing.jpg", 2)])
    assert all(list(item) == ["key", "cell", "reason"] and item["reason"] for item in failed)
    contains(done.err, "tessera montage: 2 of 3 images could not be used, their cells are placeholders",
             "  cell 0: ", "  cell 2: ", "No such file or directory")
    assert os.path.exists("out.jpg")

    os.remove("out.jpg")
    strict = run("montage", "text.jpg", "a.png", "-o", "out.jpg", "--strict", status=1)
    equal(strict.answer()["code"], "tile-failed")
    equal([item["key"] for item in strict.answer()["failed"]], ["text.jpg"])
    equal(sorted(os.listdir(".")), ["a.png", "text.jpg"])


def test_nothing_readable_writes_nothing():
    with open("sheet.jpg", "wb") as file:
        file.write(b"what was there before")
    with open("map.json", "wb") as file:
        file.write(b"{}")
    with open("text.jpg", "wb") as file:
        file.write(b"no image at all\n")
    done = run("montage", "typo*.jpg", "-o", "sheet.jpg", "--map", "map.json", status=1)
    equal((done.answer()["code"], [item["key"] for item in done.answer()["failed"]]), ("not-found", ["typo*.jpg"]))
    contains(done.err, "the only image could not be read", "typo*.jpg", "No such file")
    done = run("montage", "text.jpg", "null:", "typo.jpg", "-o", "sheet.jpg", "--map", "map.json", status=1)
    equal((done.answer()["code"], len(done.answer()["failed"])), ("tile-failed", 2))
    contains(done.err, "none of the 2 images could be read: text.jpg: ")
    assert "placeholder" not in done.err
    run("montage", "text.jpg", "typo.jpg", "x.jpg", "-o", "page.jpg", "--columns", "1", "--rows", "1", status=1)
    equal(sorted(os.listdir(".")), ["map.json", "sheet.jpg", "text.jpg"])
    equal((os.path.getsize("sheet.jpg"), os.path.getsize("map.json")), (21, 2))

    write_png("a.png")  # of several pages one may hold nothing but placeholders
    done = run("montage", "text.jpg", "a.png", "-o", "page.jpg", "--columns", "1", "--rows", "1", status=3)
    equal([os.path.basename(path) for path in done.answer()["outputs"]], ["page-1.jpg", "page-2.jpg"])
    run("montage", "null:", "null:", "-o", "blank.jpg", status=0)


def test_long_lists_of_failures_are_cut():
    write_png("a.png")
    done = run("montage", "a.png", *["missing-%02d.jpg" % index for index in range(14)], "-o", "out.jpg", status=3)
    equal(done.err.count("missing-"), 10)
    contains(done.err, "14 of 15 images", "  and 4 more, all are in the answer")
    equal(len(done.answer()["failed"]), 14)


def test_pages():
    for index in range(5):
        write_png("%d.png" % index)
    done = run("montage", ".", "-o", "page.jpg", "--columns", "2", "--rows", "1", "--tile", "10", "--map", "map.json", status=0)
    answer = done.answer()
    equal((answer["pages"], answer["tiles"]), (3, 5))
    equal(answer["outputs"], ["page-1.jpg", "page-2.jpg", "page-3.jpg"])
    equal(answer["output"], "page-1.jpg")
    for name in answer["outputs"]:
        assert os.path.exists(name)
    with open("map.json", encoding="utf-8") as file:
        equal([(cell["page"], cell["cell"]) for cell in json.load(file)], [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0)])


def test_dry_run():
    answer = run("montage", *["no-such-%d.jpg" % index for index in range(16)], "--dry-run", "--tile", "256", "-o",
                 "x.webp", status=0).answer()
    equal(answer["message"], "planned grid")
    equal((answer["width"], answer["height"], answer["columns"], answer["rows"], answer["tiles"], answer["pages"]),
          (1024, 1024, 4, 4, 16, 1))
    equal(answer["format"], "webp")
    assert 0 < answer["canvas_bytes"] <= answer["memory_bytes"]
    equal(os.listdir("."), [])
    equal(run("montage", "a.jpg", "--dry-run", status=0).answer()["format"], "jpg")


def test_limits_are_named():
    many = "\n".join("x.jpg" for _ in range(10001)).encode()
    done = run("montage", "-", "-o", "out.jpg", stdin=many, status=1)
    contains(done.err, "10001", "10000", "max-cells")
    equal(done.out, "")
    contains(run("montage", *["x"] * 4, "-o", "out.jpg", "--max-cells", "3", status=1).err, "max-cells")
    done = run("montage", "x.jpg", "-o", "out.jpg", "--tile", "65500x2", "--margin", "1", status=1)
    contains(done.err, "65500")
    equal(os.listdir("."), [])


def test_large_cells_end_in_time():
    """A cell that takes seconds is left in the middle."""
    write_png("a.png", 320, 240)
    write_jpeg("b.jpg", 640, 480)
    for image, output in (("a.png", "out.jpg"), ("a.png", "out.png"), ("b.jpg", "out.tif")):
        done = run("montage", image, "-o", output, "--tile", "12000", "--timeout", "0.2", status=1)
        contains(done.err, "timeout")
        assert not os.path.exists(output)
        assert done.cpu_s < 3, "%s: it worked for %.1f s" % (output, done.cpu_s)


def test_output_that_cannot_be_written():
    write_png("a.png")
    done = run("montage", "a.png", "-o", "no/such/folder/out.jpg", status=1)
    contains(done.err, "No such file or directory; make the folder no/such/folder first")
    equal(done.out, "")
    equal(os.listdir("."), ["a.png"])


def test_names_cannot_steer_the_terminal():
    name = "\x1b]0;owned\x07\x9b2J\u202egnp.png"
    write_jpeg("good.jpg")
    done = run("montage", "good.jpg", name, b"broken-\xff.png", "-o", "out.jpg", status=3)
    assert b"\x1b" not in done.err_bytes and b"\x07" not in done.err_bytes
    assert b"\xc2\x9b" not in done.err_bytes and b"\xe2\x80\xae" not in done.err_bytes
    contains(done.err, "\\x1B]0;owned\\x07", "broken-\\xFF.png")
    for steering in (b"\x1b", b"\x07", b"\xc2\x9b", b"\xe2\x80\xae", b"\xff"):
        assert steering not in done.out_bytes
    equal([item["key"] for item in done.answer()["failed"]], [name, "broken-\ufffd.png"])


def test_json_log():
    done = run("montage", "missing.jpg", "--json", "-o", "out.jpg")
    assert done.err
    for line in done.err.splitlines():
        entry = json.loads(line)
        equal(list(entry), ["time", "level", "command", "message"])
        equal(entry["command"], "montage")


program.main(globals())
