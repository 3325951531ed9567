"""What hostile files cost: processor time and memory of the worker, each held against what is right for its size.

A file may take 50 ms of processor time for each of its megabytes (at least one is counted) and 32 MB, beyond what decoding
its pixels costs; or it is rejected before anything is decoded, and then it has only the former.
"""
import os
import pathlib
import random
import struct
import sys
import unittest
import zlib

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "lib")]
from cloud import static_image  # noqa: E402
from imaging import (APP0, COVER, DEFAULT, DHT, DQT, EOI, EXACT, GRAYA, INSIDE, PALETTE, PNG, RGBA, SOI, Run,  # noqa: E402
                     answer, blocks, chunk, idat, ihdr, jpeg, png, progressive, request, segment, sof, sos)

MB = 1 << 20
MS_PER_MB, MB_BEYOND = 50, 32
# What decoding costs: nanoseconds for a pixel and bytes for one, by how it is stored. Beside them: a start of the program.
PIXELS = {"rows": (20, 0), "whole": (40, 4), "coefficients": (40, 6)}
START_MS, FUNCTION_MB = 20, 512


def bomb(size):
    return zlib.compress(bytes(size), 9)


def noise(n):
    return random.Random(n).randbytes(n)


def text_chunk(kind, size):
    return chunk(kind, b"Comment\0" + (b"\1\0\0\0" if kind == b"iTXt" else b"\0") + bomb(size))


