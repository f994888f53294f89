#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The chart of the sections about the fronts: small requests, grids over HTTP, cold starts.

    chart_service.py RESULT.json        draws RESULT-service.svg and RESULT-service.png beside it
"""
import json
import os
import sys

from chart import INK, OURS, THEIRS
from chart_cloud import captions, figure_of, frame, write


def _bars(axes, title, rows, unit, digits):
    """Rows of (name, number, whether it is ours)."""
    end = max(number for _, number, _ in rows)
    for y, (_, number, mine) in enumerate(rows):
        axes.barh(y, number, height=0.62, color=OURS if mine else THEIRS, linewidth=0)
        axes.text(number + end * 0.02, y, f"{number:,.{digits}f} {unit}", va="center", fontsize=9.5,
                  color=OURS if mine else INK, fontweight="bold" if mine else "normal")
    frame(axes, title, [name for name, _, _ in rows], end * 1.5)


def _small(axes, small):
    _bars(axes, f"Counters, {small['connections']} connections",
          [("tessera, read", small["reads"]["per_s"], True), ("tessera, count", small["hits"]["per_s"], True),
           ("Python, read", small["python_reads"]["per_s"], False), ("Python, count", small["python_hits"]["per_s"], False)],
          "/s", 0)


def _grids(axes, grids):
    _bars(axes, f"{grids['grids']} grids of 16 photos",
          [("32 clients\nover HTTP", grids["http_per_s"], True), ("beside 50\nslow clients", grids["beside_slow_per_s"], True),
           ("tessera batch", grids["batch_per_s"], False)], "grids/s", 1)


def _cold(axes, cold):
    _bars(axes, "Lambda: exec to first answer",
          [("tessera,\ncounter", cold["tessera"]["counter_ms"], True), ("Python,\ncounter", cold["python"]["counter_ms"], False),
           ("tessera,\n16 photos", cold["tessera"]["grid_ms"], True), ("Python,\n16 photos", cold["python"]["grid_ms"], False)],
          "ms", 0)


def draw(result, stem):
    """Writes stem-service.svg and stem-service.png. Returns their names; none when there is nothing to draw."""
    panels = [(panel, result[name]) for name, panel in (("small", _small), ("grids", _grids), ("cold", _cold)) if name in result]
    if not panels:
        return []
    figure = figure_of(panels)
    captions(figure, result, "The service and Lambda", "requests and grids a second: longer is better; milliseconds: shorter is "
             "better; medians, clients on the same cores")
    return write(figure, f"{stem}-service")


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as source:
        print("\n".join(draw(json.load(source), os.path.splitext(sys.argv[1])[0])))
