# SPDX-License-Identifier: MIT
"""What the benchmark needs: installed if missing, built, and described."""
import importlib
import importlib.util
import json
import os
import platform
import re
import shutil
import subprocess

from measure import Failed, say

REPOSITORY = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

COMMANDS = {  # what is looked for on the path → the Debian package that has it
    "montage": "imagemagick",
    "gm": "graphicsmagick",
    "vipsthumbnail": "libvips-tools",
    "node": "nodejs",
    "npm": "npm",
    "cmake": "cmake",
    "ninja": "ninja-build",
    "cc": "gcc",
    "pkg-config": "pkg-config",
    "curl": "curl",
    "ip": "iproute2",
    "wrk": "wrk",
}
MODULES = {"PIL": "python3-pil", "boto3": "python3-boto3", "numpy": "python3-numpy", "matplotlib": "python3-matplotlib"}
# AWS's SDK for JavaScript, to the version: its parts are released at different times.
SDK = ("@aws-sdk/client-s3@3.1173.0", "@aws-sdk/s3-request-presigner@3.1169.0", "@aws-sdk/client-dynamodb@3.1169.0",
       "sharp@0.35.5")
LIBRARIES = {"libjpeg": "libjpeg-dev", "lcms2": "liblcms2-dev", "libcrypto": "libssl-dev", "sqlite3": "libsqlite3-dev",
             "libcjson": "libcjson-dev", "libmicrohttpd": "libmicrohttpd-dev", "vips": "libvips-dev",
             "libheif": "libheif-dev", "libde265": "libde265-dev", "dav1d": "libdav1d-dev", "libwebp": "libwebp-dev"}


def _quiet(command, **options):
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def _missing_packages():
    packages = [package for command, package in COMMANDS.items() if not shutil.which(command)]
    packages += [package for module, package in MODULES.items() if not importlib.util.find_spec(module)]
    packages += [package for library, package in LIBRARIES.items()
                 if not shutil.which("pkg-config") or _quiet(["pkg-config", "--exists", library]).returncode]
    return packages


def install_packages():
    """Installs with apt what is missing. Without apt or the rights it says so; what needs it is then left out."""
    packages = _missing_packages()
    if not packages:
        return
    say(f"installing {' '.join(packages)}")
    apt = ["apt-get"] if os.geteuid() == 0 else ["sudo", "-n", "apt-get"]
    if not shutil.which("apt-get"):
        say(f"no apt-get here: install the equivalents of {' '.join(packages)} yourself")
        return
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    _quiet([*apt, "update"], env=env)
    done = _quiet([*apt, "install", "-y", "--no-install-recommends", *packages], env=env)
    if done.returncode:
        say(f"apt-get install failed: {done.stderr.strip()[-300:]}")
    importlib.invalidate_caches()


def install_sharp(work):
    """sharp from npm into the work folder; the newest one that the installed node can run. Returns node_modules."""
    folder = os.path.join(work, "node")
    modules = os.path.join(folder, "node_modules")
    if os.path.exists(os.path.join(modules, "sharp", "package.json")) or not shutil.which("npm"):
        return modules
    os.makedirs(folder, exist_ok=True)
    version = tuple(int(part) for part in re.findall(r"\d+", _quiet(["node", "--version"]).stdout)[:2])
    wanted = "sharp@^0.35" if version >= (20, 9) else "sharp@^0.34"
    say(f"installing {wanted}")
    done = _quiet(["npm", "install", "--prefix", folder, "--no-audit", "--no-fund", "--no-save", wanted])
    if done.returncode:
        say(f"npm install failed: {done.stderr.strip()[-300:]}")
    return modules


def install_sdk(work):
    """AWS's SDK for JavaScript and sharp from npm into the work folder. Returns node_modules."""
    folder = os.path.join(work, "node-cloud")
    modules = os.path.join(folder, "node_modules")
    if all(os.path.exists(os.path.join(modules, name.rpartition("@")[0], "package.json")) for name in SDK):
        return modules
    if not shutil.which("npm"):
        raise Failed("npm is not here")
    os.makedirs(folder, exist_ok=True)
    say(f"installing {' '.join(SDK)}")
    done = _quiet(["npm", "install", "--prefix", folder, "--no-audit", "--no-fund", "--no-save", "--ignore-scripts", *SDK])
    if done.returncode:
        raise Failed(f"npm install failed: {done.stderr.strip()[-300:]}")
    return modules


def read_json(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def build(work):
    """Builds the harness's own tools and, as far as it compiles, tessera. Returns the folder of programs."""
    folder = os.path.join(work, "release")
    say("building in Release")
    for command in (["cmake", "-S", REPOSITORY, "-B", folder, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
                     "-DTESSERA_TESTS=OFF", "-DTESSERA_BENCH=ON"],
                    ["cmake", "--build", folder, "--target", "bench-timed", "bench-floor", "bench-server", "bench-link"]):
        done = _quiet(command)
        if done.returncode:
            raise Failed(f"{' '.join(command)}: {(done.stderr or done.stdout).strip()[-600:]}")
    done = _quiet(["cmake", "--build", folder])
    if done.returncode:
        say(f"tessera does not build: {done.stdout.strip()[-600:]}")
    return os.path.join(folder, "bin")


def _first_line(command):
    try:
        return (_quiet(command).stdout.splitlines() or [""])[0].strip()
    except OSError:
        return ""


def versions(tessera_program, node_modules):
    """Who was measured, in their own words."""
    sharp = ("const s = require('sharp'); console.log(s.versions.sharp + ', libvips ' + s.versions.vips + ', node ' + "
             "process.versions.node)")
    node = _quiet(["node", "-e", sharp], env={**os.environ, "NODE_PATH": node_modules}) if shutil.which("node") else None
    found = {
        "tessera": _first_line([tessera_program, "--version"]) if tessera_program else "",
        "commit": _first_line(["git", "-C", REPOSITORY, "rev-parse", "--short", "HEAD"]),
        "pillow": _first_line(["/usr/bin/python3", "-c", "import PIL; print(PIL.__version__)"]),
        "sharp": node.stdout.strip() if node else "",
        "imagemagick": _first_line(["montage", "-version"]).removeprefix("Version: ").split(" https")[0],
        "graphicsmagick": _first_line(["gm", "version"]).split(" http")[0],
        "vips": _first_line(["vips", "--version"]),
        "boto3": _first_line(["/usr/bin/python3", "-c", "import boto3; print(boto3.__version__)"]),
        "aws-sdk": SDK[0].rpartition("@")[2],
        "curl": _first_line(["curl", "--version"]).split(" (")[0],
        "swift": _first_line(["dpkg-query", "-W", "-f", "${Version}", "python3-swift"]),
        "libjpeg-turbo": _first_line(["dpkg-query", "-W", "-f", "${Version}", "libjpeg62-turbo"]),
    }
    return {name: version for name, version in found.items() if version}


def machine():
    model = "unknown processor"
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {"processor": model, "cores": len(os.sched_getaffinity(0)), "memory_gb": round(memory / 1e9, 1),
            "system": platform.freedesktop_os_release().get("PRETTY_NAME", "")}
