#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""samples/aws/package: what it makes runs in a root folder that holds nothing else, as a Lambda function, and is small enough."""

import base64
import glob
import json
import os
import shutil
import ssl
import stat
import subprocess
import sys
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, HTTPServer

import program
from program import contains, equal, skip, skip_here

SOURCE = os.environ.get("TESSERA_SOURCE_DIR", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
sys.path.insert(0, os.path.join(SOURCE, "tests", "service"))
from fake_runtime import FakeRuntime  # noqa: E402  pylint: disable=wrong-import-position

MOST_ZIPPED, MOST_UNPACKED, MOST_ZIPPED_JPEG = 45_000_000, 120_000_000, 8_000_000
# What Lambda has there; the first folders hold another glibc.
LAMBDA_PATH = "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib"
INPUTS = ("jpeg-baseline-420.jpg", "jpeg-cmyk-adobe.jpg", "png-alpha.png", "webp-alpha.webp", "gif-animated.gif", "tiff.tif",
          "heif.heic", "avif.avif")
MAGIC = {"jpeg": (0, b"\xff\xd8\xff"), "png": (0, b"\x89PNG"), "webp": (8, b"WEBP"), "avif": (4, b"ftypavif"), "tiff": (0, b"II*\0")}


def build_folder():
    return os.path.dirname(os.path.dirname(program.PROGRAM))


def package(name, *options):
    done = subprocess.run([os.path.join(SOURCE, "samples", "aws", "package"), "--build", build_folder(), "-o", name, *options],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    text = done.stdout.decode("utf-8", "replace")
    if done.returncode != 0:
        raise AssertionError("samples/aws/package: %s" % text)
    return text


def chroot_command(root):
    chroot = shutil.which("chroot") or "/usr/sbin/chroot"
    command = [chroot, root] if os.getuid() == 0 else ["unshare", "-r", chroot, root]
    return command if subprocess.run([*command, "/var/task/bootstrap", "--version"], env={}, check=False,
                                     stdout=subprocess.DEVNULL).returncode == 0 else None


class Root:
    """A root folder with the unpacked package, /tmp, and what would break a program that took a library from it."""

    def __init__(self, archive):
        self.path = os.path.abspath("root")
        for name in ("var/task", "tmp", "lib64", "dev"):
            os.makedirs(os.path.join(self.path, name))
        with zipfile.ZipFile(archive) as packed:
            for entry in packed.infolist():
                packed.extract(entry, self.at("var/task"))
                os.chmod(self.at("var/task", entry.filename), entry.external_attr >> 16 & 0o777)
        for name in ("libc.so.6", "libcurl.so.4", "libstdc++.so.6"):
            with open(self.at("lib64", name), "w", encoding="ascii") as file:
                file.write("no library")
        self.command = chroot_command(self.path)
        if not self.command:
            skip_here("neither chroot nor unshare -r works")

    def at(self, *names):
        return os.path.join(self.path, *names)

    def run(self, *arguments, status=0, **variables):
        env = dict({"LD_LIBRARY_PATH": LAMBDA_PATH, "TESSERA_DATA": "/tmp/data"}, **variables)
        done = subprocess.run([*self.command, "/var/task/bootstrap", *arguments], env=env, check=False, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode != status:
            raise AssertionError("%s: %d\n%s" % (arguments, done.returncode, done.stderr.decode("utf-8", "replace")))
        return done.stdout.decode("utf-8"), done.stderr.decode("utf-8", "replace")


class Function:
    """The package's bootstrap as Lambda starts it."""

    def __init__(self, root, handler="api", **variables):
        self.root, self.handler, self.variables = root, handler, variables

    def __enter__(self):
        self.runtime = FakeRuntime()
        env = dict({"AWS_LAMBDA_RUNTIME_API": self.runtime.address, "_HANDLER": self.handler, "LAMBDA_TASK_ROOT": "/var/task",
                    "LD_LIBRARY_PATH": LAMBDA_PATH, "TESSERA_DATA": "/tmp/data", "SOURCE_BUCKET": "photos",
                    "DESTINATION_BUCKET": "grids", "TZ": ":UTC"}, **self.variables)
        self.process = subprocess.Popen([*self.root.command, "/var/task/bootstrap"], env=env, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE)
        return self

    def __exit__(self, kind, value, trace):
        self.process.terminate()
        _, err = self.process.communicate(timeout=60)
        self.runtime.close()
        self.log = err.decode("utf-8", "replace")
        if kind is not None:
            print(self.log[-3000:])

    def invoke(self, event):
        done = self.runtime.invoke(event)
        equal(done.kind, "response", repr(done.text[:400]))
        return done.body

    def ask(self, event):
        """A proxy event's answer, which has to be 200."""
        body = self.invoke(event)
        equal(body["statusCode"], 200, body["body"][:400])
        return json.loads(body["body"])

    def add(self, path):
        with open(path, "rb") as file:
            data = file.read()
        event = sample("add-image.v1.json")
        event["body"] = base64.b64encode(data).decode("ascii")
        return self.ask(event)


def sample(name):
    with open(os.path.join(SOURCE, "samples", "requests", name), encoding="utf-8") as file:
        return json.load(file)


def picture(root, answer, format_):
    equal(answer["failed"], [])
    with open(root.at("tmp/data/objects/grids", answer["key"]), "rb") as file:
        data = file.read()
    at, magic = MAGIC[format_]
    equal(data[at:at + len(magic)], magic, format_)
    return data


def check_samples(function):
    """Every event in samples/requests, in the order in which they make sense."""
    known = {os.path.basename(path) for path in glob.glob(os.path.join(SOURCE, "samples", "requests", "*.json"))}
    saved = function.ask(sample("add-image.v1.json"))
    equal(saved["message"], "image saved")
    equal(function.ask(sample("list-grid.v2.json"))["keys"].count(saved["s3Key"]), 1)
    for name in ("generate-grid.v1.json", "generate-grid.v2.json", "function-url.json"):
        equal(function.ask(sample(name))["message"], "built grid", name)
    before = function.ask(sample("counter.v2.json"))["value"]
    equal(function.invoke(sample("counter.direct.json")), {"statusCode": 200, "value": before + 1})
    for name in ("grid.direct.json", "bucket.direct.json"):
        equal(function.invoke(sample(name))["message"], "built grid", name)
    queue = sample("queue.json")
    equal(function.invoke(queue), {"batchItemFailures": [{"itemIdentifier": queue["Records"][1]["messageId"]}]})
    equal(known, {"add-image.v1.json", "list-grid.v2.json", "generate-grid.v1.json", "generate-grid.v2.json", "function-url.json",
                  "counter.v2.json", "counter.direct.json", "grid.direct.json", "bucket.direct.json", "queue.json"}, "samples")


def check_formats(root, function, fonts):
    grids = [("jpeg", "Summer"), ("jpeg", "Winter")] + [(format_, "Summer") for format_ in MAGIC if format_ != "jpeg"]
    request = {"uniqueGridId": "holiday", "tile": 96, "label": "%f", "fresh": True}
    made = [picture(root, function.invoke(dict(request, format=format_, title=title)), format_) for format_, title in grids]
    equal(made[0] != made[1], True, "a title that is to be seen, " + fonts)


def check_left_out(root):
    """No image reaches a library that was left out: those it would be for are refused, and nothing ends the program."""
    os.makedirs(root.at("tmp/strange"))
    strange = {"a.svg": b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>', "a.exr": b"\x76\x2f\x31\x01\x02\0\0\0" + bytes(99),
               "a.fits": b"SIMPLE  =                    T".ljust(2880), "a.mat": b"MATLAB 5.0 MAT-file".ljust(124) + b"\0\1IM",
               "a.pdf": b"%PDF-1.4\n", "a.jp2": b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(99)}
    for name, data in strange.items():
        for ending in ("", ".jpg", ".tif", ".heic"):
            with open(root.at("tmp/strange", name + ending), "wb") as file:
                file.write(data)
    out, err = root.run("montage", "/tmp/strange", *("/tmp/strange/" + name for name in strange), "-o", "/tmp/strange.png",
                        status=1, TESSERA_DATA="/tmp/none")
    equal(len(json.loads(out)["failed"]) >= 3 * len(strange), True, out)
    equal("left out" in err, False, err)


def check_sizes(archive, most_zipped, most_unpacked):
    zipped = os.path.getsize(archive)
    with zipfile.ZipFile(archive) as packed:
        entries = packed.infolist()
    unpacked = sum(entry.file_size for entry in entries)
    print("%s: %d files, %d bytes, unpacked %d" % (os.path.basename(archive), len(entries), zipped, unpacked))
    if zipped > most_zipped or unpacked > most_unpacked:
        raise AssertionError("larger than %d, unpacked %d" % (most_zipped, most_unpacked))
    names = [entry.filename for entry in entries]
    equal(names, sorted(names))
    equal({entry.date_time for entry in entries}, {(2000, 1, 1, 0, 0, 0)})
    executable = [entry for entry in entries if entry.filename == "bootstrap"]
    equal([stat.S_IMODE(entry.external_attr >> 16) for entry in executable], [0o755])


def check_https(root):
    """Certificates are checked against the package's own list."""
    certificate, key = os.path.abspath("tls.crt"), os.path.abspath("tls.key")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
                   check=True, stderr=subprocess.DEVNULL)
    with open("kinds/" + INPUTS[0], "rb") as file:
        image = file.read()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", str(len(image)))
            self.end_headers()
            self.wfile.write(image)

        def log_message(self, *arguments):
            pass

    class Server(HTTPServer):
        def handle_error(self, request, client_address):
            pass  # a client that does not trust us hangs up

    server = Server(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    command = ("montage", "https://127.0.0.1:%d/a.jpg" % server.server_address[1], "--allow-private", "--strict", "-o", "/tmp/web.jpg")
    _, err = root.run(*command, status=1)
    contains(err, "certificate")
    shutil.copy(certificate, root.at("var/task/ca-certificates.crt"))
    root.run(*command)
    server.shutdown()


def test_full_package():
    contains(package("function.zip", "--verbose"), "bootstrap", "libvips.so.42", "fonts/DejaVuSans.ttf")
    check_sizes("function.zip", MOST_ZIPPED, MOST_UNPACKED)
    root = Root("function.zip")
    subprocess.run([os.path.join(build_folder(), "bin", "make-photos"), "--out", "kinds", "--kinds"], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with Function(root) as function:
        for name in INPUTS:
            equal(function.add("kinds/" + name)["message"], "image saved", name)
        check_samples(function)
    with Function(root, "generate_grid", FONTCONFIG_FILE="/var/task/fonts.conf") as function:
        check_formats(root, function, "with FONTCONFIG_FILE")
    with Function(root, "create_grid") as function:
        check_formats(root, function, "without FONTCONFIG_FILE")
    check_left_out(root)
    check_https(root)


def test_jpeg_package():
    package("function.zip", "--jpeg-only")
    check_sizes("function.zip", MOST_ZIPPED_JPEG, MOST_UNPACKED)
    package("again.zip", "--jpeg-only")
    with open("function.zip", "rb") as one, open("again.zip", "rb") as other:
        equal(one.read() == other.read(), True, "the same bytes")
    root = Root("function.zip")
    with Function(root) as function:
        check_samples_of_jpeg(function)
    contains(function.log, "tessera-vips.so is needed")


def check_samples_of_jpeg(function):
    equal(function.ask(sample("add-image.v1.json"))["message"], "image saved")
    equal(function.ask(sample("generate-grid.v1.json"))["failed"], [])
    equal(function.invoke(sample("counter.direct.json")), {"statusCode": 200, "value": 1})
    done = function.invoke(sample("generate-grid.v2.json"))  # a PNG
    equal((done["statusCode"], json.loads(done["body"])["code"]), (500, "setup"))


def test_usage():
    tool = os.path.join(SOURCE, "samples", "aws", "package")
    contains(subprocess.run([tool, "--help"], check=True, stdout=subprocess.PIPE).stdout.decode(), "--jpeg-only", "function.zip")
    for wrong in (["--fast"], ["-o"]):
        equal(subprocess.run([tool, *wrong], check=False, stderr=subprocess.DEVNULL).returncode, 2)


if __name__ == "__main__":
    for tool_name in ("patchelf", "zip", "openssl", "gcc"):
        if not shutil.which(tool_name):
            skip("no " + tool_name)
    program.main(dict(globals()))
