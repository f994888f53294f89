# SPDX-License-Identifier: MIT
"""The measurements: each function is one section of the result, plain data ready for JSON.

A section that cannot be measured raises Failed; bench/run notes the reason and goes on.
"""
import dataclasses
import hashlib
import json
import os
import re
import statistics

import inputs
import measure
import quality
from contestants import Contestant, floor_command, tessera_command
from measure import Failed, Run, rounds, say, summary

LARGE_TILE = 128
LARGE_SAMPLE = 500


@dataclasses.dataclass
class Bench:
    """What all sections share."""
    work: str
    programs: str
    runner: measure.Runner
    contestants: dict  # name → Contestant
    photos: list
    originals: list
    cpus: list
    round_count: int
    quick: bool
    large_count: int

    def tessera(self):
        if "tessera" not in self.contestants:
            raise Failed("tessera is not built")
        return self.contestants["tessera"].command([], 0, "")[0]

    def montage(self, photos, tile, output, *options):
        return [*tessera_command(self.tessera())(photos, tile, output), *options]

    def scratch(self, name):
        return os.path.join(self.work, "out", name)


def _answer(run: Run):
    """The JSON that `tessera montage` prints: no cell may have failed."""
    try:
        answer = json.loads(run.output)
    except ValueError as error:
        raise Failed(f"tessera did not print JSON: {run.output[:200]!r}") from error
    if answer.get("failed"):
        raise Failed(f"cells failed: {json.dumps(answer['failed'])[:300]}")
    return answer


# --- 16 photos ----------------------------------------------------------------------------------------------------

def _with_floor(bench, tile):
    """The contestants of one tile size: everybody, and the floor in both its modes."""
    everyone = dict(bench.contestants)
    program = os.path.join(bench.programs, "bench-floor")
    denominator = inputs.dct_denominator(bench.photos[0], tile)
    for mode in ("raw", "rgb"):
        everyone[f"floor-{mode}"] = Contestant(f"floor-{mode}", f"libjpeg-turbo alone, {mode}",
                                               floor_command(program, denominator, mode))
    return everyone, denominator


def _check_output(path, tile, columns):
    written = quality.describe_jpeg(path)
    if (written["format"], written["width"], written["height"]) != ("JPEG", columns * tile, columns * tile):
        raise Failed(f"wrote {written['format']} of {written['width']} × {written['height']}")
    return {"chroma": written["chroma"], "quality_80": written["quality_80"], "bytes": os.path.getsize(path)}


def _warm_up(bench, contestant, tile, output):
    """One run that is not counted: fills the caches and shows that the contestant does the work."""
    if os.path.exists(output):
        os.unlink(output)
    bench.runner.run(contestant.command(bench.photos, tile, output), env=contestant.env)
    return {} if contestant.name.startswith("floor-") else _check_output(output, tile, 4)


def grid(bench, tile):
    """All contestants build the 4 × 4 grid of the 16 photos."""
    everyone, denominator = _with_floor(bench, tile)
    result, jobs = {}, {}
    for name, contestant in everyone.items():
        output = bench.scratch(f"{name}-{tile}.jpg")
        try:
            facts = _warm_up(bench, contestant, tile, output)
        except (Failed, OSError) as error:
            say(f"  {name}: {error}")
            result[name] = {"error": str(error)}
            continue
        command = contestant.command(bench.photos, tile, output)
        jobs[name] = lambda command=command, env=contestant.env: bench.runner.run(command, env=env)
        result[name] = facts
    for name, runs in rounds(jobs, bench.round_count).items():
        result[name] = {**summary(runs), **result[name]}
        if everyone[name].several_processes:
            command = everyone[name].command(bench.photos, tile, bench.scratch(f"{name}-{tile}.jpg"))
            result[name]["peak_mb"] = measure.tree_peak_mb(command, everyone[name].env)
    return {"denominator": denominator, "tools": result}


