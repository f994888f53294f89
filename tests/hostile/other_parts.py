# SPDX-License-Identifier: MIT
"""PNG, GIF, WebP, TIFF and the like, put together by hand."""
import struct
import zlib


def png_chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_header(width, height, depth=8, colour=2):
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))


def zeros(size):
    """`size` zero bytes, compressed; a thousandth of it in memory."""
    packer, out, block = zlib.compressobj(9), [], bytes(1 << 20)
    while size > 0:
        out.append(packer.compress(block[:min(size, len(block))]))
        size -= len(block)
    return b"".join(out) + packer.flush()


def png(width, height, extra=b""):
    """A legal RGB picture: a gradient."""
    rows = b"".join(b"\0" + b"".join(bytes([x * 255 // width, y * 255 // height, 96]) for x in range(width))
                    for y in range(height))
    return png_header(width, height) + extra + png_chunk(b"IDAT", zlib.compress(rows)) + png_chunk(b"IEND", b"")


def black_png(width, height):
    return png_header(width, height) + png_chunk(b"IDAT", zeros((width * 3 + 1) * height)) + png_chunk(b"IEND", b"")


def gif_head(width, height):
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\xd0\x30\x20" + b"\x20\x40\xd0"


def gif_frame(width, height, colour):
    """One frame of one colour, uncompressed in the way of GIF: a clear code before every pixel."""
    codes, bits, count = [], 0, 0
    for _ in range(width * height):
        codes += [4, colour]
    out = bytearray()
    for code in codes + [5]:
        bits |= code << count
        count += 3
        while count >= 8:
            out.append(bits & 255)
            bits >>= 8
            count -= 8
    out.append(bits)
    data = b"".join(bytes([len(out[i:i + 255])]) + out[i:i + 255] for i in range(0, len(out), 255))
    return (b"\x21\xf9\x04\x04\x02\x00\x00\x00\x2c" + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02" + data +
            b"\0")


def gif(width, height, frames):
    return (gif_head(width, height) + gif_frame(width, height, 0) +
            gif_frame(1, 1, 1) * (frames - 1) + b";")


def webp_claiming(width, height):
    """A lossless WebP whose header claims a size and whose data ends right after."""
    bits = (width - 1) | (height - 1) << 14
    body = b"VP8L" + struct.pack("<I", 10) + b"\x2f" + struct.pack("<I", bits) + bytes(5)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def tiff(entries, next_ifd=0, tail=b""):
    body = struct.pack("<H", len(entries))
    for tag, kind, count, value in entries:
        body += struct.pack("<HHII", tag, kind, count, value)
    return b"II*\0" + struct.pack("<I", 8) + body + struct.pack("<I", next_ifd) + tail


def tiff_grey(width, height, offset, next_ifd=0, tail=b""):
    return tiff([(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, offset),
                 (277, 3, 1, 1), (278, 4, 1, height), (279, 4, 1, width * height)], next_ifd, tail)


def bmp_claiming(width, height):
    return b"BM" + struct.pack("<IHHIIiiHHIIiiII", 54, 0, 0, 54, 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)


def heif_head(brand):
    return struct.pack(">I", 24) + b"ftyp" + brand + bytes(4) + brand + b"mif1"
