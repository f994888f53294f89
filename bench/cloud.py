# SPDX-License-Identifier: MIT
"""The sections about the cloud: whether transfer and work overlap, what the grid costs beside other ways to build it in
the cloud, and whether many grids keep all cores busy. As in sections.py, each function is one section."""
import contextlib
import json
import os
import shlex
import shutil
import statistics

import inputs
import measure
import needs
from contestants import PEERS
from measure import Failed, rounds, say, summary
from servers import DELAY_MS, KEYS, LightServer, Link, RATE_MBIT, Services

OVERLAP_PHOTOS = 100
CONNECTIONS = 32  # what tessera takes by default
BATCH_GRIDS = 200
BATCH_SAMPLE = 20  # grids from which the cost of one is taken
BATCH_SETS = 4  # of 16 photos in the embedded store
BATCH_MEMORY_MIB = 256
BATCH_ROUNDS = 3
LIGHT_ROUNDS = 5
ID = "bench"


def _answers(run, count, tiles):
    """What create-grid, batch or a peer printed: `count` grids of `tiles` photos, each built there and then."""
    try:
        answers = [json.loads(line) for line in run.output.splitlines() if line.strip()]
    except ValueError as error:
        raise Failed(f"no JSON: {run.output[:200]!r}") from error
    if len(answers) != count:
        raise Failed(f"{len(answers)} answers, not {count}")
    for answer in answers:
        if answer.get("tiles") != tiles or answer.get("failed") or answer.get("cached") or "presigned_url" not in answer:
            raise Failed(f"not the grid that was asked for: {json.dumps(answer)[:300]}")
    return run


def _served(figures, runs):
    """The figures of a contestant, with what the servers worked for it."""
    return {**figures, "served_median_s": round(statistics.median(run.served_s for run in runs), 3)}


# --- overlap ------------------------------------------------------------------------------------------------------

def _curl(bench, url, photos):
    """curl with the same number of connections: a client that does nothing but fetch."""
    config = bench.scratch("overlap.curl")
    with open(config, "w", encoding="utf-8") as file:
        for photo in photos:
            file.write(f'url = "{url}/{KEYS["SOURCE_BUCKET"]}/{os.path.basename(photo)}"\noutput = "/dev/null"\n')
    return ["curl", "--silent", "--show-error", "--fail", "--parallel", "--parallel-immediate", "--parallel-max",
            str(CONNECTIONS), "--config", config]


def _exchange(bench, url, fetch, picture):
    """Everything that create-grid has to send and receive, in its order, by curl: the query, the photos, the picture. The
    picture alone takes several round trips, for a connection that has sent little begins slowly."""
    query = ["curl", "--silent", "--fail", "--output", "/dev/null", "--header", "X-Amz-Target: DynamoDB_20120810.Query",
             "--data", '{"S":"' + ID + '"}', f"{url}/"]
    put = ["curl", "--silent", "--fail", "--output", "/dev/null", "--header", "Expect:", "--upload-file", picture,
           f"{url}/{KEYS['DESTINATION_BUCKET']}/exchange.jpg"]
    return ["sh", "-c", " && ".join(map(shlex.join, (query, fetch, put)))]


def overlap(bench):
    """create-grid of 100 photos of 1 MB through a link with 30 ms of delay, against the longer of: fetching them without
    doing anything with them, building the grid from files. Through a link with a rate, and through one without."""
    return {**_overlap_over(bench, RATE_MBIT), "unlimited": _overlap_over(bench, 0)}


def _overlap_over(bench, mbit):
    program = bench.tessera()
    folder, photos = inputs.megabyte(bench.work, bench.photos, OVERLAP_PHOTOS)
    with Link(bench.programs, mbit) as link, LightServer(bench.programs, folder, link) as server:
        environment = server.environment()
        create = [*link.client_side, program, "create-grid", ID, "--store", "aws", "--fresh", "--quiet"]
        curl = _curl(bench, server.url, photos)
        fetch = [*link.client_side, *curl]
        montage = bench.montage(photos, 100, bench.scratch("overlap.jpg"))
        exchange = [*link.client_side, *_exchange(bench, server.url, curl, bench.scratch("overlap.jpg"))]
        jobs = {"transfer": lambda: bench.runner.run(fetch, timeout_s=60),
                "work": lambda: bench.runner.run(montage, timeout_s=60),
                "exchange": lambda: bench.runner.run(exchange, timeout_s=60),
                "tessera": lambda: _answers(bench.runner.run(create, env=environment, timeout_s=60), 1, len(photos))}
        for job in jobs.values():
            job()
        runs = rounds(jobs, bench.round_count)
    figures = {name: _served(summary(runs[name]), runs[name]) for name in jobs}
    longer = max(figures["transfer"]["wall_median_s"], figures["work"]["wall_median_s"])
    return {"photos": len(photos), "megabytes": round(sum(map(os.path.getsize, photos)) / 1e6, 1), "delay_ms": DELAY_MS, "rate_mbit": mbit,
            "connections": CONNECTIONS, **figures, "longer_s": longer,
            "against_exchange": round(figures["tessera"]["wall_median_s"] / max(
                figures["exchange"]["wall_median_s"], figures["work"]["wall_median_s"]), 3),
            "against_longer": round(figures["tessera"]["wall_median_s"] / longer, 3),
            "timings_ms": json.loads(runs["tessera"][-1].output).get("timings_ms")}


