# SPDX-License-Identifier: MIT
"""From numbers to answers: ratios, targets met or missed, and a text that can be read."""
import json
import re

LABELS = {"tessera": "tessera", "pillow": "Pillow", "sharp": "sharp", "imagemagick": "ImageMagick montage",
          "graphicsmagick": "GraphicsMagick montage", "vips": "vips command line",
          "boto3": "boto3 + Pillow", "sdk": "SDK for JavaScript + sharp",
          "floor-raw": "libjpeg-turbo alone, raw", "floor-rgb": "libjpeg-turbo alone, RGB"}
FLOOR_MODES = ("floor-raw", "floor-rgb")
PEAK_LIMIT_MB = 256
QUALITY_LIMIT_DB = 40
# tile → (sharp, Pillow, floor): tessera's wall time may be at most this many times theirs.
RATIO_LIMITS = {"100": (0.75, 0.25, 1.3), "256": (0.70, 0.25, 1.3), "700": (0.50, 0.25, 1.5)}


def wall(tools, name):
    return tools.get(name, {}).get("wall_median_s")


def floor_wall(tools):
    """The faster of libjpeg-turbo's two ways out, so that nobody can say it was held back."""
    walls = [wall(tools, mode) for mode in FLOOR_MODES if wall(tools, mode)]
    return min(walls) if walls else None


def _ratio(part, whole):
    return round(part / whole, 3) if part and whole else None


def _target(what, value, comparison, limit, unit=""):
    met = None if value is None else value <= limit if comparison == "≤" else value >= limit
    return {"what": what, "value": value, "target": f"{comparison} {limit}", "unit": unit, "met": met}


def _grid_targets(result):
    for tile, section in result.get("grid", {}).items():
        tools = section.get("tools", {})
        ours = wall(tools, "tessera")
        limits = RATIO_LIMITS.get(tile)
        if not limits:
            continue
        for theirs, name, limit in ((wall(tools, "sharp"), "sharp", limits[0]),
                                    (wall(tools, "pillow"), "Pillow", limits[1]),
                                    (floor_wall(tools), "the floor", limits[2])):
            yield _target(f"16 photos, tile {tile}: wall / {name}", _ratio(ours, theirs), "≤", limit, "×")
    for tile, tools in result.get("quality", {}).items():
        ours = tools.get("tessera", {})
        yield _target(f"16 photos, tile {tile}: PSNR of the grid", ours.get("grid_db"), "≥", QUALITY_LIMIT_DB, "dB")
        yield _target(f"16 photos, tile {tile}: PSNR of the worst cell", ours.get("min_db"), "≥", QUALITY_LIMIT_DB,
                      "dB")


def _other_targets(result):
    large = result.get("large")
    if large:
        count = f"{large.get('photos', 0):,} photos" if "photos" in large else "10,000 photos"
        yield _target(f"{count}: peak memory", large.get("peak_mb"), "≤", PEAK_LIMIT_MB, "MB")
        yield _target(f"{count}: wall / (cost of one × photos / cores)", large.get("against_ideal"), "≤", 1.1, "×")
    startup = result.get("startup")
    if startup:
        yield _target("start-up: tessera --version", startup.get("version_ms"), "≤", 10, "ms")
        loaded = startup.get("one_jpeg_loads_libvips")
        seen = startup.get("png_loads_libvips")  # the control: without it the first says nothing
        yield _target("start-up: one JPEG loads libvips (0 no, 1 yes)", int(loaded) if seen else None, "≤", 0)
    for tile, section in result.get("scaling", {}).items():
        speedup = section.get("speedup") if isinstance(section, dict) else None
        yield _target(f"two cores against one, tile {tile}", speedup, "≥", 1.8, "×")


