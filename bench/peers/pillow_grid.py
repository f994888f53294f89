#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The grid as the earlier Python back end built it: one photo after the other, each decoded whole, cut to the
centre, scaled with the bicubic filter, pasted; saved as JPEG of quality 80 (4:2:0 is Pillow's default).

    pillow_grid.py OUTPUT TILE PHOTO…
"""
import math
import sys

from PIL import Image


def cell(path, tile):
    with Image.open(path) as image:
        side = min(image.size)
        left, top = (image.width - side) // 2, (image.height - side) // 2
        cut = image.convert("RGB").crop((left, top, left + side, top + side))
    return cut.resize((tile, tile), Image.BICUBIC)


def main():
    output, tile, photos = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    columns = math.isqrt(len(photos))
    rows = math.ceil(len(photos) / columns)
    grid = Image.new("RGB", (columns * tile, rows * tile))
    for i, path in enumerate(photos):
        grid.paste(cell(path, tile), (i % columns * tile, i // columns * tile))
    grid.save(output, quality=80)


main()