# --- the earlier back end, and the SDK --------------------------------------------------------------------------------

def _fill(environment, photos):
    """Buckets, table, the photos and their rows."""
    import boto3
    region, keys = environment["AWS_REGION"], {"aws_access_key_id": environment["AWS_ACCESS_KEY_ID"],
                                               "aws_secret_access_key": environment["AWS_SECRET_ACCESS_KEY"]}
    s3 = boto3.client("s3", region_name=region, endpoint_url=environment["AWS_ENDPOINT_URL_S3"], **keys)
    table = boto3.client("dynamodb", region_name=region, endpoint_url=environment["AWS_ENDPOINT_URL_DYNAMODB"], **keys)
    for name in ("SOURCE_BUCKET", "DESTINATION_BUCKET"):
        s3.create_bucket(Bucket=environment[name])
    columns = (("uniqueGridId", "HASH"), ("s3Key", "RANGE"))
    table.create_table(TableName="GridBuilder", BillingMode="PAY_PER_REQUEST",
                       AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name, _ in columns],
                       KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in columns])
    for photo in photos:
        key = os.path.basename(photo)
        s3.upload_file(photo, environment["SOURCE_BUCKET"], key)
        table.put_item(TableName="GridBuilder", Item={"uniqueGridId": {"S": ID}, "s3Key": {"S": key}})


def _builders(bench):
    """Name → (command that builds one grid, command that builds one for each line, environment). Without its packages a
    peer is left out."""
    builders = {"boto3": (["/usr/bin/python3", os.path.join(PEERS, "cloud_grid.py"), ID],
                          ["/usr/bin/python3", os.path.join(PEERS, "cloud_grid.py"), "--serve"], {})}
    try:
        modules = needs.install_sdk(bench.work)
        node = [shutil.which("node") or "node", os.path.join(PEERS, "cloud_grid.cjs")]
        builders["sdk"] = ([*node, ID], [*node, "--serve"], {"NODE_PATH": modules})
    except Failed as error:
        say(f"  sdk: {error}")
    if "tessera" in bench.contestants:
        options = ["--store", "aws", "--fresh", "--quiet"]
        builders["tessera"] = ([bench.tessera(), "create-grid", ID, *options], [bench.tessera(), "batch", "-", *options], {})
    return builders


def _measured(bench, jobs, count):
    """One run of each that is not counted, then the rounds of those that work."""
    result, working = {}, {}
    for name, job in jobs.items():
        try:
            job()
            working[name] = job
        except (Failed, OSError) as error:
            say(f"  {name}: {error}")
            result[name] = {"error": str(error)}
    for name, runs in rounds(working, count).items():
        result[name] = _served(summary(runs), runs)
    return result


def _whole(bench, builders, environment, count):
    tiles = len(bench.photos)
    return _measured(bench, {
        name: lambda command=command, env=env: _answers(
            bench.runner.run(command, env={**environment, **env}, timeout_s=60), 1, tiles)
        for name, (command, _, env) in builders.items()}, count)


def _warm(bench, builders, environment, count):
    tiles = len(bench.photos)
    with contextlib.ExitStack() as stack:
        jobs = {}
        for name, (_, command, env) in builders.items():
            asked = measure.Asked(command, {**environment, **env}, bench.scratch(f"warm-{name}.txt"))
            stack.callback(asked.end)
            jobs[name] = lambda asked=asked: _answers(asked.ask(ID), 1, tiles)
        return _measured(bench, jobs, count)