def grid_quality(bench, tile):
    """PSNR of each contestant's grid, written as PNG, against the best that can be done."""
    expected = quality.reference(bench.photos, bench.originals, tile)
    result = {}
    for name, contestant in bench.contestants.items():
        output = bench.scratch(f"{name}-{tile}.png")
        try:
            bench.runner.run(contestant.command(bench.photos, tile, output), env=contestant.env)
            result[name] = quality.compare(output, expected, tile)
        except (Failed, OSError, ValueError) as error:
            say(f"  {name}: {error}")
            result[name] = {"error": str(error)}
    return result


# --- start-up -----------------------------------------------------------------------------------------------------

def _libraries(bench, command, name):
    """The shared libraries that the dynamic linker was asked for, by its own account."""
    trace = bench.scratch(f"ld-{name}")
    for left in os.listdir(os.path.dirname(trace)):
        if left.startswith(f"ld-{name}."):
            os.unlink(os.path.join(os.path.dirname(trace), left))
    bench.runner.run(command, env={"LD_DEBUG": "libs", "LD_DEBUG_OUTPUT": trace})
    libraries = set()
    for left in os.listdir(os.path.dirname(trace)):
        if left.startswith(f"ld-{name}."):
            with open(os.path.join(os.path.dirname(trace), left), encoding="utf-8", errors="replace") as file:
                libraries.update(re.findall(r"find library=(\S+)", file.read()))
    return libraries


def _has_vips(libraries):
    return any(name.startswith("libvips") for name in libraries)


def startup(bench):
    """tessera --version, a montage of one JPEG, and whether that one loaded libvips. A PNG written by the same command
    is the control: it must be seen to load libvips."""
    program, photo = bench.tessera(), bench.photos[0]
    count = 20 if bench.quick else 50
    one = bench.montage([photo], 100, bench.scratch("one.jpg"))
    jobs = {"version": lambda: bench.runner.run([program, "--version"]),
            "montage": lambda: bench.runner.run(one),
            "nothing": lambda: bench.runner.run(["/bin/true"])}
    for job in jobs.values():
        job()
    runs = rounds(jobs, count)
    with_jpeg = _libraries(bench, one, "jpeg")
    with_png = _libraries(bench, bench.montage([photo], 100, bench.scratch("one.png")), "png")
    return {
        "runs": count,
        "version_ms": round(statistics.median(run.wall_s for run in runs["version"]) * 1e3, 2),
        "one_jpeg_ms": round(statistics.median(run.wall_s for run in runs["montage"]) * 1e3, 2),
        "bin_true_ms": round(statistics.median(run.wall_s for run in runs["nothing"]) * 1e3, 2),
        "one_jpeg_libraries": len(with_jpeg), "one_jpeg_loads_libvips": _has_vips(with_jpeg),
        "png_libraries": len(with_png), "png_loads_libvips": _has_vips(with_png),
    }


# --- cores --------------------------------------------------------------------------------------------------------

def scaling(bench, tiles):
    """The 16 photos on one processor and on two."""
    if len(bench.cpus) < 2:
        raise Failed("only one processor here")
    result = {}
    for tile in tiles:
        command = bench.montage(bench.photos, tile, bench.scratch("scaling.jpg"))
        jobs = {"one": lambda c=command: bench.runner.run(c, cpus=bench.cpus[:1]),
                "two": lambda c=command: bench.runner.run(c, cpus=bench.cpus[:2])}
        runs = rounds(jobs, max(3, bench.round_count))
        result[str(tile)] = _speedup(runs["one"], runs["two"])
    return result


def _speedup(one, two):
    faster = statistics.median(run.wall_s for run in one) / statistics.median(run.wall_s for run in two)
    best = min(run.wall_s for run in one) / min(run.wall_s for run in two)  # what a busy machine hides the least
    return {"one": summary(one), "two": summary(two), "speedup": round(faster, 3), "speedup_of_best": round(best, 3)}


def _digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() if hasattr(hashlib, "file_digest") else \
            hashlib.sha256(file.read()).hexdigest()