def empty_blocks(n):
    """DEFLATE blocks of nothing, each with tables of its own (RFC 1951, 3.2.7)."""
    bits = []

    def put(value, count):
        bits.extend(value >> i & 1 for i in range(count))
    for _ in range(8):  # whole bytes
        put(0b100, 3)  # not the last, dynamic
        put(0, 5 + 5)
        put(14, 4)
        for at in range(18):
            put(at in (2, 17), 3)  # lengths 18 and 1 have codes of one bit
        put(1 | 127 << 1 | 1 << 8 | 107 << 9, 16)  # 256 zeros
        put(0, 3)  # the end of the block and one distance have one bit; the end
    packed = sum(bit << at for at, bit in enumerate(bits)).to_bytes(len(bits) // 8, "little")
    return b"\x78\1" + packed * (n // 8)


def exif(tiff):
    return segment(0xE1, b"Exif\0\0" + tiff)


def directory(entries, follow=0, at=8):
    return (b"MM\0*" + struct.pack(">I", at) + struct.pack(">H", len(entries)) +
            b"".join(struct.pack(">HHII", *e) for e in entries) + struct.pack(">I", follow))


def xmp(body):
    return segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + body)


LAUGHS = (b'<!DOCTYPE x [<!ENTITY a0 "ha">' +
          b"".join(b'<!ENTITY a%d "%s">' % (i, b"&a%d;" % (i - 1) * 10) for i in range(1, 12)) +
          b"]><x:xmpmeta xmlns:x='adobe:ns:meta/'>&a11;</x:xmpmeta>")
DEEP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + b"<a>" * 21000
PROFILE = struct.pack(">I", 60000) + bytes(12) + b"mntrRGB XYZ " + bytes(8) + b"acsp" + bytes(88)


def icc(data):
    parts = [data[i:i + 65000] for i in range(0, len(data), 65000)]
    return b"".join(segment(0xE2, b"ICC_PROFILE\0" + bytes((i + 1, len(parts))) + p) for i, p in enumerate(parts))


def tags(n, entry):
    """A profile of n tags, every one of them the same entry at its end."""
    table = struct.pack(">I", n) + struct.pack(">4sII", b"rTRC", 132 + 12 * n, len(entry)) * n
    body = PROFILE[4:132] + table + entry
    return struct.pack(">I", len(body) + 4) + body


# A progressive header whose components have 4 x 1, 1 x 4 and 2 x 3 samples.
ODD = segment(0xC2, struct.pack(">BHHB", 8, 3003, 3001, 3) + b"\1\x41\0\2\x14\0\3\x23\0")

# name, file, how its pixels are stored, how many there are, done or not (None: either)
CASES = (
    # ---- JPEG: segments ----
    ("60,000 empty APP1", lambda: jpeg(64, 64, segments=segment(0xE1, b"") * 60000), "rows", 4096, True),
    ("80,000 empty Exif blocks", lambda: jpeg(64, 64, segments=exif(b"") * 80000), "rows", 4096, True),
    ("50,000 comments", lambda: jpeg(64, 64, segments=segment(0xFE, b"hello") * 50000), "rows", 4096, True),
    ("a megabyte of fill bytes", lambda: SOI + APP0 + b"\xff" * MB + jpeg(64, 64)[2:], "rows", 4096, True),
    ("a megabyte of garbage between segments", lambda: SOI + APP0 + noise(MB).replace(b"\xff", b"\0") +
     jpeg(64, 64)[2:], "rows", 4096, None),
    ("10,000 Huffman tables", lambda: jpeg(64, 64, segments=DHT * 10000), "rows", 4096, True),
    ("10,000 quantization tables", lambda: jpeg(64, 64, segments=DQT * 10000), "rows", 4096, True),
    ("1,000 headers", lambda: jpeg(64, 64, segments=sof(64, 64) * 1000), "rows", 4096, None),
    ("a profile of 16 MB", lambda: jpeg(64, 64, segments=icc(noise(255 * 65000))), "rows", 4096, True),
    ("255 parts of a profile, the last one missing", lambda: jpeg(
        64, 64, segments=b"".join(segment(0xE2, b"ICC_PROFILE\0" + bytes((i, 255)) + b"x") for i in range(1, 255))),
     "rows", 4096, True),
    ("a profile of 4,000 tags", lambda: jpeg(64, 64, segments=icc(tags(4000, b"curv" + bytes(4) + b"\xff" * 4))),
     "rows", 4096, True),
    ("a curve of 1,000,000 points", lambda: jpeg(64, 64, segments=icc(tags(
        3, b"curv" + bytes(4) + struct.pack(">I", 1000000) + noise(2000000)))), "rows", 4096, True),
    # ---- JPEG: metadata ----
    ("directories in a circle", lambda: jpeg(64, 64, segments=exif(directory(
        [(0x8769, 4, 1, 8), (0x8825, 4, 1, 8)], follow=8)) * 100), "rows", 4096, True),
    ("65,000-byte directories", lambda: jpeg(64, 64, segments=exif(directory(
        [(0x10F, 2, 0xFFFFFFFF, 8)] * 5400)) * 100), "rows", 4096, True),
    ("texts of 60 KB", lambda: jpeg(64, 64, segments=exif(directory(
        [(0x10E, 2, 60000, 80), (0x10F, 2, 60000, 80), (0x110, 2, 60000, 80), (0x8298, 2, 60000, 80)]) +
        b"\xe9\x80" * 32000) * 50), "rows", 4096, True),
    ("a billion laughs", lambda: jpeg(64, 64, segments=xmp(LAUGHS) * 20), "rows", 4096, True),
    ("deep XMP", lambda: jpeg(64, 64, segments=xmp(DEEP) * 20), "rows", 4096, True),
    ("attributes without number", lambda: jpeg(64, 64, segments=xmp(
        b"<x " + b" ".join(b"a%d='1'" % i for i in range(6000)) + b"/>") * 20), "rows", 4096, True),
    ("image resources of no length", lambda: jpeg(64, 64, segments=segment(
        0xED, b"Photoshop 3.0\0" + b"8BIM\4\4\0\0\0\0\0\0" * 5400) * 50), "rows", 4096, True),
    ("data sets of no length", lambda: jpeg(64, 64, segments=segment(
        0xED, b"Photoshop 3.0\0" + b"8BIM\4\4\0\0" + struct.pack(">I", 65000) + b"\x1c\2\x78\0\0" * 13000) * 50),
     "rows", 4096, True),
    # ---- JPEG: scans and sizes ----
    ("20,000 scans", lambda: progressive(2000, 2000, (sos((1,), 1, 63, 0x10) + b"\0") * 20000), "coefficients", 4000000,
     None),
    ("20,000 scans of one small picture", lambda: progressive(64, 64, (sos((1,), 1, 63, 0x10) + b"\0") * 20000),
     "coefficients", 4096, None),
    ("10,000 scans of a baseline picture", lambda: SOI + DQT + sof(2000, 2000) + DHT + (sos((1,)) + b"\0") * 10000 + EOI,
     "coefficients", 4000000, None),
    ("a height behind 30,000 scans", lambda: progressive(8000, 0, (sos((1,), 1, 63, 0x10) + b"\0") * 30000).replace(
        EOI, segment(0xDC, struct.pack(">H", 8000)) + EOI), "coefficients", 0, False),
    ("1,000,000 scans of nothing", lambda: progressive(64, 64, (segment(0xDD, b"\0\0") + sos((9,))) * 1000000),
     "coefficients", 4096, True),
    ("65,500 scans as high as can be", lambda: progressive(1, 65500, (sos((1,), 0, 0, 0x10) + b"\0") * 65500),
     "coefficients", 65500 * 64, None),
    ("256 arithmetic megapixels", lambda: jpeg(8, 8).replace(sof(8, 8), sof(16000, 16000, 3, 0xC9)), "rows", 256000000,
     None),
    ("65,535 x 65,535", lambda: jpeg(8, 8).replace(sof(8, 8), sof(65535, 65535)), "rows", 0, False),
    ("256 megapixels that are not there", lambda: jpeg(8, 8).replace(sof(8, 8), sof(16000, 16000)), "rows", 256000000,
     None),
    ("256 progressive megapixels", lambda: progressive(8, 8, b"").replace(sof(8, 8, 3, 0xC2), sof(16000, 16000, 3, 0xC2)),
     "coefficients", 0, False),
    ("100 baseline megapixels", lambda: jpeg(10000, 10000), "rows", 100000000, True),
    ("65,500 x 1", lambda: jpeg(65500, 1), "rows", 65500, True),
    ("1 x 65,500", lambda: jpeg(1, 65500), "rows", 65500, True),
    ("65,500 x 8 of noise", lambda: jpeg(65500, 8)[:-6000] + noise(400000).replace(b"\xff", b"\0"), "rows", 524000, True),
    ("a restart everywhere", lambda: SOI + DQT + segment(0xDD, b"\0\1") + sof(2000, 2000) + DHT + sos() + b"".join(
        b"\0\xff" + bytes((0xD0 + i % 8,)) for i in range(blocks(2000, 2000, 1))) + EOI, "rows", 4000000, True),
    ("wrong restarts everywhere", lambda: SOI + DQT + segment(0xDD, b"\0\1") + sof(2000, 2000) + DHT + sos() +
     b"\0\xff\xd5" * 300000 + EOI, "rows", 4000000, None),
    # ---- PNG: chunks ----
    ("150 texts of 7 MB", lambda: png(64, 64, chunks=text_chunk(b"zTXt", 7 * MB) * 150), "whole", 4096, True),
    ("international texts of 7 MB", lambda: png(64, 64, chunks=text_chunk(b"iTXt", 7 * MB) * 50), "whole", 4096, True),
    ("XMP that inflates to 100 MB", lambda: png(64, 64, chunks=chunk(
        b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + bomb(100 * MB))), "whole", 4096, True),
    ("a profile that inflates to 100 MB", lambda: png(64, 64, chunks=chunk(b"iCCP", b"x\0\0" + bomb(100 * MB))), "whole",
     4096, True),
    ("a chunk that claims 600 MB", lambda: PNG + ihdr(64, 64) + struct.pack(">I", 600 * MB) + b"tEXt" + bytes(100),
     "whole", 0, False),
    ("pixels that claim 600 MB", lambda: PNG + ihdr(64, 64) + struct.pack(">I", 600 * MB) + idat(bytes(192), 64)[4:],
     "whole", 4096, None),
    ("100,000 unknown chunks", lambda: png(64, 64, chunks=chunk(b"abCd") * 100000), "whole", 4096, True),
    ("100,000 empty pieces of pixels", lambda: png(64, 64, chunks=b"").replace(
        chunk(b"IEND"), chunk(b"IDAT") * 100000 + chunk(b"IEND")), "whole", 4096, True),
    ("10,000 palettes", lambda: PNG + ihdr(64, 64, PALETTE) + chunk(b"PLTE", bytes(768)) * 10000 + idat(bytes(64), 64) +
     chunk(b"IEND"), "whole", 4096, None),
    ("10,000 Exif blocks", lambda: png(64, 64, chunks=chunk(b"eXIf", directory([(0x112, 3, 1, 6 << 16)])) * 10000), "whole",
     4096, True),
    ("10,000 frames", lambda: png(64, 64, chunks=chunk(b"acTL", bytes(8)) + (chunk(b"fcTL", bytes(26)) +
                                                                              chunk(b"fdAT", bytes(4))) * 10000),
     "whole", 4096, True),
    # ---- PNG: pixels ----
    ("pixels that inflate to 1 GB", lambda: PNG + ihdr(64, 64) + chunk(b"IDAT", bomb(1024 * MB)) + chunk(b"IEND"), "whole",
     4096, None),
    ("36,000 empty blocks with tables", lambda: PNG + ihdr(64, 64) + chunk(b"IDAT", empty_blocks(36000)) + chunk(b"IEND"),
     "whole", 0, False),
    ("100,000 x 100,000", lambda: png(8, 8).replace(ihdr(8, 8), ihdr(100000, 100000)), "whole", 0, False),
    ("2,147,483,647 x 1", lambda: png(8, 8).replace(ihdr(8, 8), ihdr(0x7FFFFFFF, 1)), "whole", 0, False),
    ("1 x 200,000,000 that are not there", lambda: png(8, 8).replace(ihdr(8, 8), ihdr(1, 200000000)), "whole", 200000000,
     None),
    ("200,000,000 x 1 that are not there", lambda: png(8, 8).replace(ihdr(8, 8), ihdr(200000000, 1)), "whole", 0, None),
    ("256 megapixels that are not there", lambda: png(8, 8).replace(ihdr(8, 8), ihdr(16000, 16000)), "whole", 256000000,
     None),
    ("64 transparent megapixels", lambda: png(8000, 8000, RGBA), "whole", 64000000, None),
    ("64 grey transparent megapixels", lambda: png(8000, 8000, GRAYA), "whole", 64000000, None),
    ("256 interlaced megapixels", lambda: PNG + ihdr(16000, 16000, interlaced=1) + idat(bytes(100), 10) + chunk(b"IEND"),
     "whole", 0, False),
)


# Pictures, and what is wished of them: at any limit they are done or rejected, and never die of memory.
NEEDY = (
    ("a baseline JPEG", lambda: jpeg(6000, 4000), DEFAULT),
    ("a progressive JPEG", lambda: progressive(3000, 2000, b""), DEFAULT),
    ("a JPEG with much beside it", lambda: jpeg(64, 64, segments=icc(large_profile()) + exif(bytes(60000)) * 8), DEFAULT),
    ("a PNG with much beside it", lambda: png(64, 64, RGBA, chunks=chunk(b"iCCP", b"x\0\0" + zlib.compress(large_profile())) +
                                              chunk(b"tEXt", b"Raw profile type exif\0\nexif\n  1\n" + b"4d" * 250000) * 4 +
                                              chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(
                                                  b"<x " + b" ".join(b"a%d='1'" % i for i in range(50000)) + b"/>"))), DEFAULT),
    ("components of odd sizes", lambda: SOI + DQT + ODD + DHT + sos((1,), 0, 0) + bytes(64) + EOI, DEFAULT),
    ("a JPEG whose colours are converted", lambda: jpeg(4000, 3000, segments=icc(display_p3())), DEFAULT),
    ("a PNG", lambda: png(4000, 3000), DEFAULT),
    ("a transparent PNG", lambda: png(4000, 3000, RGBA), DEFAULT),
    ("a grey transparent PNG", lambda: png(4000, 3000, GRAYA), DEFAULT),
    ("a turned PNG", lambda: png(3000, 3001, RGBA, chunks=chunk(b"eXIf", directory([(0x112, 3, 1, 6 << 16)]))), DEFAULT),
    ("an interlaced PNG", lambda: PNG + ihdr(3000, 2000, interlaced=1) + idat(bytes(9000), 4100) + chunk(b"IEND"), DEFAULT),
    ("large derivatives", lambda: png(5000, 5000), ((4800, 4800, INSIDE, 100), (5000, 3000, COVER, 100))),
    ("a large canvas", lambda: png(50, 50, RGBA), ((6000, 6000, EXACT, 100),)),
    ("a large white canvas", lambda: png(50, 50), ((16000, 9000, EXACT, 100),)),
    ("all its noise", lambda: PNG + ihdr(2500, 2000) + chunk(b"IDAT", zlib.compress(b"".join(
        b"\0" + noise(7500) for _ in range(2000)), 0)) + chunk(b"IEND"), ((2500, 2500, INSIDE, 100),) * 8),
)


