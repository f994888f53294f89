# SPDX-License-Identifier: MIT
"""Debian packages that are unpacked and not installed, for programs whose installation would start a daemon."""

import glob
import os
import subprocess
import tempfile


def fetch(name, folder):
    """The path of the unpacked package below `folder`; fetches it at the first call. CalledProcessError, OSError."""
    target = os.path.join(folder, name)
    if os.path.isdir(target):
        return target
    os.makedirs(folder, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix="fetch.") as scratch:
        os.chmod(scratch, 0o777)  # apt fetches as a user of its own
        if _apt(scratch, "download", name).returncode != 0:
            _apt(scratch, "update")  # this machine's lists of packages may be missing, or old
            _apt(scratch, "download", name).check_returncode()
        unpacked = os.path.join(scratch, "package")
        subprocess.run(["dpkg", "-x", *glob.glob(os.path.join(scratch, "*.deb")), unpacked], check=True)
        try:
            os.rename(unpacked, target)
        except OSError:
            if not os.path.isdir(target):  # somebody else was faster
                raise
    return target


def _apt(folder, *arguments):
    return subprocess.run(["apt-get", "-qq", *arguments], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          timeout=300, check=False)