def encode(bench):
    """A grid that is mostly encoding: small pictures enlarged to tiles of 1000 pixels; 20,000 × 20,000 pixels from 400
    of them (quick: 6,000 × 6,000 from 36). One thread against two; both must write the same bytes."""
    count = 36 if bench.quick else 400
    photos = inputs.small(bench.work, bench.photos, count)
    outputs = {threads: bench.scratch(f"encode-{threads}.jpg") for threads in (1, 2)}
    jobs = {threads: lambda t=threads: bench.runner.run(
        bench.montage(photos, 1000, outputs[t], "--threads", str(t))) for threads in (1, 2)}
    runs = rounds(jobs, 3)
    for run in runs[1] + runs[2]:
        answer = _answer(run)
    return {**_speedup(runs[1], runs[2]), "pictures": count, "tile": 1000, "width": answer.get("width"),
            "height": answer.get("height"), "timings_ms": answer.get("timings_ms"),
            "same_bytes": _digest(outputs[1]) == _digest(outputs[2])}


# --- 10,000 photos ------------------------------------------------------------------------------------------------

def _list_file(bench, name, photos):
    path = bench.scratch(name)
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(f"{photo}\n" for photo in photos)
    return f"@{path}"


def large(bench):
    """Peak memory and wall time of very many photos, against what the same photos cost one thread on one processor."""
    photos = inputs.many(bench.work, bench.programs, bench.large_count)
    sample = photos[::max(1, len(photos) // LARGE_SAMPLE)][:LARGE_SAMPLE]
    output = bench.scratch("large.jpg")
    say(f"  {len(sample)} of {len(photos)} photos with one thread")
    one_thread = bench.montage([_list_file(bench, "sample.txt", sample)], LARGE_TILE, output, "--threads", "1")
    all_cores = bench.montage([_list_file(bench, "all.txt", photos)], LARGE_TILE, output)
    start = statistics.median(bench.runner.run([bench.tessera(), "--version"]).wall_s for _ in range(11))
    sample_runs = [bench.runner.run(one_thread, cpus=bench.cpus[:1]) for _ in range(2)]
    say(f"  {len(photos)} photos on {len(bench.cpus)} cores")
    run = bench.runner.run(all_cores)
    sample_runs += [bench.runner.run(one_thread, cpus=bench.cpus[:1]) for _ in range(2)]  # before and after: drift
    for each in (*sample_runs, run):
        answer = _answer(each)
    per_photo_s = (statistics.median(each.wall_s for each in sample_runs) - start) / len(sample)
    ideal_s = per_photo_s * len(photos) / len(bench.cpus)
    return {"photos": len(photos), "megabytes": round(sum(os.path.getsize(path) for path in photos) / 1e6),
            "tile": LARGE_TILE, "columns": answer.get("columns"), "rows": answer.get("rows"),
            "sample": len(sample), "sample_wall_s": [round(each.wall_s, 3) for each in sample_runs],
            "sample_cpu_s": [round(each.cpu_s, 3) for each in sample_runs],
            "per_photo_ms": round(per_photo_s * 1e3, 3), "ideal_s": round(ideal_s, 3),
            "wall_s": round(run.wall_s, 3), "cpu_s": round(run.cpu_s, 3), "against_ideal": round(run.wall_s / ideal_s, 3),
            "peak_mb": round(run.peak_mb, 1), "photos_per_s": round(len(photos) / run.wall_s, 1),
            "timings_ms": answer.get("timings_ms")}


# --- stages -------------------------------------------------------------------------------------------------------

def stages(bench, tiles):
    """Decode, resample, place and encode by themselves, one thread, from bench-stages."""
    program = os.path.join(bench.programs, "bench-stages")
    if not os.path.exists(program):
        raise Failed("bench-stages is not built")
    distinct = [photo for i, photo in enumerate(bench.photos) if bench.originals.index(bench.originals[i]) == i]
    result = {}
    for tile in tiles:
        scale = str(inputs.dct_denominator(distinct[0], tile))
        run = bench.runner.run([program, "--tile", str(tile), "--denominator", scale, *distinct], cpus=bench.cpus[:1])
        result[str(tile)] = json.loads(run.output)
    return result
