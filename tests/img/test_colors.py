"""Colours from file to derivative, through the worker itself; the hashes of photographs where there are any."""
import pathlib
import struct
import sys
import unittest
import zlib

import imaging
from imaging import GRAY, GRAYA, IMAGES, RGB, RGBA, Run, answer, chunk, jpeg, png, request, segment

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import static_image  # noqa: E402

SMALL = ((200, 200, imaging.INSIDE, 80),)


# ---- Profiles: ICC.1:2022 ----
def fixed(*values):
    return b"".join(struct.pack(">i", round(v * 65536)) for v in values)


def profile(space, tags, device=b"mntr"):
    table, body = struct.pack(">I", len(tags)), b""
    for sign, data in tags.items():
        table += sign + struct.pack(">II", 132 + 12 * len(tags) + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    head = struct.pack(">I4sI4s4s4s12s4s", 132 + 12 * len(tags) + len(body), b"test", 0x02100000, device, space, b"XYZ ",
                       b"", b"acsp")
    return (head + bytes(68 - len(head)) + fixed(0.9642, 1, 0.8249)).ljust(128, b"\0") + table + body


def power(value):
    return b"curv" + struct.pack(">IIH", 0, 1, round(value * 256))


def matrix(red, green, blue, curve, bulk=0):
    tags = {name + b"XYZ": b"XYZ \0\0\0\0" + fixed(*xyz) for name, xyz in ((b"r", red), (b"g", green), (b"b", blue))}
    tags |= {name + b"TRC": curve for name in (b"r", b"g", b"b")}
    return profile(b"RGB ", tags | ({b"desc": b"desc" + bytes(bulk)} if bulk else {}))


ADOBE_RGB = (0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457)
ADOBE = matrix(*ADOBE_RGB, power(563 / 256))
LARGE_ADOBE = matrix(*ADOBE_RGB, power(563 / 256), 600_000)
GREY = profile(b"GRAY", {b"kTRC": power(1.8)})
TABLE = profile(b"RGB ", {b"A2B0": b"mft2" + bytes(9000)}, b"prtr")
LARGE_TABLE = profile(b"RGB ", {b"A2B0": b"mft2" + bytes(60000)}, b"prtr")

COLOUR, AS_ADOBE = (200, 60, 40), (232, 57, 34)  # by LittleCMS 2.14


def iccp(icc):
    return chunk(b"iCCP", b"a name\0\0" + zlib.compress(icc))


def gama(value):
    return chunk(b"gAMA", struct.pack(">I", round(value * 100000)))


def app2(icc):
    """In as many segments as it takes."""
    parts = [icc[i:i + 65000] for i in range(0, len(icc), 65000)]
    return b"".join(segment(0xE2, b"ICC_PROFILE\0" + bytes((i + 1, len(parts))) + part) for i, part in enumerate(parts))


def flat(color, sample, chunks=b""):
    return png(300, 200, color, chunks, bytes(sample) * 300)


class Colors(unittest.TestCase):
    def derive(self, data, keep=False, wishes=SMALL):
        run = Run(static_image(), request(data, wishes, keep_profiles=keep))
        self.assertEqual(run.code, 0)
        result = answer(run.stdout)
        self.assertTrue(result["done"], result["reason"])
        return result

    def check(self, data, color, warnings="", kept=None, keep=False):
        """color: of the derivative, which has this profile, or none."""
        result = self.derive(data, keep)
        derivative = result["derivatives"][0][4]
        self.assertEqual(result["warnings"], warnings)
        self.assertEqual(kept in derivative if kept else b"ICC_PROFILE" in derivative or b"iCCP" in derivative,
                         bool(kept))
        again = self.derive(derivative)["dominant"]
        for got, want in zip(bytes.fromhex(again[1:]), color):
            self.assertAlmostEqual(got, want, delta=3, msg=f"{again}, not {color}")
        return derivative

    def test_profiles_of_colour(self):
        self.check(flat(RGB, COLOUR), COLOUR)
        self.check(flat(RGB, COLOUR, iccp(ADOBE)), AS_ADOBE)
        self.check(flat(RGB, COLOUR, iccp(LARGE_ADOBE)), AS_ADOBE)
        self.check(flat(RGBA, (*COLOUR, 254), iccp(ADOBE)), AS_ADOBE)
        self.check(flat(RGB, COLOUR, iccp(TABLE)), COLOUR, "profile-not-converted", TABLE)
        self.check(flat(RGB, COLOUR, iccp(LARGE_TABLE)), COLOUR, "profile-dropped")
        self.check(flat(RGB, COLOUR, iccp(GREY)), COLOUR, "profile-dropped")
        self.check(flat(RGB, COLOUR, iccp(b"no profile" * 20)), COLOUR, "profile-dropped")

    def test_profiles_that_are_kept(self):
        kept = self.derive(flat(RGB, COLOUR, iccp(ADOBE)), keep=True)
        self.assertIn(b"ICC_PROFILE\0\1\1" + ADOBE, kept["derivatives"][0][4])
        # Converted now, it is what it would have been.
        self.check(kept["derivatives"][0][4], AS_ADOBE)
        self.check(flat(RGB, COLOUR, iccp(LARGE_ADOBE)), AS_ADOBE, keep=True)

    def test_profiles_of_grey(self):
        self.check(flat(GRAY, (128,), iccp(GREY)), (146,) * 3)
        self.check(flat(GRAYA, (128, 254), iccp(GREY)), (146,) * 3)
        self.check(flat(GRAY, (128,), iccp(ADOBE)), (128,) * 3, "profile-dropped")
        kept = self.derive(flat(GRAYA, (128, 254), iccp(GREY)), keep=True)["derivatives"][0][4]
        self.assertIn(b"iCCP", kept)
        self.check(kept, (146,) * 3)

    def test_profiles_of_jpegs(self):
        """Flat grey: white and black points agree, so only the curve shows."""
        self.check(jpeg(320, 240, segments=app2(ADOBE)), (129,) * 3)
        self.check(jpeg(320, 240, segments=app2(GREY)), (128,) * 3, "profile-dropped")
        self.check(jpeg(320, 240, 1, segments=app2(GREY)), (146,) * 3)
        # A profile of more than half a megabyte is in no thumbnail.
        thumbnail = self.check(jpeg(320, 240, segments=app2(LARGE_ADOBE)), (129,) * 3)
        self.assertLess(len(thumbnail), 4000)

    def test_what_a_png_says(self):
        self.check(flat(RGB, COLOUR, gama(1)), (229, 133, 110))
        self.check(flat(RGB, COLOUR, gama(0.45455)), COLOUR)
        self.check(flat(GRAY, (60,), gama(1)), (133,) * 3)
        self.check(flat(RGB, COLOUR, chunk(b"sRGB", b"\0") + gama(1)), COLOUR)
        self.check(flat(RGB, COLOUR, gama(1) + iccp(ADOBE)), AS_ADOBE)
        self.check(flat(RGB, COLOUR, chunk(b"cICP", b"\x0c\x0d\0\1") + iccp(ADOBE)), (217, 42, 23))

    def test_hdr_is_told(self):
        self.assertEqual(self.derive(flat(RGB, COLOUR, chunk(b"cICP", b"\x09\x10\0\1")))["warnings"], "hdr-transfer")

    @unittest.skipUnless(IMAGES.is_dir(), "no photographs beside this checkout")
    def test_hashes_of_photographs(self):
        """At most 6 of 64 bits apart after resizing to a quarter, or less, at quality 50; 16 between any two."""
        hashes = {}
        for path in sorted((IMAGES / "photos").glob("*.jpg")):
            whole = self.derive(path.read_bytes(), wishes=((800, 800, imaging.INSIDE, 50),))
            hashes[path.name] = int(whole["phash"], 16)
            self.assertGreaterEqual(max(whole["width"], whole["height"]), 4 * 800)
            apart = bin(hashes[path.name] ^ int(self.derive(whole["derivatives"][0][4])["phash"], 16)).count("1")
            self.assertLessEqual(apart, 6, path.name)
        self.assertGreater(len(hashes), 5)
        for name, one in hashes.items():
            for other, two in hashes.items():
                if name < other:
                    self.assertGreaterEqual(bin(one ^ two).count("1"), 16, (name, other))

    @unittest.skipUnless((IMAGES / "cases").is_dir(), "no cases beside this checkout")
    def test_cases(self):
        cases = {"png-gama-1.0.png": "", "jpg-gray-icc-on-rgb.jpg": "profile-dropped", "jpg-icc-550k.jpg": "",
                 "jpg-icc-1.2M.jpg": "", "png-graya-gray-icc.png": ""}
        for name, warnings in cases.items():
            with self.subTest(name):
                result = self.derive((IMAGES / "cases" / name).read_bytes())
                self.assertEqual(result["warnings"], warnings)
                self.assertLess(len(result["derivatives"][0][4]), 30000)


if __name__ == "__main__":
    unittest.main(verbosity=2)
