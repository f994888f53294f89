# SPDX-License-Identifier: MIT
"""Packages from npm, pinned by version and hash and unpacked without installing: none of their scripts ever runs."""

import base64
import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile

# name: version, its sha512 as npm states it, the folders and files of it that are needed ("" all).
PACKAGES = {
    # AWS's own specification of CloudFormation's and SAM's resources, of April 2023.
    "@aws-cdk/cfnspec": ("2.72.1", "spec/specification.json",
        "qF6zQXXJPpRwI3uS5+whGtJdQFwxH7gSwW6Xa8xdXWWEUazDEgKOLt9isw8As8vH8bCRAxukOkogGq1+xMG30w=="),
    # AWS's DynamoDB Local 1.25.1 is its folder "emulator".
    "amplify-dynamodb-simulator": ("2.9.30", "emulator/",
        "xTeeRLvzEfqyd5lh3bH4c0kHvSHHmmhD5ZDsHFKAQ5g2Zl6JqlFdutaQhCLHzxEp6Ry1o7TB6niIoXuQAnSewQ=="),
    # Drives a browser that is there already; brings none.
    "playwright-core": ("1.65.1", "",
        "hqPpz7blSMPxWVdoeE1yiBSzXsKiVOd2k+kjCvmUywD2GPO2Dd9HfcWnq9NN0GHbNZDFgZ9JfBFr+X5/BLo0qw=="),
    "aws4": ("1.13.2", "",
        "lHe62zvbTB5eEABUVi/AwVh0ZKY9rMMDhmm+eeyuuUQbQ3+J+fONVQOZyj+DdrvD4BY33uYniyRJ4UJIaSKAfw=="),
}


class NotTrusted(Exception):
    """What was fetched is not what was pinned."""


def fetch(name, folder):
    """The path of the unpacked package below `folder`; fetches it at the first call."""
    version, part, wanted = PACKAGES[name]
    file_name = "%s-%s" % (name.lstrip("@").replace("/", "-"), version)
    target = os.path.join(folder, file_name)
    if os.path.isdir(target):
        return target
    os.makedirs(folder, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix="fetch.") as scratch:
        subprocess.run(["npm", "pack", "--silent", "--cache", os.path.join(scratch, "cache"), "%s@%s" % (name, version)],
                       cwd=scratch, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=300)
        archive = os.path.join(scratch, file_name + ".tgz")
        with open(archive, "rb") as file:
            found = base64.b64encode(hashlib.sha512(file.read()).digest()).decode()
        if found != wanted:
            raise NotTrusted("%s@%s: sha512 is %s, not %s" % (name, version, found, wanted))
        unpack(archive, os.path.join(scratch, "package"), part)
        try:
            os.rename(os.path.join(scratch, "package"), target)
        except OSError:
            if not os.path.isdir(target):  # somebody else was faster
                raise
    return target


def unpack(archive, target, part):
    with tarfile.open(archive) as packed:
        for member in packed:
            inner = member.name.partition("/")[2]
            if not member.isfile() or not inner.startswith(part) or ".." in inner.split("/"):
                continue
            path = os.path.join(target, inner)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with packed.extractfile(member) as source, open(path, "wb") as out:
                shutil.copyfileobj(source, out)