def _cloud_targets(result):
    overlap = result.get("overlap")
    if overlap:
        yield _target("100 photos over 30 ms and 500 Mbit/s: wall / longer of transfer and work",
                      overlap.get("against_longer"), "≤", 1.25, "×")
    whole = result.get("earlier", {}).get("whole", {})
    if whole:
        for name, limit in (("boto3", 0.2), ("sdk", 0.45)):
            yield _target(f"16 photos from S3: wall / {LABELS[name]}", _ratio(wall(whole, "tessera"), wall(whole, name)),
                          "≤", limit, "×")
    for place, where, counted in (("embedded", "embedded store", ""), ("s3", "S3, server included", "_with_server")):
        figures = result.get("batch", {}).get(place)
        if figures:
            yield _target(f"200 grids, {where}: cores busy", figures.get(f"busy{counted}"), "≥", 0.9)
            yield _target(f"200 grids, {where}: grids/s / (cores / cost of one)", figures.get(f"of_possible{counted}"), "≥",
                          0.9, "×")
            yield _target(f"200 grids, {where}: peak memory", figures.get("peak_max_mb"), "≤",
                          round(figures.get("memory_mib", 0) * 1.048576, 1), "MB")


def _small_targets(small):
    for name, words, limit in (("reads", "counter reads", 10000), ("hits", "counted hits", 2000)):
        yield _target(f"{words}, embedded store, 64 connections", small[name]["per_s"], "≥", limit, "/s")
        yield _target(f"{words}: 99th percentile", small[name]["p99_ms"], "≤", 20, "ms")
    if "dynamodb" in small:
        yield _target("hits in DynamoDB Local: through tessera serve / straight", small["dynamodb"]["ratio"], "≥", 0.9, "×")


def _service_targets(result):
    if "small" in result:
        yield from _small_targets(result["small"])
    grids = result.get("grids")
    if grids:
        yield _target("200 grids by 32 clients: grids/s / tessera batch", grids["ratio"], "≥", 0.9, "×")
        yield _target("the same beside 50 clients of a byte a second / without", grids["slow_ratio"], "≥", 0.9, "×")
        yield _target("200 grids by 32 clients: peak memory", grids["peak_mb"], "≤",
                      round(grids["memory_mib"] * 1.048576, 1), "MB")
    cold = result.get("cold")
    if cold:
        yield _target("Lambda: exec to the first counter", cold["tessera"]["counter_ms"], "≤", 30, "ms")
        yield _target("Lambda: first grid of 16 photos over its warm time", cold["tessera"]["grid_over_warm_ms"], "≤", 60, "ms")
    flood = result.get("flood")
    if flood:
        yield _target("flood: requests that were not answered 200, 429 or 503", flood["unanswered"], "≤", 0)
        yield _target("flood: small requests/s after it / before", flood["after_against_before"], "≥", 0.9, "×")
        yield _target("flood: peak memory", flood["peak_mb"], "≤", 300, "MB")


def targets(result):
    return [*_grid_targets(result), *_cloud_targets(result), *_service_targets(result), *_other_targets(result)]


def _table(head, rows):
    widths = [max(len(str(row[i])) for row in [head, *rows]) for i in range(len(head))]
    lines = []
    for row in (head, *rows):
        cells = [str(cell).ljust(width) if i == 0 else str(cell).rjust(width)
                 for i, (cell, width) in enumerate(zip(row, widths))]
        lines.append("  ".join(cells).rstrip())
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)


def _grid_rows(tools, psnr):
    ours = wall(tools, "tessera")
    for name, tool in tools.items():
        label = LABELS.get(name, name)
        if "error" in tool:
            yield (label, "failed", "", "", "", "", "", "")
            continue
        median = tool["wall_median_s"]
        decibel = psnr.get(name, {}).get("grid_db")
        yield (label, f"{median:.3f}", f"{tool['wall_min_s']:.3f}–{tool['wall_max_s']:.3f}",
               f"{median / ours:.2f}" if ours else "–", f"{tool['cpu_median_s']:.2f}", f"{tool['peak_mb']:.0f}",
               f"{tool['bytes'] / 1e3:.0f}" if "bytes" in tool else "–", f"{decibel:.1f}" if decibel else "–")


