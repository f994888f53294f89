# SPDX-License-Identifier: MIT
"""Running commands and taking their measure.

Every number is that of a whole process, from the moment it is started until it has been waited for. Contestants take
turns (one round runs each of them once, the next round starts with another one), so whatever else the machine is
doing hits them all alike, and medians are compared.
"""
import dataclasses
import json
import os
import statistics
import subprocess
import sys
import time


def say(text):
    print(text, file=sys.stderr, flush=True)


class Failed(Exception):
    """A command that was to be measured did not do its job."""


@dataclasses.dataclass
class Run:
    wall_s: float
    cpu_s: float
    peak_mb: float  # 10^6 bytes, of the largest single process
    status: int
    output: str
    served_s: float = 0.0  # processor time that servers of ours took meanwhile


def processor_s(pid):
    """User and system time by now of a process, all its threads, and the children that it waited for."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return 0.0  # it has ended
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


class Others:
    """How busy the machine was with work that is not ours while something was measured."""

    def __init__(self):
        self.elapsed_s = self.busy_s = self.ours_s = 0.0
        self.servers = []  # callables: processor time that a server which we started has used by now

    def _servers_s(self):
        return sum(server() for server in self.servers)

    @staticmethod
    def _busy_s():
        with open("/proc/stat", encoding="ascii") as file:
            fields = [int(field) for field in file.readline().split()[1:]]
        user, nice, system, _idle, _iowait, irq, softirq, steal = fields[:8]
        return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")

    def start(self):
        self._start = time.monotonic(), self._busy_s(), self._servers_s()

    def stop(self, ours_s):
        """Returns the processor time that our servers took meanwhile."""
        start_s, busy_s, servers_s = self._start
        served_s = self._servers_s() - servers_s
        self.elapsed_s += time.monotonic() - start_s
        self.busy_s += self._busy_s() - busy_s
        self.ours_s += ours_s + served_s
        return served_s

    def share(self):
        """0: nobody else; 1: others kept every core busy all the time."""
        capacity_s = self.elapsed_s * os.cpu_count()
        return max(0.0, (self.busy_s - self.ours_s) / capacity_s) if capacity_s else 0.0


OTHERS = Others()


class Runner:
    def __init__(self, timed_program, scratch):
        self.timed_program = timed_program
        self.stdout_path = os.path.join(scratch, "stdout.txt")
        self.stderr_path = os.path.join(scratch, "stderr.txt")

    def run(self, command, cpus=None, env=None, timeout_s=900, allowed=(0,)):
        """Runs `command` once, on `cpus` only if they are given."""
        launcher = [self.timed_program, "-t", str(timeout_s), "-o", self.stdout_path, "-e", self.stderr_path]
        if cpus:
            launcher += ["-c", ",".join(str(cpu) for cpu in cpus)]
        OTHERS.start()
        with subprocess.Popen(launcher + ["--"] + command, env={**os.environ, **(env or {})}, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True) as process:
            try:
                answer, said = process.communicate()
            except BaseException:
                process.terminate()  # it ends the command too
                raise
        if process.returncode != 0:
            raise Failed(said.strip() or f"{self.timed_program} failed")
        took = json.loads(answer)
        cpu_s = took["user_s"] + took["sys_s"]
        served_s = OTHERS.stop(cpu_s)
        if took["timed_out"] or took["signal"] or took["status"] not in allowed:
            raise Failed(self._reason(took, timeout_s))
        with open(self.stdout_path, encoding="utf-8", errors="replace") as file:
            output = file.read()
        return Run(took["wall_s"], cpu_s, took["peak_kib"] * 1024 / 1e6, took["status"], output, served_s)

    def _reason(self, took, timeout_s):
        with open(self.stderr_path, encoding="utf-8", errors="replace") as file:
            said = " ".join(file.read().split())[-300:]
        with open(self.stdout_path, encoding="utf-8", errors="replace") as file:
            said = said or " ".join(file.readline().split())[:300]  # tessera batch says it in its answers
        if took["timed_out"]:
            return f"not done after {timeout_s} s"
        ended = f"killed by signal {took['signal']}" if took["signal"] else f"exit status {took['status']}"
        return f"{ended}: {said}" if said else ended


class Asked:
    """A process that answers each line of its input with one line: what a grid costs once everything is warm."""

    def __init__(self, command, env, stderr_path):
        self._stderr_path = stderr_path
        with open(stderr_path, "wb") as stderr:
            self._process = subprocess.Popen(command, env={**os.environ, **env}, stdin=subprocess.PIPE,
                                             stdout=subprocess.PIPE, stderr=stderr, text=True)

    def ask(self, line):
        OTHERS.start()
        before_s, start_s = processor_s(self._process.pid), time.monotonic()
        answer = ""
        try:
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        except BrokenPipeError:
            pass
        wall_s = time.monotonic() - start_s
        cpu_s = processor_s(self._process.pid) - before_s
        served_s = OTHERS.stop(cpu_s)
        if not answer:
            with open(self._stderr_path, encoding="utf-8", errors="replace") as file:
                raise Failed(f"it ended: {' '.join(file.read().split())[-300:]}")
        return Run(wall_s, cpu_s, 0.0, 0, answer, served_s)

    def end(self):
        self._process.stdin.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()


def rounds(jobs, count):
    """Runs the callables of `jobs` (name → callable returning Run) in turns. Returns name → list of Run."""
    names = list(jobs)
    runs = {name: [] for name in names}
    for i in range(count):
        for j in range(len(names)):
            name = names[(i + j) % len(names)]
            runs[name].append(jobs[name]())
    return runs


def summary(runs):
    """The figures of one contestant, with every single run for whoever wants to look closer."""
    walls = [run.wall_s for run in runs]
    return {
        "wall_median_s": round(statistics.median(walls), 5),
        "wall_min_s": round(min(walls), 5),
        "wall_max_s": round(max(walls), 5),
        "cpu_median_s": round(statistics.median(run.cpu_s for run in runs), 5),
        "peak_mb": round(statistics.median(run.peak_mb for run in runs), 1),
        "wall_s": [round(wall, 5) for wall in walls],
        "cpu_s": [round(run.cpu_s, 5) for run in runs],
    }


def _session_pss_mb(session):
    """Memory of all processes of a session, shared pages counted once, in 10^6 bytes."""
    total_kib = 0
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            if os.getsid(int(entry)) != session:
                continue
            with open(f"/proc/{entry}/smaps_rollup", encoding="ascii") as file:
                total_kib += sum(int(line.split()[1]) for line in file if line.startswith("Pss:"))
        except (OSError, ValueError):
            continue  # it has just ended
    return total_kib * 1024 / 1e6


def tree_peak_mb(command, env=None):
    """Peak memory of a command that is several processes at once: sampled, in a run that is not timed."""
    process = subprocess.Popen(command, env={**os.environ, **(env or {})}, start_new_session=True,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peak_mb = 0.0
    while process.poll() is None:
        peak_mb = max(peak_mb, _session_pss_mb(process.pid))
        time.sleep(0.002)
    return round(peak_mb, 1)