def earlier(bench):
    """The grid of the 16 photos from an S3 server and back to it, by tessera, by the earlier Python back end's way, and
    with AWS's SDK for JavaScript and sharp. Each as a process of its own, then in a process that stays; against Swift,
    then against a server without weight."""
    builders = _builders(bench)
    with Services(bench.work) as services:
        environment = services.environment()
        try:
            _fill(environment, bench.photos)
        except Exception as error:  # botocore's errors have no base that is worth naming
            raise Failed(f"the servers cannot be filled: {error}") from error
        whole = _whole(bench, builders, environment, bench.round_count)
        warm = _warm(bench, builders, environment, bench.round_count)
    with LightServer(bench.programs, os.path.dirname(bench.photos[0])) as server:
        light = _whole(bench, builders, server.environment(), min(LIGHT_ROUNDS, bench.round_count))
    return {"photos": len(bench.photos), "whole": whole, "warm": warm, "light": light}


# --- many grids ----------------------------------------------------------------------------------------------------

def _requests(bench, name, count):
    """Different grids that are the same work: only the colour behind them differs, and the photos cover it."""
    path = bench.scratch(name)
    with open(path, "w", encoding="utf-8") as file:
        for i in range(count):
            file.write(json.dumps({"uniqueGridId": f"set-{i % BATCH_SETS}", "background": f"#0000{i:02x}"}) + "\n")
    return path


def _embedded_store(bench, program):
    folder = os.path.join(bench.work, "batch-store")
    shutil.rmtree(folder, ignore_errors=True)
    for i in range(BATCH_SETS):
        bench.runner.run([program, "add", "--grid", f"set-{i}", "--data", folder, "--quiet", *bench.photos])
    return folder


def _batch_figures(bench, alone, all_cores, start_s):
    """`alone`: runs of a sample, one grid after the other on one processor; `all_cores`: runs of all grids."""
    cores = len(bench.cpus)
    median = statistics.median
    grid_s = (median(run.cpu_s for run in alone) - start_s) / BATCH_SAMPLE
    served_grid_s = median(run.served_s for run in alone) / BATCH_SAMPLE
    wall_s = median(run.wall_s for run in all_cores)
    per_s = BATCH_GRIDS / wall_s
    return {**_served(summary(all_cores), all_cores), "grids": BATCH_GRIDS, "grids_per_s": round(per_s, 2),
            "one_grid_cpu_s": round(grid_s, 5), "one_grid_served_s": round(served_grid_s, 5),
            "busy": round(median(run.cpu_s / run.wall_s for run in all_cores) / cores, 3),
            "busy_with_server": round(median((run.cpu_s + run.served_s) / run.wall_s for run in all_cores) / cores, 3),
            "of_possible": round(per_s * grid_s / cores, 3),
            "of_possible_with_server": round(per_s * (grid_s + served_grid_s) / cores, 3),
            "memory_mib": BATCH_MEMORY_MIB, "peak_max_mb": round(max(run.peak_mb for run in all_cores), 1)}


def batch(bench):
    """200 grids of 16 photos: are all cores busy, how much memory does it take, and is it as fast as what one grid costs
    alone allows? From the embedded store, and from a server without weight on the same cores."""
    program, tiles = bench.tessera(), len(bench.photos)
    store = _embedded_store(bench, program)
    files = {"alone": (_requests(bench, "sample.ndjson", BATCH_SAMPLE), BATCH_SAMPLE),
             "all": (_requests(bench, "all.ndjson", BATCH_GRIDS), BATCH_GRIDS)}
    common = ["--fresh", "--quiet", "--memory", f"{BATCH_MEMORY_MIB}M"]
    start_s = statistics.median(bench.runner.run([program, "--version"]).cpu_s for _ in range(5))
    with LightServer(bench.programs, os.path.dirname(bench.photos[0])) as server:
        jobs = {}
        for place, options, env in (("embedded", ["--data", store], {}),
                                    ("s3", ["--store", "aws"], server.environment())):
            for load, (path, count) in files.items():
                command = [program, "batch", path, *options, *common]
                command += ["--jobs", "1", "--threads", "1"] if load == "alone" else []
                cpus = bench.cpus[:1] if load == "alone" else None
                jobs[place, load] = lambda command=command, env=env, cpus=cpus, count=count: _answers(
                    bench.runner.run(command, cpus=cpus, env=env, timeout_s=120), count, tiles)
        missing = {}
        for place in ("embedded", "s3"):
            try:
                jobs[place, "alone"]()
            except (Failed, OSError) as error:
                say(f"  {place}: {error}")
                missing[place] = {"error": str(error)}
                jobs = {name: job for name, job in jobs.items() if name[0] != place}
        runs = rounds(jobs, min(BATCH_ROUNDS, bench.round_count))
    shutil.rmtree(store, ignore_errors=True)
    figures = {place: _batch_figures(bench, runs[place, "alone"], runs[place, "all"], start_s)
               for place in ("embedded", "s3") if place not in missing}
    return {**missing, **figures}
