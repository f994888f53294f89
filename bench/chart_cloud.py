#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The chart of the sections about the cloud: overlap, earlier, batch.

    chart_cloud.py RESULT.json        draws RESULT-cloud.svg and RESULT-cloud.png beside it
"""
import json
import os
import sys

from chart import FLOOR, INK, MUTED, OURS, RULE, THEIRS
from report import LABELS, wall

OURS_LIGHT, THEIRS_LIGHT = "#85bcb9", "#d4dce3"
BUSY_WANTED = 0.9
OVERLAP_WANTED = 1.25


def frame(axes, title, names, end):
    axes.set_title(title, loc="left", fontsize=11, color=INK, fontweight="bold", pad=8)
    axes.set_xlim(0, end)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_yticks(range(len(names)), names, fontsize=10, color=INK)
    axes.tick_params(length=0, pad=6)
    axes.set_xticks([])
    for side in ("top", "right", "bottom"):
        axes.spines[side].set_visible(False)
    axes.spines["left"].set_color(RULE)


def _wanted(axes, x, count):
    axes.plot([x, x], [-0.48, count - 0.52], color=FLOOR, linewidth=1.3, linestyle=(0, (4, 2)))


def _overlap(axes, overlap):
    names = {"transfer": "transfer alone", "work": "work alone", "tessera": "tessera"}
    walls = [wall(overlap, name) for name in names]
    limit = OVERLAP_WANTED * overlap["longer_s"]
    end = max(*walls, limit)
    for y, (name, seconds) in enumerate(zip(names, walls)):
        mine = name == "tessera"
        axes.barh(y, seconds, height=0.62, color=OURS if mine else THEIRS, linewidth=0)
        beside = max(seconds, limit) if seconds > 0.75 * limit else seconds  # the target's line does not cross the number
        axes.text(beside + end * 0.02, y, f"{seconds:.2f} s", va="center", fontsize=9.5,
                  color=OURS if mine else INK, fontweight="bold" if mine else "normal")
    _wanted(axes, limit, len(names))
    frame(axes, f"{overlap['photos']} photos over {overlap['delay_ms']} ms, {overlap['rate_mbit']} Mbit/s", list(names.values()), end * 1.4)


def _earlier(axes, earlier):
    names = [name for name in ("tessera", "sdk", "boto3") if wall(earlier["whole"], name)]
    end = max(wall(earlier["whole"], name) for name in names)
    ours = wall(earlier["whole"], "tessera")
    for y, name in enumerate(names):
        mine, seconds, warm = name == "tessera", wall(earlier["whole"], name), wall(earlier["warm"], name)
        axes.barh(y - 0.16, seconds, height=0.36, color=OURS if mine else THEIRS, linewidth=0)
        times = "" if mine or not ours else f"   {seconds / ours:.1f}×"
        axes.text(seconds + end * 0.02, y - 0.16, f"{seconds:.2f} s{times}", va="center", fontsize=9.5,
                  color=OURS if mine else INK, fontweight="bold" if mine else "normal")
        if warm:
            axes.barh(y + 0.2, warm, height=0.22, color=OURS_LIGHT if mine else THEIRS_LIGHT, linewidth=0)
            axes.text(warm + end * 0.02, y + 0.2, f"{warm:.2f} s warm", va="center", fontsize=8, color=MUTED)
    frame(axes, f"{earlier['photos']} photos from an S3 server", [LABELS[name].replace(" + ", "\n+ ") for name in names],
           end * 1.4)


def _batch(axes, batch):
    labels = {"embedded": "embedded\nstore", "s3": "S3"}
    names = [name for name in labels if "busy" in batch.get(name, {})]
    for y, name in enumerate(names):
        one = batch[name]
        axes.barh(y, one["busy"], height=0.5, color=OURS, linewidth=0)
        axes.barh(y, one["busy_with_server"] - one["busy"], left=one["busy"], height=0.5, color=THEIRS, linewidth=0)
        axes.text(1.02, y, f"{one['busy_with_server']:.0%}   {one['grids_per_s']:.1f} grids/s", va="center", fontsize=9.5,
                  color=INK)
    _wanted(axes, BUSY_WANTED, len(names))
    frame(axes, f"{batch[names[0]]['grids']} grids: cores busy", [labels[name] for name in names], 1.6)


def drawable(result):
    """The panels that the result has numbers for."""
    panels = []
    if "overlap" in result:
        panels.append((_overlap, result["overlap"]))
    if any(wall(result.get("earlier", {}).get("whole", {}), name) for name in ("tessera", "sdk", "boto3")):
        panels.append((_earlier, result["earlier"]))
    if any("busy" in one for one in result.get("batch", {}).values()):
        panels.append((_batch, result["batch"]))
    return panels


def figure_of(panels):
    """A figure with its panels drawn: pairs of a function and what it draws."""
    import matplotlib
    matplotlib.use("Agg")
    matplotlib.rcParams.update({"font.family": "DejaVu Sans", "svg.hashsalt": "tessera", "svg.fonttype": "path"})
    from matplotlib import pyplot
    figure, all_axes = pyplot.subplots(1, len(panels), figsize=(max(9.6, 4.6 * len(panels)), 3.6), squeeze=False)
    for axes, (panel, section) in zip(all_axes[0], panels):
        panel(axes, section)
    figure.subplots_adjust(left=1.25 / figure.get_figwidth(), right=0.99, top=0.75, bottom=0.11, wspace=0.42)
    return figure


def write(figure, stem):
    """stem.svg and stem.png; returns their names."""
    from matplotlib import pyplot
    written = []
    for ending, options in ((".svg", {"metadata": {"Date": None}}), (".png", {"dpi": 160})):
        figure.savefig(f"{stem}{ending}", facecolor="white", **options)
        written.append(f"{stem}{ending}")
    pyplot.close(figure)
    return written


def captions(figure, result, title, subtitle):
    machine = result["machine"]
    figure.text(0.012, 0.935, title, fontsize=14, fontweight="bold", color=INK)
    figure.text(0.012, 0.875, subtitle, fontsize=9.5, color=MUTED)
    figure.text(0.012, 0.03, f"{machine['cores']} cores, {machine['processor']}, {machine['system']}; {result['date'][:10]}",
                fontsize=8.5, color=MUTED)


def draw(result, stem):
    """Writes stem-cloud.svg and stem-cloud.png. Returns their names; none when there is nothing to draw."""
    panels = drawable(result)
    if not panels:
        return []
    figure = figure_of(panels)
    captions(figure, result, "Grids from stored photos", "wall seconds of the whole process, medians of interleaved rounds; "
             "shorter is better; of the busy cores, the grey part is the server's")
    figure.text(0.988, 0.03, "dashed: the target", fontsize=8.5, color=FLOOR, ha="right")
    return write(figure, f"{stem}-cloud")


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as source:
        print("\n".join(draw(json.load(source), os.path.splitext(sys.argv[1])[0])))
