# SPDX-License-Identifier: MIT
"""JPEG files put together by hand, piece by piece, so that each piece can be wrong.

The pictures are grey or YCbCr and hold DC coefficients only: every block is flat, and the blocks make a pattern. That
needs no DCT and few Huffman codes, and is as legal as any photo.
"""
import struct

SOI, EOI = b"\xff\xd8", b"\xff\xd9"
DC_SIZES = 12  # categories 0..11, all with codes of 4 bits
AC_EOB, AC_EOB14 = 0x00, 0xE0  # end of block; end of 16384 to 32767 blocks (progressive)


def segment(marker, body):
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(body) + 2) + body


def quantisation(table=0, value=8):
    return segment(0xDB, bytes([table]) + bytes([value]) * 64)


def huffman(kind, table, lengths, symbols):
    return segment(0xC4, bytes([kind << 4 | table]) + bytes(lengths) + bytes(symbols))


def dc_table(table=0):
    return huffman(0, table, [0, 0, 0, DC_SIZES] + [0] * 12, range(DC_SIZES))


def ac_table(table=0):
    """Codes 0 and 10: end of block, and a long run of ended blocks."""
    return huffman(1, table, [1, 1] + [0] * 14, [AC_EOB, AC_EOB14])


def frame(width, height, components=((1, 0x11, 0),), marker=0xC0, precision=8):
    body = struct.pack(">BHHB", precision, height, width, len(components))
    return segment(marker, body + b"".join(bytes(c) for c in components))


def scan(components=((1, 0x00),), first=0, last=63, high=0, low=0):
    body = bytes([len(components)]) + b"".join(bytes(c) for c in components)
    return segment(0xDA, body + bytes([first, last, high << 4 | low]))


class Bits:
    """Entropy-coded data: bits from the top, 0xff followed by 0."""

    def __init__(self):
        self.value, self.count, self.data = 0, 0, bytearray()

    def put(self, value, count):
        for i in range(count - 1, -1, -1):
            self.value = self.value << 1 | (value >> i & 1)
            self.count += 1
            if self.count == 8:
                self.data.append(self.value)
                if self.value == 0xFF:
                    self.data.append(0)
                self.value, self.count = 0, 0

    def put_dc(self, difference):
        size = abs(difference).bit_length()
        self.put(size, 4)
        if size:
            self.put(difference if difference > 0 else difference + (1 << size) - 1, size)

    def finish(self):
        while self.count:
            self.put(1, 1)
        return bytes(self.data)


def blocks(count, restart=0):
    """A pattern over `count` blocks of one component, with end-of-block after each."""
    bits, previous, out = Bits(), 0, b""
    for i in range(count):
        if restart and i and i % restart == 0:
            out += bits.finish() + bytes([0xFF, 0xD0 + (i // restart - 1) % 8])
            bits, previous = Bits(), 0
        value = (i * 37) % 100 - 50
        bits.put_dc(value - previous)
        bits.put(0, 1)
        previous = value
    return out + bits.finish()


def tables():
    return quantisation() + dc_table() + ac_table()


def grey(width, height, extra=b""):
    """A whole legal baseline file; `extra` goes in after SOI."""
    count = ((width + 7) // 8) * ((height + 7) // 8)
    return SOI + extra + tables() + frame(width, height) + scan() + blocks(count) + EOI


def progressive(width, height, scans):
    """A legal progressive file with that many scans (at most 1 + 63 + 63): a flat DC scan, then each AC coefficient by
    itself, then its last bit. All AC coefficients are zero, so a scan is a few bytes whatever the size."""
    count = ((width + 7) // 8) * ((height + 7) // 8)
    dc = Bits()
    for _ in range(count):
        dc.put_dc(0)
    out = [SOI, tables(), frame(width, height, marker=0xC2), scan(last=0), dc.finish()]
    plan = [(k, 0, 1) for k in range(1, 64)] + [(k, 1, 0) for k in range(1, 64)]
    for first, high, low in plan[:scans - 1]:
        bits, left = Bits(), count
        while left >= 1 << 14:
            run = min(left, (1 << 15) - 1)
            bits.put(0b10, 2)
            bits.put(run - (1 << 14), 14)
            left -= run
        for _ in range(left):
            bits.put(0, 1)
        out += [scan(first=first, last=first, high=high, low=low), bits.finish()]
    return b"".join(out) + EOI


def exif(entries, order="<", next_ifd=0, first_ifd=8):
    """An EXIF segment; entries are (tag, type, count, value as 4 bytes or int)."""
    body = struct.pack(order + "H", len(entries))
    for tag, kind, count, value in entries:
        packed = value if isinstance(value, bytes) else struct.pack(order + "HH", value, 0)
        body += struct.pack(order + "HHI", tag, kind, count) + packed
    body += struct.pack(order + "I", next_ifd)
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", first_ifd)
    return segment(0xE1, b"Exif\0\0" + head + body)


def icc_chunk(number, total, body):
    return segment(0xE2, b"ICC_PROFILE\0" + bytes([number, total]) + body)


def pieces(data):
    """Splits a file into [(marker, whole segment)]; what follows the first SOS comes last, as marker None."""
    at, out = 2, []
    while data[at + 1] != 0xDA:
        size = struct.unpack(">H", data[at + 2:at + 4])[0] + 2
        out.append((data[at + 1], data[at:at + size]))
        at += size
    return out + [(None, data[at:])]


def without(data, marker):
    return SOI + b"".join(piece for code, piece in pieces(data) if code != marker)


def with_before(data, marker, extra):
    """`extra` in front of the first segment with that marker (None: in front of the scan)."""
    out, done = SOI, False
    for code, piece in pieces(data):
        out += (extra if code == marker and not done else b"") + piece
        done = done or code == marker
    return out
