"""./run as a new user types it, over the release build: samples, own photographs, a second time."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CALOTYPE = ROOT / "build/src/cli/calotype"


def run(*args, **kw):
    return subprocess.run([str(ROOT / "run"), "--port", "0", *args], capture_output=True, text=True, timeout=300,
                          stdin=subprocess.DEVNULL, **kw)


@unittest.skipUnless(CALOTYPE.exists(), "there is no release build in build/")
class Run(unittest.TestCase):
    def setUp(self):
        self.data = tempfile.mkdtemp(prefix="calotype-")

    def tearDown(self):
        shutil.rmtree(self.data, ignore_errors=True)

    def rows(self, done):
        """The table as {file: [cells]}; cells are what two spaces and more part."""
        lines = [[c for c in line.split("  ") if c.strip()] for line in done.stdout.splitlines()]
        return {line[0].strip(): [c.strip() for c in line[1:]] for line in lines[1:]}

    def test_samples_then_again(self):
        done = run("--exit", "--data", self.data)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        rows = self.rows(done)
        self.assertEqual(list(rows), ["harbour.jpg", "chart.png", "portrait.jpg", "broken.jpg"])
        self.assertEqual(rows["harbour.jpg"][:5], ["processed", "jpeg", "1920 × 1280", "Calotype Sample One", "1600 800 200"])
        self.assertEqual(rows["chart.png"][:3], ["processed", "png", "1200 × 900"])
        self.assertEqual(rows["broken.jpg"][0], "rejected")
        self.assertRegex(done.stdout, "no picture data")
        self.assertFalse(os.path.exists(f"{self.data}/admin.sock"))

        # The second time everything is where it was, and the daemon is up in under a second.
        began = time.monotonic()
        up = subprocess.run([CALOTYPE, "up", "--data", self.data, "--port", "0", "--detach"], capture_output=True, text=True)
        took = time.monotonic() - began
        try:
            self.assertEqual(up.returncode, 0, up.stderr)
            if os.getloadavg()[0] < os.cpu_count():
                self.assertLess(took, 1)
            ls = subprocess.run([CALOTYPE, "ls", "--data", self.data], capture_output=True, text=True)
            self.assertEqual(ls.stdout.count("processed"), 3)
        finally:
            subprocess.run([CALOTYPE, "down", "--data", self.data], check=True)
        done = run("--exit", "--data", self.data)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_own_files(self):
        with tempfile.TemporaryDirectory() as folder:
            samples = pathlib.Path(folder)
            subprocess.run([ROOT / "build/tools/samples/draw-samples", folder], check=True)
            (samples / "portrait.jpg").rename(samples / "Émile's portrait.jpg")
            (samples / "notes.jpg").write_text("these are words\n")
            done = run("--exit", "--data", self.data, str(samples / "Émile's portrait.jpg"), str(samples / "notes.jpg"))
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            rows = self.rows(done)
            self.assertEqual(rows["Émile's portrait.jpg"][0], "processed")
            self.assertEqual(rows["notes.jpg"][0], "rejected")

    def test_refusals_are_one_line(self):
        cases = [
            (["--exit", "--data", self.data, "/nowhere/x.jpg"], 255, "calotype: cannot read /nowhere/x.jpg\n"),
            (["--exit", "--data", "/proc/nowhere"], 255, "calotype: cannot make the folder /proc/nowhere\n"),
        ]
        for args, code, text in cases:
            done = run(*args)
            self.assertEqual((done.returncode, done.stderr.splitlines(True)[-1]), (code, text))
        self.assertEqual(run("--wrong").returncode, 2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
