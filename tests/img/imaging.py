"""Files of pictures for tests, and calotype-image as a process: its request, its answer, what it cost."""
import io
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import zlib

SRC = pathlib.Path(__file__).resolve().parents[2] / "src"
IMAGES = pathlib.Path(__file__).resolve().parents[3] / "shared" / "images"


# ---- The worker's messages: docs/formats/imgjob.md ----
FIELDS = re.findall(r'^FIELD\((\w+), (\w+), "\w+"\)', (SRC / "imgjob/fields.def").read_text(), re.M)
END = {name: int(code)
       for name, code in re.findall(r"IMGJOB_END_(\w+) = (\d)", (SRC / "imgjob/ends.h").read_text())}
INSIDE, COVER, EXACT = 0, 1, 2
DEFAULT = ((1600, 1600, INSIDE, 80), (800, 800, INSIDE, 80), (200, 200, INSIDE, 80))


def request(data, wishes=DEFAULT, pixels=256_000_000, size=None, keep_profiles=False, keep_gps=False):
    fields = struct.pack(">QQBB", len(data) if size is None else size, pixels, keep_gps | keep_profiles << 1, len(wishes))
    fields += b"".join(struct.pack(">IIBB", *wish) for wish in wishes)
    return b"CIQ2" + struct.pack(">I", len(fields)) + fields + data


def take_text(fields):
    length, shift = 0, 0
    while True:
        byte = fields.read(1)[0]
        length |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return fields.read(length).decode()


TAKE = {"TEXT": take_text, "NUMBER": lambda f: struct.unpack(">d", f.read(8))[0],
        "COUNT": lambda f: struct.unpack(">Q", f.read(8))[0], "FLAG": lambda f: f.read(1) == b"\1"}


def answer(stdout):
    """The result's fields by their names; "derivatives": wish, width, height, type, bytes of each."""
    out = io.BytesIO(stdout)
    derivatives = []
    while True:
        magic, length = out.read(4), struct.unpack(">I", out.read(4))[0]
        fields = io.BytesIO(out.read(length))
        if magic == b"CIR2":
            break
        assert magic == b"CID2", magic
        head = struct.unpack(">III", fields.read(12))
        kind = take_text(fields)
        derivatives.append((*head, kind, out.read(struct.unpack(">Q", fields.read(8))[0])))
    result = {"done": fields.read(1) == b"\0", "reason": take_text(fields), "derivatives": derivatives}
    for kind, name in FIELDS:
        result[name] = TAKE[kind](fields)
    assert out.read() == b""
    return result


# Starts the worker from a small process: what a child weighed before it became the worker counts as its peak.
SMALL = """import os, sys
pid = os.posix_spawn(sys.argv[1], sys.argv[1:], {})
_, status, usage = os.wait4(pid, 0)
print(os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, usage.ru_maxrss, file=sys.stderr)"""


class Run:
    """One run of a worker: code, stdout, cpu_ms, peak_mb (9 or more)."""

    def __init__(self, worker, message, *options):
        with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as stdout:
            stdin.write(message)
            stdin.seek(0)
            small = subprocess.run([sys.executable, "-ISc", SMALL, worker, *options], stdin=stdin, stdout=stdout,
                                   stderr=subprocess.PIPE, text=True, check=True)
            stdout.seek(0)
            self.stdout = stdout.read()
        code, seconds, kilobytes = small.stderr.split()
        self.code, self.cpu_ms, self.peak_mb = int(code), float(seconds) * 1000, int(kilobytes) / 1024


# ---- PNG ----
PNG = b"\x89PNG\r\n\x1a\n"
GRAY, RGB, PALETTE, GRAYA, RGBA = 0, 2, 3, 4, 6
CHANNELS = {GRAY: 1, RGB: 3, PALETTE: 1, GRAYA: 2, RGBA: 4}


def chunk(kind, data=b""):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def ihdr(width, height, color=RGB, depth=8, interlaced=0):
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlaced))


def idat(row, height):
    """Every row the same."""
    packer = zlib.compressobj(6)
    packed = [packer.compress((b"\0" + row) * min(64, height - y)) for y in range(0, height, 64)]
    return chunk(b"IDAT", b"".join(packed) + packer.flush())


def png(width, height, color=RGB, chunks=b"", row=None):
    row = row or bytes(i * 7 % 256 for i in range(width * CHANNELS[color]))
    return PNG + ihdr(width, height, color) + chunks + idat(row, height) + chunk(b"IEND")


# ---- JPEG: flat grey pictures of one component or three, whose every block is two bits (or one, of a first scan) ----
def segment(marker, data):
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def sof(width, height, components=3, marker=0xC0):
    return segment(marker, struct.pack(">BHHB", 8, height, width, components) +
                   b"".join(bytes((i + 1, 0x11, 0)) for i in range(components)))


DQT = segment(0xDB, b"\0" + b"\1" * 64)
DHT = segment(0xC4, b"\0\1" + bytes(15) + b"\0") + segment(0xC4, b"\x10\1" + bytes(15) + b"\0")
SOI, EOI = b"\xff\xd8", b"\xff\xd9"
APP0 = segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0")


def sos(components=(1, 2, 3), first=0, last=63, bits=0):
    return segment(0xDA, bytes((len(components),)) + b"".join(bytes((c, 0)) for c in components) +
                   bytes((first, last, bits)))


def blocks(width, height, components=3):
    return ((width + 7) // 8) * ((height + 7) // 8) * components


def jpeg(width, height, components=3, segments=b""):
    return (SOI + APP0 + segments + DQT + sof(width, height, components) + DHT +
            sos(tuple(range(1, components + 1))) + bytes(blocks(width, height, components) // 4 + 1) + EOI)


def progressive(width, height, scans, components=3):
    """A first scan of all components, then what is given."""
    return (SOI + APP0 + DQT + sof(width, height, components, 0xC2) + DHT + sos(first=0, last=0) +
            bytes(blocks(width, height, components) // 8 + 1) + scans + EOI)
