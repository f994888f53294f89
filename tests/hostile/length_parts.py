# SPDX-License-Identifier: MIT
"""Files whose headers claim more than there is, or the same bytes many times; and files that lack what no decoder needs."""
import struct
import zlib

import other_parts as other

MUCH = 0x7FFFFFFF
PNG_KINDS = (b"sPLT", b"pCAL", b"sCAL", b"tEXt", b"iTXt", b"iCCP", b"eXIf", b"hIST", b"PLTE", b"fdAT", b"teSt")


def png_lie(kind, behind_pixels):
    """A PNG with a chunk that claims 2 GB: in front of the pixels, or behind them."""
    plain, lie = other.png(48, 32), struct.pack(">I", MUCH) + kind + b"name\0" + bytes(60)
    return (plain[:-12] if behind_pixels else plain[:33]) + lie


def box(kind, body, claims=None):
    return struct.pack(">I", len(body) + 8 if claims is None else claims) + kind + body


def heif(brand, inside=b"", iloc=None, behind=b""):
    """Boxes of a HEIF, with no picture that could be decoded."""
    meta = bytes(4) + box(b"hdlr", bytes(4) + b"\0\0\0\0pict" + bytes(13)) + inside + (iloc or b"")
    return other.heif_head(brand) + box(b"meta", meta) + box(b"mdat", bytes(100)) + behind


def iloc(extents, length, reserved=0):
    """The table of one item of that many extents."""
    return box(b"iloc", bytes(4) + bytes([0x44, reserved]) + struct.pack(">HHHH", 1, 1, 0, extents) +
               struct.pack(">II", 0, length) * extents)


def derived(kind, size, canvas):
    """A picture put together from others, whose own data say another size than its box does."""
    data = {b"grid": b"\0\1\x3e\x29", b"iovl": b"\0\1" + bytes(8)}[kind] + struct.pack(">II", *canvas)
    items = box(b"iinf", bytes(4) + struct.pack(">H", 1) + box(b"infe", b"\2\0\0\0" + struct.pack(">HH", 1, 0) + kind + b"\0"))
    sizes = box(b"ipco", box(b"ispe", bytes(4) + struct.pack(">II", *size)))
    owners = box(b"ipma", bytes(4) + struct.pack(">IHBB", 1, 1, 1, 1))
    places = box(b"iloc", b"\1\0\0\0\x44\0" + struct.pack(">HHHHH", 1, 1, 1, 0, 1) + struct.pack(">II", 0, len(data)))
    return items + box(b"iprp", sizes + owners) + places + box(b"idat", data)


def webp_lie(kind):
    body = b"VP8X" + struct.pack("<I", 10) + b"\x20\0\0\0\x2f\0\0\x1f\0\0" + kind + struct.pack("<I", MUCH) + bytes(60)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


GREY = [(256, 3, 1, 64), (257, 3, 1, 64), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, 0), (277, 3, 1, 1),
        (278, 3, 1, 64), (279, 4, 1, 4096)]
PIXELS = bytes(range(64)) * 64


def tiff_with(more, tail=b""):
    """A sound grey picture with more entries."""
    entries = sorted(GREY + more)
    offset = 8 + 2 + 12 * len(entries) + 4
    return other.tiff([(tag, kind, count, offset if tag == 273 else value) for tag, kind, count, value in entries], 0,
                      PIXELS + tail)


def tiff_copies(entries, size):
    """Entries that all name the same bytes, which libtiff would hold once for each."""
    return tiff_with([(40000 + i, 7, size, 8) for i in range(entries)], bytes(size))


def tiff_overlapping(directories, entries):
    """Directories that begin 12 bytes apart and share their entries: libtiff compares all with all, in each."""
    start = 8 + 2 + 12 * len(GREY) + 4
    rest = bytearray(12 * directories + 2 + 12 * entries + 8)
    for i in range(directories + entries):
        struct.pack_into("<HHHIH", rest, 12 * i, entries, 40000 | 1, 3, 1, 0)
    for i, (tag, _, _, value) in enumerate(GREY):
        struct.pack_into("<HHHIH", rest, 12 * (directories + 10 + i), entries, tag, 3, 1, 8 if tag == 273 else value)
    for i in range(directories):
        following = start + 12 * (i + 1) if i < directories - 1 else 0
        struct.pack_into("<I", rest, 12 * i + 2 + 12 * entries, following)
    first = [(tag, kind, count, start + len(rest) if tag == 273 else value) for tag, kind, count, value in GREY]
    return other.tiff(first, start) + bytes(rest) + PIXELS


def icc(grid):
    """A profile of 1 KB whose table claims grid × grid × grid × 3 numbers."""
    lut = (b"mft2" + bytes(4) + bytes([3, 3, grid, 0]) + struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536) +
           struct.pack(">HH", 2, 2) + struct.pack(">6H", *([0, 65535] * 3)))
    tags = ((b"A2B0", lut), (b"B2A0", lut), (b"wtpt", b"XYZ " + bytes(4) + struct.pack(">iii", 63190, 65536, 54061)))
    table, data = b"", b""
    for name, body in tags:
        table += struct.pack(">4sII", name, 132 + 12 * len(tags) + len(data), len(body))
        data += body + bytes(-len(body) % 4)
    head = (b"lcms" + struct.pack(">I", 0x02400000) + b"mntrRGB Lab " + bytes(12) + b"acsp" + bytes(28) +
            struct.pack(">iii", 63190, 65536, 54061))
    rest = head.ljust(124, b"\0") + struct.pack(">I", len(tags)) + table + data
    return struct.pack(">I", len(rest) + 4) + rest


def png_with_icc(profile):
    return other.png(48, 32, other.png_chunk(b"iCCP", b"x\0\0" + zlib.compress(profile)))