def _value(target):
    return "not measured" if target["value"] is None else f"{target['value']:g} {target['unit']}".strip()


def _seconds(tool, name="wall_median_s"):
    return f"{tool[name]:.3f}" if name in tool else "failed" if "error" in tool else "–"


def _earlier_text(earlier):
    head = ("wall s", "Swift, whole", "Swift, warm", "light, whole", "CPU s", "server CPU s", "× tessera")
    whole, ours = earlier["whole"], wall(earlier["whole"], "tessera")
    rows = [(LABELS[name], _seconds(tool), _seconds(earlier["warm"].get(name, {})), _seconds(earlier["light"].get(name, {})),
             _seconds(tool, "cpu_median_s"), _seconds(tool, "served_median_s"),
             f"{wall(whole, name) / ours:.2f}" if ours and wall(whole, name) else "–") for name, tool in whole.items()]
    return f"{earlier['photos']} photos from S3 into one grid, stored, with a link\n{_table(head, rows)}"


def _batch_text(batch):
    head = ("", "wall s", "grids/s", "CPU s", "server CPU s", "busy", "with server", "peak MB", "CPU ms a grid")
    rows = []
    for place, label in (("embedded", "embedded store"), ("s3", "S3, light server")):
        one = batch.get(place, {})
        if "grids" in one:
            rows.append((label, _seconds(one), f"{one['grids_per_s']:.1f}", _seconds(one, "cpu_median_s"),
                         _seconds(one, "served_median_s"), f"{one['busy']:.1%}", f"{one['busy_with_server']:.1%}",
                         f"{one['peak_max_mb']:.0f}", f"{one['one_grid_cpu_s'] * 1e3:.0f}"))
        else:
            rows.append((label, "failed", *[""] * 7))
    return f"200 grids of 16 photos with tessera batch\n{_table(head, rows)}"


def _cloud_text(result):
    overlap, earlier, batch = (result.get(name) for name in ("overlap", "earlier", "batch"))
    for overlap in filter(None, (overlap, overlap and overlap["unlimited"])):
        yield (f"{overlap['photos']} photos, {overlap['megabytes']:.0f} MB, over a link of {overlap['delay_ms']} ms"
               f"{' and %d Mbit/s' % overlap['rate_mbit'] if overlap['rate_mbit'] else ' without a limit'} with "
               f"{overlap['connections']} connections: {_seconds(overlap['transfer'])} s transfer alone, "
               f"{_seconds(overlap['work'])} s work alone, {_seconds(overlap['tessera'])} s tessera create-grid "
               f"({overlap['against_longer']:.2f} × the longer); query, photos and storing by curl: "
               f"{_seconds(overlap['exchange'])} s ({overlap['against_exchange']:.2f} ×)")
    if earlier:
        yield _earlier_text(earlier)
    if batch:
        yield _batch_text(batch)


def _rate(one):
    return (f"{one['per_s']:,.0f}", f"{one['p50_ms']:.1f}", f"{one['p99_ms']:.1f}")


