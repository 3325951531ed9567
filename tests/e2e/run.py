"""./run as a new user types it, over the release build: samples, own photographs, a second time."""
import contextlib
import os
import pathlib
import re
import shutil
import signal
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
            (["--exit", "--data", "/proc/nowhere"], 255,
             "calotype: cannot make the folder /proc/nowhere: No such file or directory\n"),
        ]
        for args, code, text in cases:
            done = run(*args)
            self.assertEqual((done.returncode, done.stderr.splitlines(True)[-1]), (code, text))
        usage = "usage: ./run [--exit] [--data DIR] [--port N] [PHOTO...]\n"
        for args, text in ((["--wrong"], "./run has no flag --wrong"), (["--data"], "--data wants a value"),
                           (["--data="], "--data wants the name of a folder"), (["-x", "y"], "./run has no flag -x")):
            done = run(*args)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (2, "", f"calotype: {text}\n{usage}"))

    @contextlib.contextmanager
    def staying(self, **env):
        """./run without --exit, once it has printed everything: (process, what it printed)."""
        with subprocess.Popen([str(ROOT / "run"), "--port", "0", "--data", self.data], stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={**os.environ, **env}) as process:
            said = ""
            try:
                for line in process.stdout:
                    said += line
                    if line.startswith("Ctrl-C ends"):
                        break
                yield process, said
                process.wait(60)
            finally:
                process.kill()

    def down(self):
        subprocess.run([CALOTYPE, "down", "--data", self.data], check=True)

    def test_it_stays_until_the_daemon_ends(self):
        shutil.rmtree(self.data)
        with tempfile.TemporaryDirectory() as home:
            # What it says finds calotype: here the folder is on PATH already.
            path = f"{home}/.local/bin:/usr/bin:/bin"
            with self.staying(HOME=home, PATH=path) as (process, said):
                self.assertEqual(os.stat(self.data).st_mode & 0o777, 0o700)
                self.assertNotIn("export PATH", said)
                found = shutil.which("calotype", path=path)
                self.assertEqual(os.path.realpath(found), os.path.realpath(CALOTYPE))
                told = "".join(f"{line}\n" for line in said.splitlines() if line.startswith(("  export", "  calotype ls", "  calotype show")))
                done = subprocess.run(["sh", "-ec", told], env={"HOME": home, "PATH": path}, capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIn("harbour.jpg", done.stdout)

                # A second one uses the daemon that runs, and leaves it running.
                done = run("--exit", "--data", self.data)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIn(f"a daemon runs on {self.data} already: this uses it\n", done.stderr)
                self.assertIsNone(process.poll())
                done = run("--exit", "--data", self.data, "--port", "1")
                self.assertEqual(done.returncode, 255)
                self.assertRegex(done.stderr, "a daemon of .* runs at https://127.0.0.1:[0-9]+ already: leave out --port")
                self.down()
            self.assertEqual((process.returncode, process.stdout.closed), (0, True))

    def test_where_calotype_is_put(self):
        with tempfile.TemporaryDirectory() as home, self.subTest("not on PATH"):
            with self.staying(HOME=home, PATH="/usr/bin:/bin") as (process, said):
                self.assertIn(f"  export PATH={home}/.local/bin:$PATH\n", said)
                self.assertTrue(os.path.islink(f"{home}/.local/bin/calotype"))
                process.terminate()
            self.assertEqual(process.returncode, 143)
            self.assertFalse(os.path.exists(f"{self.data}/admin.sock"))
        with tempfile.TemporaryDirectory() as home, self.subTest("somebody else's is there"):
            at = pathlib.Path(home, ".local/bin")
            at.mkdir(parents=True)
            (at / "calotype").write_text("#!/bin/sh\necho theirs\n")
            with self.staying(HOME=home, PATH=f"{at}:/usr/bin:/bin") as (process, said):
                self.assertIn(f"  export PATH={ROOT}/build/src/cli:$PATH\n", said)
                self.assertIn("echo theirs", (at / "calotype").read_text())
                # A daemon that dies is another end than one that was told to.
                status = subprocess.run([CALOTYPE, "status", "--data", self.data], capture_output=True, text=True, check=True).stdout
                os.kill(int(re.search(r"(?m)^process +([0-9]+)", status)[1]), signal.SIGKILL)
            self.assertEqual(process.returncode, 255)


if __name__ == "__main__":
    unittest.main(verbosity=2)