def display_p3():
    """Colorants under D50, and a gamma of 2.2."""
    numbers = {b"rXYZ": (33759, 15807, -69), b"gXYZ": (19135, 45368, 2747), b"bXYZ": (10296, 4363, 51397)}
    body = {name: b"XYZ \0\0\0\0" + struct.pack(">iii", *xyz) for name, xyz in numbers.items()}
    body.update({name: b"curv\0\0\0\0" + struct.pack(">IHxx", 1, 563) for name in (b"rTRC", b"gTRC", b"bTRC")})
    table, at = b"", 132 + 12 * len(body)
    for name, tag in body.items():
        table += name + struct.pack(">II", at, len(tag))
        at += len(tag)
    return struct.pack(">I", at) + PROFILE[4:128] + struct.pack(">I", len(body)) + table + b"".join(body.values())


def large_profile():
    """A sound one, as large as is looked at."""
    return struct.pack(">I", (4 << 20) - 1) + display_p3()[4:] + noise((4 << 20) - 1 - len(display_p3()))


class Hostile(unittest.TestCase):
    def cost(self, name, build, stored, pixels, done):
        data = build()
        size = max(1.0, len(data) / MB)
        ns, held = PIXELS[stored]
        run = Run(static_image(), request(data), "--memory", str(FUNCTION_MB * MB), "--cpu", "60")
        self.assertEqual(run.code, 0, "the worker's end")
        result = answer(run.stdout)
        if os.environ.get("CALOTYPE_SHOW"):
            print(f"{run.cpu_ms:7.0f} ms {run.peak_mb:5.0f} MB  {len(data) / MB:6.2f} MB  {name}: "
                  f"{result['reason'] or 'done'} {result['warnings']}", file=sys.stderr)
        if done is not None:
            self.assertEqual(result["done"], done, result["reason"])
        decoded = pixels if result["done"] else 0
        self.assertLess(run.cpu_ms, START_MS + MS_PER_MB * size + decoded * ns / 1e6, "milliseconds")
        self.assertLess(run.peak_mb, min(FUNCTION_MB, MB_BEYOND + len(data) / MB + decoded * held / MB), "megabytes")

    def test_what_each_costs(self):
        for name, *case in CASES:
            with self.subTest(name):
                self.cost(name, *case)

    def test_nobody_dies_of_memory(self):
        for name, build, wishes in NEEDY:
            message, done = request(build(), wishes=wishes), []
            for megabytes in (16, 24, 40, 80, 160, 512):
                with self.subTest(name, megabytes=megabytes):
                    run = Run(static_image(), message, "--memory", str(megabytes * MB))
                    self.assertEqual(run.code, 0, "the worker's end")
                    result = answer(run.stdout)
                    done.append(result["done"])
                    if not result["done"]:
                        self.assertRegex(result["reason"], f"The picture needs about \\d+ MB of memory to decode; "
                                                           f"of the function's memory it may have {megabytes} MB")
            self.assertEqual(done, sorted(done), name)  # what is done in less is done in more
            self.assertTrue(done[-1] or "canvas" in name, name)


if __name__ == "__main__":
    sys.stderr = sys.stdout
    unittest.main(verbosity=2)
