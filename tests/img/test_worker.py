"""calotype-image as a process: its messages, its walls, its ends, and real photographs where there are any."""
import ctypes
import glob
import math
import os
import pathlib
import platform
import resource
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "lib")]
from cloud import static_image  # noqa: E402
from imaging import END, EXACT, IMAGES, RGBA, Run, answer, jpeg, png, request, segment  # noqa: E402

WORKER = os.environ["CALOTYPE_IMAGE"]
SANITIZED = bool(os.environ.get("SANITIZED"))  # ASan needs mmap with flags that the filter forbids
# LeakSanitizer looks into /proc when the program ends, and the worker may open nothing by then: it would end
# by abort with gcc 14 and meson 1.7. What the decoders leak, img/derive sees.
ENV = {**os.environ, "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"}

# clone, fork, vfork, clone3, ptrace, mount, unshare, setns, socket; and close_range, which old filters do not know.
CALLS = {"x86_64": (56, 57, 58, 435, 101, 165, 272, 308, 41), "aarch64": (220, 435, 117, 40, 97, 268, 198)}
CLOSE_RANGE = 436
PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, FILTER, EPERM = 22, 38, 2, 1
LIBC = ctypes.CDLL(None, use_errno=True)


def deny(calls):
    """A seccomp filter for the rest of this process's life: these calls fail with EPERM."""
    program = [(0x20, 0, 0, 0)]  # load the number
    program += [(0x15, len(calls) - i, 0, call) for i, call in enumerate(calls)]
    program += [(0x06, 0, 0, 0x7FFF0000), (0x06, 0, 0, 0x00050000 | EPERM)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *line) for line in program))
    fprog = ctypes.create_string_buffer(struct.pack("@HP", len(program), ctypes.addressof(code)))
    if LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or LIBC.prctl(PR_SET_SECCOMP, FILTER, fprog):
        raise OSError(ctypes.get_errno(), "install a filter")


def deny_calls():
    deny(CALLS[platform.machine()])


def deny_all_that_is_new():
    deny((*CALLS[platform.machine()], CLOSE_RANGE))


def run(message, *options):
    options = list(options) + (["--no-seccomp"] if SANITIZED else [])
    return subprocess.run([WORKER, *options], input=message, capture_output=True, timeout=60, env=ENV)


def answered(process):
    assert (process.returncode, process.stderr) == (0, b""), (process.returncode, process.stderr)
    return answer(process.stdout)


def defined(line):
    return len(line) > 1 and line[1] in "TDBR"


