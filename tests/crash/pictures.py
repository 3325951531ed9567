"""Small PNG pictures, each with content of its own, without any library."""
import hashlib
import random
import struct
import zlib


def png(seed, side):
    """side × side noise: incompressible, so that side chooses the file's size (about 3 × side²)."""
    noise = random.Random(seed)
    rows = b"".join(b"\0" + noise.randbytes(side * 3) for _ in range(side))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b""))


def upload(number):
    """The number-th upload: (key, bytes, md5). Some fit into a row, most are files of their own."""
    body = png(number, 48 if number % 3 == 0 else 160)
    return f"uploads/{number:06d}.png", body, hashlib.md5(body).hexdigest()
