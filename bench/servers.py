# SPDX-License-Identifier: MIT
"""The servers and the link that the sections about the cloud are measured with.

Everything here is a context manager, and ends with this process even when that is killed: the link and the light server
live as long as a pipe from us is open. tests/services is the exception; it is stopped on the way out.
"""
import glob
import os
import shutil
import subprocess

import measure
import needs
from measure import Failed

DELAY_MS = 30  # added to the way there and back together
RATE_MBIT = 500  # of the link that has a rate: what a small machine in the cloud has to its store
QUEUE_PACKETS = 10000  # an interface drops beyond 500 by default, and those losses would be what is measured
KEYS = {"AWS_ACCESS_KEY_ID": "test:tester", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true", "SOURCE_BUCKET": "bench-photos", "DESTINATION_BUCKET": "bench-grids"}


def _family(pid):
    """A process and all its descendants."""
    found = [pid]
    for path in glob.glob(f"/proc/{pid}/task/*/children"):
        try:
            with open(path, encoding="ascii") as file:
                found += [one for child in file.read().split() for one in _family(int(child))]
        except OSError:
            continue  # it has just ended
    return found


class Held:
    """A process that ends when its standard input does."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        text=True)

    def first_line(self, what):
        line = self.process.stdout.readline().strip()
        if not line:
            said = self.process.communicate()[1].strip()
            raise Failed(f"{what}: {said[-200:] or 'it ended at once'}")
        return line

    def end(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()


class Link:
    """Two network namespaces with a link between them, on which each packet takes half of DELAY_MS, either way, and which
    passes `mbit` megabits a second each way (0: as many as come). Works as root, and without where the system lets users
    make namespaces."""
    ADDRESSES = ("10.99.0.1", "10.99.0.2")

    def __init__(self, programs, mbit=0):
        self._command = [os.path.join(programs, "bench-link"), str(DELAY_MS * 1000 // 2), str(mbit)]

    def __enter__(self):
        for program in ("unshare", "nsenter", "ip"):
            if not shutil.which(program):
                raise Failed(f"{program} is not here; Debian has it in util-linux or iproute2")
        root = os.geteuid() == 0
        self._held = Held([*([] if root else ["unshare", "--map-root-user"]), *self._command])
        try:
            pid, *sides = self._held.first_line("no slow link can be made here").split()
            self._pid = int(pid)
            self.server_side, self.client_side = (
                ["nsenter", *([] if root else ["--preserve-credentials", f"--user=/proc/{pid}/ns/user"]),
                 f"--net=/proc/{pid}/fd/{side}"] for side in sides)
            for side, address in zip((self.server_side, self.client_side), self.ADDRESSES):
                self._do(side, "ip", "address", "add", f"{address}/30", "dev", "link")
                self._do(side, "ip", "link", "set", "dev", "link", "mtu", "1500", "txqueuelen", str(QUEUE_PACKETS), "up")
        except Exception:
            self._held.end()
            raise
        measure.OTHERS.servers.append(self.processor_s)
        return self

    @staticmethod
    def _do(side, *command):
        done = subprocess.run([*side, *command], capture_output=True, text=True, check=False)
        if done.returncode:
            raise Failed(f"no slow link can be made here: {' '.join(command[:3])}: {done.stderr.strip()[-200:]}")

    def processor_s(self):
        return measure.processor_s(self._pid)

    def __exit__(self, *_):
        measure.OTHERS.servers.remove(self.processor_s)
        self._held.end()


class LightServer:
    """bench-server with the files of a folder. `link`: at its far end, as seen from the client's side."""

    def __init__(self, programs, folder, link=None):
        self._address = link.ADDRESSES[0] if link else "127.0.0.1"
        self._command = [*(link.server_side if link else []), os.path.join(programs, "bench-server"), self._address, folder]

    def __enter__(self):
        self._held = Held(self._command)
        try:
            self.url = f"http://{self._address}:{int(self._held.first_line('bench-server'))}"
        except Exception:
            self._held.end()
            raise
        measure.OTHERS.servers.append(self.processor_s)
        return self

    def environment(self):
        return {**KEYS, "AWS_ENDPOINT_URL_S3": self.url, "AWS_ENDPOINT_URL_DYNAMODB": self.url}

    def processor_s(self):
        return measure.processor_s(self._held.process.pid)

    def __exit__(self, *_):
        measure.OTHERS.servers.remove(self.processor_s)
        self._held.end()


class Services:
    """OpenStack Swift and DynamoDB Local, in a folder of their own: those of the tests may run at the same time."""

    def __init__(self, work):
        self._program = os.path.join(needs.REPOSITORY, "tests", "services")
        self._env = {**os.environ, "TESSERA_SERVICES": os.path.join(work, "services")}
        self._state = os.path.join(work, "services", "state.json")

    def _call(self, verb):
        return subprocess.run([self._program, verb], env=self._env, capture_output=True, text=True, check=False)

    def __enter__(self):
        started = self._call("start")
        if started.returncode:
            self._call("stop")
            raise Failed(f"tests/services: {started.stderr.strip()[-300:]}")
        exported = dict(line.removeprefix("export ").split("=", 1) for line in started.stdout.splitlines())
        self._exported = {name: value for name, value in exported.items() if name.startswith("AWS_")}
        self._roots = needs.read_json(self._state)["processes"]
        measure.OTHERS.servers.append(self.processor_s)
        return self

    def processes(self):
        return [one for pid, _ in self._roots.values() for one in _family(pid)]

    def environment(self):
        return {**KEYS, **self._exported}

    def processor_s(self):
        return sum(measure.processor_s(one) for pid, _ in self._roots.values() for one in _family(pid))

    def __exit__(self, *_):
        measure.OTHERS.servers.remove(self.processor_s)
        self._call("stop")