class Worker(unittest.TestCase):
    def test_nothing_of_base_that_waits_for_a_thread_is_in_it(self):
        """pthread_once is a futex, which the jail denies: a source of base that calls it may not be linked."""
        base = pathlib.Path(WORKER).parents[1] / "base/libbase.a"
        waits = set()
        for member in subprocess.run(["nm", "-P", base], capture_output=True, text=True, check=True).stdout.split("]:\n"):
            lines = [line.split() for line in member.splitlines()]
            if any(line[0] == "pthread_once" for line in lines if line):
                waits |= {line[0] for line in lines if defined(line)}
        self.assertIn("crc64nvme", waits)
        there = subprocess.run(["nm", "-P", WORKER], capture_output=True, text=True, check=True).stdout
        self.assertEqual(waits & {line.split()[0] for line in there.splitlines() if defined(line.split())}, set())

    def test_a_picture_becomes_three(self):
        r = answered(run(request(png(300, 200))))
        self.assertEqual((r["done"], r["width"], r["height"]), (True, 300, 200))
        self.assertEqual([d[:4] for d in r["derivatives"]],
                         [(0, 300, 200, "image/jpeg"), (1, 300, 200, "image/jpeg"), (2, 200, 133, "image/jpeg")])
        self.assertTrue(all(d[4].startswith(b"\xff\xd8\xff") for d in r["derivatives"]))

    def test_garbage_for_a_request_is_refused(self):
        for message in (b"", b"GET / HTTP/1.1\r\n", b"CIQ2\xff\xff\xff\xff", request(b"abc", size=2),
                        request(b"abc", size=10)):
            p = run(message)
            self.assertEqual((p.returncode, p.stdout), (1, b""), message)

    def test_usage(self):
        self.assertEqual(run(b"", "--what").returncode, 2)

    def test_out_of_memory(self):
        """It counts before it begins; where there is less than it was told, it ends with its code."""
        def less():
            resource.setrlimit(resource.RLIMIT_AS, (8 << 20, 8 << 20))
        p = subprocess.run([static_image()], input=request(png(2000, 1500, RGBA)), capture_output=True, timeout=60,
                           preexec_fn=less)
        self.assertEqual((p.returncode, p.stdout, p.stderr), (END["MEMORY"], b"", b""))

    def test_a_file_larger_than_memory_is_rejected_unread(self):
        p = subprocess.run([static_image(), "--memory", str(40 << 20)], input=request(bytes(100), size=60 << 20),
                           capture_output=True, timeout=60)
        self.assertEqual(answered(p)["reason"],
                         "The picture needs about 72 MB of memory to decode; of the function's memory it may have 40 MB")

    def test_processor_time_is_bounded(self):
        huge = request(png(30, 20), wishes=[(16384, 16384, EXACT, quality) for quality in range(93, 101)])
        p = subprocess.run([static_image(), "--cpu", "1"], input=huge, capture_output=True, timeout=60)
        self.assertEqual((p.returncode, p.stderr), (END["TIME"], b""))

    def test_metadata_in_the_jail(self):
        """Exif, XMP and IPTC of one JPEG; derivatives carry who made it, and not where."""
        offset = 8 + 2 + 2 * 12 + 4  # of the place's directory, then of its two angles
        exif = struct.pack(">4sIH", b"MM\0*", 8, 2) + struct.pack(">HHI4s", 0x10F, 2, 4, b"Cam\0")
        exif += struct.pack(">HHII", 0x8825, 4, 1, offset) + bytes(4) + struct.pack(">H", 4)
        exif += b"".join(struct.pack(">HHII", tag, kind, count, value) for tag, kind, count, value in (
            (1, 2, 2, ord("s") << 24), (2, 5, 3, offset + 54), (3, 2, 2, ord("E") << 24), (4, 5, 3, offset + 78)))
        exif += bytes(4) + struct.pack(">12I", 33, 1, 30, 1, 36, 1, 151, 1, 12, 1, 0, 1)
        xmp = b"""<r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><r:Description
            xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:hdrgm='http://ns.adobe.com/hdr-gain-map/1.0/'
            hdrgm:Version='1.0' dc:rights='&#169; Ada'/></r:RDF>"""
        iptc = b"\x1c\2\x50\0\3Ada\x1c\2\x78\0\6A hill"
        photoshop = b"Photoshop 3.0\0" + struct.pack(">4sHHI", b"8BIM", 0x404, 0, len(iptc)) + iptc + b"\0" * (len(iptc) % 2)
        data = jpeg(64, 48, segments=segment(0xE1, b"Exif\0\0" + exif) + segment(0xED, photoshop) +
                    segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp))
        got = {keep: answer(subprocess.run([static_image()], input=request(data, keep_gps=keep), capture_output=True,
                                           timeout=60).stdout) for keep in (False, True)}
        self.assertEqual([got[False][k] for k in ("make", "creator", "caption", "copyright", "has_gain_map")],
                         ["Cam", "Ada", "A hill", "\u00a9 Ada", True])
        self.assertTrue(math.isnan(got[False]["latitude"]) and math.isnan(got[False]["longitude"]))
        self.assertEqual([round(got[True][k], 6) for k in ("latitude", "longitude")], [-33.51, 151.2])
        for *_, body in got[True]["derivatives"]:
            self.assertIn(b"Exif\0\0", body)
            self.assertIn("\u00a9 Ada".encode(), body)
            self.assertNotIn(b"Cam\0", body)

    def test_nobody_reads_the_answer(self):
        p = subprocess.Popen([static_image()], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        p.stdout.close()
        p.stdin.write(request(png(300, 200)))
        p.stdin.close()
        self.assertEqual(p.wait(60), END["REQUEST"])

    def test_where_namespaces_mounts_traces_and_children_are_denied(self):
        """As inside AWS Lambda, and in a root where there is nothing: no /proc, no library."""
        for wall in (deny_calls, deny_all_that_is_new):
            with self.subTest(wall.__name__), tempfile.TemporaryDirectory() as root:
                program = shutil.copy(static_image(), root)
                p = subprocess.run([program, "--memory", str(400 << 20), "--cpu", "20"], input=request(png(300, 200)),
                                   capture_output=True, timeout=60, preexec_fn=wall, cwd=root)
                self.assertEqual(len(answered(p)["derivatives"]), 3)

    def test_the_filter_is_on_and_descriptors_are_closed(self):
        secret = os.open("/etc/passwd", os.O_RDONLY)
        p = subprocess.Popen([static_image()], stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=[secret])
        try:
            p.stdin.write(request(b"", size=1000))
            p.stdin.flush()
            for _ in range(1000):  # it is in read(2) once the jail is shut; /proc shows when
                status = pathlib.Path(f"/proc/{p.pid}/status").read_text()
                if "Seccomp:\t2" in status:
                    break
            self.assertIn("Seccomp:\t2", status)
            self.assertIn("NoNewPrivs:\t1", status)
            self.assertEqual(sorted(os.listdir(f"/proc/{p.pid}/fd")), ["0", "1", "2"])
        finally:
            p.kill()
            p.communicate()
            os.close(secret)

    @unittest.skipUnless(IMAGES.is_dir(), "no photographs beside this checkout")
    def test_photographs(self):
        paths = sorted(glob.glob(str(IMAGES / "photos" / "*.jpg")))
        self.assertNotEqual(paths, [])
        for path in paths:
            with self.subTest(path):
                r = answered(run(request(pathlib.Path(path).read_bytes())))
                self.assertEqual((r["done"], r["truncated"]), (True, False))
                self.assertGreater(max(r["width"], r["height"]), 3000)

    @unittest.skipUnless(IMAGES.is_dir(), "no photographs beside this checkout")
    def test_orientations_come_out_upright(self):
        """Stored in eight ways, they all look like the first."""
        looks = []
        for n in range(1, 9):
            r = answered(run(request((IMAGES / "orientation" / f"Landscape_{n}.jpg").read_bytes())))
            self.assertEqual((r["orientation"], r["width"] > r["height"]), (n, True))
            looks.append(int(r["phash"], 16))
        self.assertLessEqual(max((look ^ looks[0]).bit_count() for look in looks), 6)

    @unittest.skipUnless(IMAGES.is_dir(), "no photographs beside this checkout")
    def test_pngsuite(self):
        paths = sorted(glob.glob(str(IMAGES / "pngsuite" / "*.png")))
        self.assertGreater(len(paths), 100)
        for path in paths:
            with self.subTest(path):
                run = Run(static_image(), request(pathlib.Path(path).read_bytes()))
                r, name = answer(run.stdout), os.path.basename(path)
                # Those that begin with x are broken; of one only a checksum is, and its pixels are there.
                self.assertEqual(r["done"], name[0] != "x" or name == "xcsn0g01.png")
                self.assertEqual(r["warnings"], "wrong-checksum" if name == "xcsn0g01.png" else "")


if __name__ == "__main__":
    sys.stderr = sys.stdout
    unittest.main(verbosity=2)
