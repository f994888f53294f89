#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What tests/services does; see there. Started processes are known by their id and the time at which they began, so that
a process of someone else that got the same id is never taken for one of them."""

import fcntl
import glob
import http.client
import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time

import npm_package

HERE = os.path.dirname(os.path.abspath(__file__))
FOLDER = os.path.abspath(os.environ.get("TESSERA_SERVICES") or os.path.join(HERE, "../../build/services"))
STATE = os.path.join(FOLDER, "state.json")
LOGS = os.path.join(FOLDER, "logs")
USERS = os.path.join(FOLDER, "users")  # each run holds a shared lock of it
READY_S = 60
TRIES = 3  # a port that was free may be taken before its server gets to it


class Failed(Exception):
    """Words for the user."""


def say(text):
    print("services: " + text, file=sys.stderr, flush=True)


def began(pid):
    """When a process began, in clock ticks since the machine did; None: there is no such process."""
    try:
        with open("/proc/%d/stat" % pid, encoding="utf-8", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else int(fields[19])


def read_state():
    try:
        with open(STATE, encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError):
        return {"processes": {}, "ports": {}, "by": ""}


def write_state(state):
    with open(STATE + ".new", "w", encoding="utf-8") as file:
        json.dump(state, file, indent=1)
    os.replace(STATE + ".new", STATE)


def running(state):
    """The names of the processes that run."""
    return [name for name, (pid, since) in state["processes"].items() if began(pid) == since]


def all_run(state):
    return len(running(state)) == 2


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def java():
    """A Java of version 17 or later: the one on PATH, else one of Debian's."""
    for path in [shutil.which("java")] + sorted(glob.glob("/usr/lib/jvm/*/bin/java"), reverse=True):
        if path is None:
            continue
        words = subprocess.run([path, "-version"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        version = words.stderr.partition('version "')[2].partition(".")[0].partition('"')[0]
        if version.isdigit() and int(version) >= 17:
            return path
    raise Failed("there is no Java 17; samples/install-packages --services installs one")


def spawn(name, arguments, folder, **environment):
    with open(os.path.join(LOGS, name + ".log"), "ab") as log:
        process = subprocess.Popen(arguments, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                   start_new_session=True, close_fds=True, env=dict(os.environ, **environment))
    return [process.pid, began(process.pid)]


def start_processes(by):
    swift = os.path.join(FOLDER, "swift")
    shutil.rmtree(swift, ignore_errors=True)
    shutil.rmtree(LOGS, ignore_errors=True)
    os.makedirs(swift, mode=0o700)
    os.makedirs(LOGS)
    os.mkdir(os.path.join(swift, "disk"))
    with open(os.path.join(swift, "swift.conf"), "w", encoding="utf-8") as file:
        file.write("[swift-hash]\nswift_hash_path_prefix = tessera\nswift_hash_path_suffix = tests\n")
    emulator = os.path.join(npm_package.fetch("amplify-dynamodb-simulator", os.path.join(FOLDER, "npm")), "emulator")
    ports = free_ports(5)
    state = {"processes": {}, "by": by, "ports": {"s3": ports[3], "dynamodb": ports[4], "inner": ports[:3]}}
    state["processes"]["dynamodb"] = spawn(
        "dynamodb", [java(), "-XX:-UsePerfData", "-XX:TieredStopAtLevel=1", "-Xmx1g",
                     "-Djava.library.path=./DynamoDBLocal_lib", "-jar", "DynamoDBLocal.jar",
                     "-inMemory", "-sharedDb", "-disableTelemetry", "-port", str(ports[4])], emulator)
    state["processes"]["swift"] = spawn(
        "swift", ["/usr/bin/python3", "-W", "ignore", os.path.join(HERE, "swift_servers.py"), swift, *map(str, ports[:4])],
        swift, PYTHONPATH=HERE, PYTHONDONTWRITEBYTECODE="1")
    write_state(state)
    return state


def answers(port, path):
    """The status of a GET, None without an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def ready(ports):
    # DynamoDB Local refuses a GET without a signature: then it is there. The storage servers say 4xx likewise.
    return (answers(ports["s3"], "/healthcheck") == 200 and answers(ports["dynamodb"], "/") is not None
            and all(answers(port, "/") is not None for port in ports["inner"]))


def wait_until_ready(state):
    end = time.monotonic() + READY_S
    while not ready(state["ports"]):
        if not all_run(state) or time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def start(by="start"):
    """`by` is the verb: what "start" started only "stop" stops."""
    state = read_state()
    if all_run(state) and ready(state["ports"]):
        if by == "start" and state["by"] != by:
            write_state(dict(state, by=by))
        return
    stop()
    begun = time.monotonic()
    for _ in range(TRIES):
        state = start_processes(by)
        if wait_until_ready(state):
            say("ready after %.1f s" % (time.monotonic() - begun))
            return
        stop()
    for log in sorted(glob.glob(LOGS + "/*.log")):
        with open(log, encoding="utf-8", errors="replace") as file:
            sys.stderr.write("".join("%s: %s" % (os.path.basename(log), line) for line in file.readlines()[-15:]))
    raise Failed("the servers do not answer; their last words are above")


def stop():
    state = read_state()
    alive = running(state)
    for number, patience_s in ((signal.SIGTERM, 5), (signal.SIGKILL, 5)):
        for name in running(state):
            try:
                os.killpg(state["processes"][name][0], number)  # each leads a session of its own
            except ProcessLookupError:
                pass
        end = time.monotonic() + patience_s
        while running(state) and time.monotonic() < end:
            time.sleep(0.05)
    if os.path.exists(STATE):
        os.remove(STATE)
    return alive


def environment(state):
    return {
        "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:%d" % state["ports"]["s3"],
        "AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:%d" % state["ports"]["dynamodb"],
        "AWS_ACCESS_KEY_ID": "TESTER",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        # A user whom S3 knows, and who has no rights.
        "TESSERA_TEST_GUEST_KEY_ID": "GUEST",
        "TESSERA_TEST_GUEST_SECRET": "guesting",
    }


def print_environment():
    state = read_state()
    if not all_run(state):
        raise Failed("the servers do not run; tests/services start starts them")
    for name, value in environment(state).items():
        print("export %s=%s" % (name, shlex.quote(value)))


def locked(function):
    """One start or stop at a time."""
    os.makedirs(FOLDER, exist_ok=True)
    with open(os.path.join(FOLDER, "lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return function()


def stop_after_run():
    """Unless somebody wants them to stay, or another run is still using them."""
    if read_state().get("by") != "run":
        return
    with open(USERS, "w", encoding="utf-8") as users:
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        stop()


def run(command):
    os.makedirs(FOLDER, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *unused: sys.exit(128 + signal.SIGTERM))
    try:
        with open(USERS, "w", encoding="utf-8") as users:
            fcntl.flock(users, fcntl.LOCK_SH)  # until the command is done
            locked(lambda: start("run"))
            return wait_for(command)
    finally:
        locked(stop_after_run)


def wait_for(command):
    process = subprocess.Popen(command, env=dict(os.environ, **environment(read_state())))

    def pass_on(number, frame):
        del frame
        process.send_signal(number)
    # A terminal sends its interrupt to the command too; the command decides, and the servers are stopped after it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, pass_on)
    status = process.wait()
    return status if status >= 0 else 128 - status


def main(arguments):
    verb = arguments[0] if arguments else ""
    if verb == "run" and len(arguments) > 1:
        return run(arguments[1:])
    if len(arguments) != 1:
        verb = ""
    if verb == "start":
        locked(start)
        print_environment()
    elif verb == "stop":
        say("stopped: " + (", ".join(locked(stop)) or "nothing ran"))
    elif verb == "env":
        print_environment()
    elif verb == "status":
        state = read_state()
        for name in ("swift", "dynamodb"):
            print("%s: %s" % (name, "runs" if name in running(state) else "does not run"))
        return 0 if all_run(state) and ready(state["ports"]) else 1
    elif verb == "install":
        for package in npm_package.PACKAGES:
            npm_package.fetch(package, os.path.join(FOLDER, "npm"))
        java()
    else:
        with open(os.path.join(HERE, "../services"), encoding="utf-8") as file:
            print("".join(line[2:] or "\n" for line in file.readlines()[5:12]), end="", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (Failed, npm_package.NotTrusted, subprocess.SubprocessError, OSError) as failure:
        say(str(failure))
        sys.exit(1)
