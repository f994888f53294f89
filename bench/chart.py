#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The chart of a result: how long each tool takes for the same grid, one panel for each tile size.

    chart.py RESULT.json        draws RESULT.svg and RESULT.png beside it
"""
import json
import os
import sys

import report

ORDER = ("tessera", "sharp", "vips", "graphicsmagick", "imagemagick", "pillow")
LABELS = {"tessera": "tessera", "sharp": "sharp", "vips": "vips CLI", "graphicsmagick": "GraphicsMagick",
          "imagemagick": "ImageMagick", "pillow": "Pillow"}
INK, MUTED, RULE, OURS, THEIRS, FLOOR = "#1f2933", "#616e7c", "#e4e7eb", "#0b7a75", "#a9b8c6", "#c2410c"
LONGEST = 3  # a bar longer than this many times the next longest is cut, and says so


def _axis_end(walls):
    """Where the axis ends: at the longest bar, unless it dwarfs all the others."""
    ordered = sorted(walls)
    if len(ordered) > 2 and ordered[-1] > LONGEST * ordered[-2]:
        return LONGEST * ordered[-2]
    return ordered[-1]


def _panel(axes, tile, tools, names):
    walls = [report.wall(tools, name) for name in names]
    ours, end = report.wall(tools, "tessera"), _axis_end([wall for wall in walls if wall])
    floor = report.floor_wall(tools)
    for y, (name, wall) in enumerate(zip(names, walls)):
        if wall is None:
            axes.text(end * 0.02, y, "failed", va="center", fontsize=9.5, color=MUTED)
            continue
        mine = name == "tessera"
        length = min(wall, end)
        axes.barh(y, length, height=0.62, color=OURS if mine else THEIRS, linewidth=0)
        if wall > end:  # a white slash through the bar: it goes on
            axes.plot([length * 0.90, length * 0.92], [y - 0.42, y + 0.42], color="white", linewidth=4)
        beside = max(length, floor) if mine and floor else length  # the floor's line does not cross our number
        times = "" if mine or not ours else f"   {wall / ours:.1f}×"
        axes.text(beside + end * 0.02, y, f"{wall:.2f} s{times}", va="center", fontsize=9.5,
                  color=OURS if mine else INK, fontweight="bold" if mine else "normal")
    if floor:
        axes.plot([floor, floor], [-0.48, len(names) - 0.52], color=FLOOR, linewidth=1.3, linestyle=(0, (4, 2)))
    axes.set_title(f"{tile} × {tile} pixel tiles", loc="left", fontsize=11, color=INK, fontweight="bold", pad=8)
    axes.set_xlim(0, end * 1.42)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_yticks(range(len(names)), [LABELS[name] for name in names], fontsize=10, color=INK)
    axes.tick_params(length=0, pad=6)
    axes.set_xticks([])
    for side in ("top", "right", "bottom"):
        axes.spines[side].set_visible(False)
    axes.spines["left"].set_color(RULE)


def _captions(figure, result):
    machine, parameters = result["machine"], result["parameters"]
    figure.text(0.015, 0.935, "One grid of 16 photos, from files to file", fontsize=14, fontweight="bold", color=INK)
    figure.text(0.015, 0.875, f"wall seconds of the whole process, median of {parameters['rounds']} interleaved rounds; "
                f"{parameters['photo_megabytes']:.0f} MB in; shorter is better",
                fontsize=9.5, color=MUTED)
    figure.text(0.015, 0.03, f"{machine['cores']} cores, {machine['processor']}, {machine['system']}; {result['date'][:10]}",
                fontsize=8.5, color=MUTED)
    figure.text(0.985, 0.03, "dashed: libjpeg-turbo, decoding alone", fontsize=8.5, color=FLOOR, ha="right")


def draw(result, stem):
    """Writes stem.svg and stem.png. Returns their names."""
    import matplotlib
    matplotlib.use("Agg")
    matplotlib.rcParams.update({"font.family": "DejaVu Sans", "svg.hashsalt": "tessera", "svg.fonttype": "path"})
    from matplotlib import pyplot
    panels = [(tile, section["tools"]) for tile, section in result["grid"].items() if "tools" in section]
    names = [name for name in ORDER if any(name in tools for _, tools in panels)]
    figure, all_axes = pyplot.subplots(1, len(panels), figsize=(max(9.6, 4.1 * len(panels)), 3.9),
                                       squeeze=False)
    for axes, (tile, tools) in zip(all_axes[0], panels):
        _panel(axes, tile, tools, names)
    for axes in all_axes[0][1:]:
        axes.set_yticklabels([])
    figure.subplots_adjust(left=1.42 / figure.get_figwidth(), right=0.99, top=0.77, bottom=0.10, wspace=0.06)
    _captions(figure, result)
    written = []
    for ending, options in ((".svg", {"metadata": {"Date": None}}), (".png", {"dpi": 160})):
        figure.savefig(stem + ending, facecolor="white", **options)
        written.append(stem + ending)
    pyplot.close(figure)
    return written


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as source:
        print("\n".join(draw(json.load(source), os.path.splitext(sys.argv[1])[0])))
