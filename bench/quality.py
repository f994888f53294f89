# SPDX-License-Identifier: MIT
"""How close a grid comes to the best that can be done: every photo decoded at full size, cut to the centre and scaled
with Lanczos 3, in RGB, without loss."""
import functools
import math

import numpy
from PIL import Image

PERFECT_DB = 99.0  # stands for no difference at all


@functools.lru_cache(maxsize=16)
def _decoded(path):
    with Image.open(path) as image:
        return image.convert("RGB")


def _reference_cell(path, tile):
    image = _decoded(path)
    side = min(image.size)
    left, top = (image.width - side) / 2, (image.height - side) / 2
    return image.resize((tile, tile), Image.LANCZOS, box=(left, top, left + side, top + side))


def reference(photos, originals, tile):
    """The reference grid as an array. `originals` tells which photos are copies of each other."""
    columns = math.isqrt(len(photos))
    grid = numpy.zeros((math.ceil(len(photos) / columns) * tile, columns * tile, 3), numpy.uint8)
    first = {original: photos[i] for i, original in reversed(list(enumerate(originals)))}
    cells = {original: numpy.asarray(_reference_cell(path, tile)) for original, path in first.items()}
    for i, original in enumerate(originals):
        y, x = i // columns * tile, i % columns * tile
        grid[y:y + tile, x:x + tile] = cells[original]
    return grid


def _psnr_db(mean_square):
    return PERFECT_DB if mean_square == 0 else min(PERFECT_DB, 10 * math.log10(255 * 255 / mean_square))


def compare(path, expected, tile):
    """PSNR in dB over R, G and B: of the whole grid, and the mean and minimum over its cells."""
    with Image.open(path) as image:
        grid = numpy.asarray(image.convert("RGB"))
    if grid.shape != expected.shape:
        raise ValueError(f"{path} is {grid.shape[1]} × {grid.shape[0]}, not {expected.shape[1]} × {expected.shape[0]}")
    rows, columns = expected.shape[0] // tile, expected.shape[1] // tile
    square = numpy.square(grid.astype(numpy.float32) - expected)
    by_cell = square.reshape(rows, tile, columns, tile, 3).mean(axis=(1, 3, 4), dtype=numpy.float64).ravel()
    cells_db = [_psnr_db(mean) for mean in by_cell]
    return {"grid_db": round(_psnr_db(by_cell.mean()), 2), "mean_db": round(sum(cells_db) / len(cells_db), 2),
            "min_db": round(min(cells_db), 2)}


def describe_jpeg(path):
    """What was written, to show that all contestants wrote the same: size in pixels and bytes, chroma, tables."""
    from PIL import JpegImagePlugin
    with Image.open(path) as image:
        sampling = {0: "4:4:4", 1: "4:2:2", 2: "4:2:0"}.get(JpegImagePlugin.get_sampling(image), "other")
        tables = image.quantization
        # Quality 80 scales the standard tables by 0.4: the first entries, 16 and 17, become 6 and 7.
        standard = tables[0][0] == 6 and (1 not in tables or tables[1][0] == 7)
        return {"format": image.format, "width": image.width, "height": image.height, "chroma": sampling,
                "quality_80": bool(standard)}
