# SPDX-License-Identifier: MIT
"""Who takes part, and the exact command each is given for the same work.

The work: a square grid of the photos, each cut to cover a cell of tile × tile pixels (centred), without gaps, saved
as a JPEG of quality 80 with 4:2:0 chroma and no metadata, or as PNG where quality is compared.
"""
import dataclasses
import math
import os
import shutil
from typing import Callable

PEERS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "peers")


@dataclasses.dataclass(frozen=True)
class Contestant:
    name: str
    label: str
    command: Callable  # (photos, tile, output) → argv
    env: dict = dataclasses.field(default_factory=dict)
    several_processes: bool = False


def _columns(photos):
    return math.isqrt(len(photos))


def tessera_command(program):
    return lambda photos, tile, output: [program, "montage", *photos, "-o", output, "--tile", str(tile)]


def _pillow(photos, tile, output):
    return ["/usr/bin/python3", os.path.join(PEERS, "pillow_grid.py"), output, str(tile), *photos]


def _sharp(photos, tile, output):
    return [shutil.which("node"), os.path.join(PEERS, "sharp_grid.cjs"), output, str(tile), *photos]


def _imagemagick(photos, tile, output):
    """jpeg:size makes libjpeg shrink on load to twice the tile; the size in brackets scales each photo as it is read,
    so that only one is in memory at its larger size (reading all first and then -thumbnail takes 40 s at tile 700:
    Debian's policy lets it have 256 MB and then pages to disk)."""
    columns = _columns(photos)
    return ["montage", "-define", f"jpeg:size={2 * tile}x{2 * tile}", *(f"{path}[{tile}x{tile}^]" for path in photos),
            "-auto-orient", "-strip", "-gravity", "center", "-extent", f"{tile}x{tile}", "-geometry", "+0+0",
            "-tile", f"{columns}x", "-quality", "80", "-sampling-factor", "4:2:0", output]


def _graphicsmagick(photos, tile, output):
    """-size is GraphicsMagick's hint for shrink-on-load; operations that precede the names apply to each photo."""
    columns = _columns(photos)
    return ["gm", "montage", "-size", f"{2 * tile}x{2 * tile}", "-resize", f"{tile}x{tile}^", "-gravity", "center",
            "-crop", f"{tile}x{tile}+0+0", *photos, "-geometry", "+0+0",
            "-tile", f"{columns}x{math.ceil(len(photos) / columns)}", "-quality", "80", "-sampling-factor", "2x2",
            output]


def _vips(photos, tile, output):
    return ["/bin/bash", os.path.join(PEERS, "vips_grid.sh"), output, str(tile), *photos]


def floor_command(program, denominator, mode):
    return lambda photos, tile, output: [program, "--denominator", str(denominator), "--mode", mode, *photos]


def contestants(tessera_program, node_modules):
    """All of them by name, in the order of the report. Without a program there is no tessera."""
    everyone = [
        Contestant("pillow", "Pillow", _pillow),
        Contestant("sharp", "sharp", _sharp, env={"NODE_PATH": node_modules}),
        Contestant("imagemagick", "ImageMagick", _imagemagick),
        Contestant("graphicsmagick", "GraphicsMagick", _graphicsmagick),
        Contestant("vips", "vips CLI", _vips, several_processes=True),
    ]
    if tessera_program:
        everyone.insert(0, Contestant("tessera", "tessera", tessera_command(tessera_program)))
    return {contestant.name: contestant for contestant in everyone}