def _service_text(result):
    small, grids, cold, flood = (result.get(name) for name in ("small", "grids", "cold", "flood"))
    if small:
        rows = [("tessera, reads", *_rate(small["reads"])), ("tessera, hits", *_rate(small["hits"])),
                ("tessera, reads beside hits", *_rate(small["reads_beside_hits"])),
                ("tessera, hits beside reads", *_rate(small["hits_beside_reads"])),
                ("Python and SQLite, reads", *_rate(small["python_reads"])),
                ("Python and SQLite, hits", *_rate(small["python_hits"]))]
        if "dynamodb" in small:
            rows += [("tessera to DynamoDB Local, hits", *_rate(small["dynamodb"]["tessera"])),
                     ("straight to DynamoDB Local, hits", *_rate(small["dynamodb"]["straight"])),
                     ("straight, the request that tessera sends", *_rate(small["dynamodb"]["straight_same"]))]
        yield f"Counters by {small['connections']} connections\n{_table(('', 'a second', 'p50 ms', 'p99 ms'), rows)}"
    if grids:
        yield (f"{grids['grids']} grids of 16 photos by {grids['clients']} clients over HTTP: {grids['http_per_s']:.1f} grids/s "
               f"({grids['ratio']:.2f} × tessera batch), {grids['beside_slow_per_s']:.1f} beside 50 slow clients, "
               f"{grids['peak_mb']:.0f} MB at most")
    if cold:
        rows = [(name, *(f"{one[key]:.1f}" for key in ("counter_ms", "counter_warm_ms", "grid_ms", "grid_warm_ms",
                                                        "grid_over_warm_ms"))) for name, one in cold.items()]
        yield "Lambda, ms from exec to the answer\n" + _table(
            ("", "counter, first", "warm", "16 photos, first", "warm", "difference"), rows)
    if flood:
        yield (f"{flood['clients']} clients for {flood['connections']} connections, {flood['seconds']} s: "
               f"{', '.join(f'{count} × {name}' for name, count in flood['statuses'].items())}; {flood['peak_mb']:.0f} MB and "
               f"{flood['descriptors_max']} descriptors at most; small requests {flood['before_per_s']:,}/s before, "
               f"{flood['after_per_s']:,}/s after")


def text(result):
    parts = []
    head = ("", "wall s", "min–max", "× tessera", "CPU s", "peak MB", "output kB", "PSNR dB")
    for tile, section in result.get("grid", {}).items():
        if "tools" in section:
            rows = list(_grid_rows(section["tools"], result.get("quality", {}).get(tile, {})))
            parts.append(f"16 photos, tile {tile}, floor at 1/{section['denominator']}\n{_table(head, rows)}")
    encode = result.get("encode", {})
    if "speedup" in encode:
        parts.append(f"{encode['width']:,} × {encode['height']:,} pixels of {encode['pictures']} enlarged pictures: "
                     f"{encode['one']['wall_median_s']:.2f} s with 1 thread, {encode['two']['wall_median_s']:.2f} s with "
                     f"2 ({encode['speedup']:.2f} ×), peak {encode['two']['peak_mb']:.0f} MB, "
                     f"{'the same bytes' if encode['same_bytes'] else 'DIFFERENT BYTES'}")
    large = result.get("large", {})
    if "wall_s" in large:
        parts.append(f"{large['photos']:,} photos, {large['megabytes']:,} MB: {large['wall_s']:.1f} s "
                     f"({large['photos_per_s']:.0f} photos/s), {large['per_photo_ms']:.2f} ms a photo on one core, "
                     f"peak {large['peak_mb']:.0f} MB")
    parts += _cloud_text(result)
    parts += _service_text(result)
    stages = result.get("stages", {})
    if stages:
        names = ("decode_ms", "resample_ms", "place_ms", "encode_ms")
        rows = [(f"tile {tile}, 1/{section['denominator']}, {section['reader']}",
                 *(f"{section[name]:.2f}" for name in names)) for tile, section in stages.items()]
        head = ("", *(name.removesuffix("_ms") for name in names))
        parts.append(f"one photo, one thread, ms of processor time\n{_table(head, rows)}")
    rows = [(target["what"], _value(target), target["target"], {True: "PASS", False: "FAIL", None: "–"}[target["met"]])
            for target in result.get("targets", [])]
    if rows:
        parts.append(_table(("target", "measured", "wanted", ""), rows))
    parts += [f"not measured: {name}: {reason}" for name, reason in result.get("not_measured", {}).items()]
    return "\n\n".join(parts)


def _on_one_line(match):
    return "[" + " ".join(match[1].split()) + "]"


def to_json(result):
    """JSON with each list of numbers on one line, for small diffs."""
    indented = json.dumps(result, indent=1, ensure_ascii=False)
    return re.sub(r"\[\s+([^\[\]{}]*?)\s+\]", _on_one_line, indented) + "\n"
