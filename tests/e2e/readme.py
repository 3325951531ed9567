"""README.md: each of its commands is run as it is written, by a shell in the place of a checkout, in the order of the page.

./test is what runs this; of it only that it can be run. The port alone is another one, because 4566 may be taken: DATA's settings say so.
"""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CALOTYPE = ROOT / "build/src/cli/calotype"
BLOCKS = re.findall(r"^```sh\n(.*?)^```", (ROOT / "README.md").read_text(), re.M | re.S)
MARK = "-- next --"  # on stderr, before each command: a failure is told by the command
WANTED = ("aws", "rclone")


def commands(block):
    """The commands of a block, without their comments."""
    found = [re.sub(r"\s+#.*$", "", line).strip() for line in block.splitlines()]
    return [c for c in found if c and not c.startswith("#")]


@unittest.skipUnless(CALOTYPE.exists(), "there is no release build in build/")
class Readme(unittest.TestCase):
    def setUp(self):
        for program in WANTED:
            if not shutil.which(program):
                self.skipTest(f"there is no {program}")
        folder = tempfile.TemporaryDirectory(prefix="calotype-")
        self.addCleanup(folder.cleanup)
        self.here = pathlib.Path(folder.name)
        samples = self.here / "samples"
        samples.mkdir()
        subprocess.run([ROOT / "build/tools/samples/draw-samples", samples], check=True)
        for source, to in (("harbour.jpg", "photo1.jpg"), ("chart.png", "photo2.png"), ("portrait.jpg", "cat.jpg"), ("portrait.jpg", "holiday/dog.jpg")):
            (self.here / to).parent.mkdir(exist_ok=True)
            shutil.copy(samples / source, self.here / to)
        (self.here / "var").mkdir(mode=0o700)
        (self.here / "var/calotype.yaml").write_text("port: 0\n")
        (self.here / "run").write_text(f'#!/bin/sh\nexec "{ROOT}/run" "$@"\n')
        (self.here / "run").chmod(0o755)
        (self.here / "bin").mkdir()
        (self.here / "bin/calotype").symlink_to(CALOTYPE)
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "CALOTYPE_")) and k not in ("DISPLAY", "WAYLAND_DISPLAY")}
        self.env = {**kept, "PATH": f"{self.here}/bin:{os.environ['PATH']}", "HOME": str(self.here), "TMPDIR": str(self.here),
                    "PYENV_ROOT": os.environ.get("PYENV_ROOT", os.path.expanduser("~/.pyenv"))}

    def sh(self, text, **kw):
        return subprocess.Popen(["bash", "-c", text], cwd=self.here, env=self.env, stdin=subprocess.DEVNULL, text=True, **kw)

    def start(self, command):
        """./run: until it says that it stays. Its process, and what it has printed."""
        printed = self.here / "printed"
        with open(printed, "w") as out:
            process = self.sh(f"exec {command}", stdout=out, stderr=subprocess.STDOUT)
        end = time.monotonic() + 240
        while "Ctrl-C ends it" not in printed.read_text() and process.poll() is None and time.monotonic() < end:
            time.sleep(0.05)
        self.assertIn("Ctrl-C ends it", printed.read_text())
        return process, printed

    def test_commands(self):
        first, second = map(commands, BLOCKS)
        self.assertEqual([c.split()[0] for c in first], ["./run", "./test"])
        self.assertTrue(os.access(ROOT / "test", os.X_OK))
        process, printed = self.start(first[0])
        try:
            self.assertRegex(printed.read_text(), r"photo1.jpg +processed")
            self.assertRegex(printed.read_text(), r"photo2.png +processed")
            script = "set -eo pipefail\n" + "".join(f"echo '{MARK}' >&2\n{c}\n" for c in second)
            shell = self.sh(script, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            out, err = shell.communicate(timeout=240)
            self.assertEqual(shell.returncode, 0, f"{second[err.count(MARK) - 1]}\n{out}{err}")
            self.assertEqual(err.count(MARK), len(second))
            self.assertRegex(out, r"(?m)^uploads/cat.jpg +processed")
            self.assertRegex(out, r"(?m)^holiday/dog.jpg +processed")
            self.assertRegex(out, r"(?m)^ObjectKey +uploads/cat.jpg$")
            self.assertRegex(out, r"(?m)^status +ok$")
            self.assertRegex(out, r"(?m)^calotype-dev is up to date$")
            self.assertRegex(out, r"(?m)^[0-9a-f]{64}  function.zip$")
            self.assertEqual((self.here / "function.zip").read_bytes()[:4], b"PK\x03\x04")
            self.assertEqual((self.here / "cat-800.jpg").read_bytes()[:3], b"\xff\xd8\xff")
            # The last one is `calotype down`, which ./run notices.
            self.assertEqual(second[-1], "calotype down")
            process.wait(60)
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait(60)

    def test_every_verb_is_there(self):
        """And flags that the text names, in the help of one of them."""
        text = (ROOT / "README.md").read_text()
        listed = subprocess.run([CALOTYPE, "--help"], capture_output=True, text=True, check=True).stdout
        verbs = set(re.findall(r"^  (\S+)", listed, re.M))
        named = set(re.findall(r"`?calotype ([a-z]+)\b(?!:)", re.sub(r"```.*?```", "", text, flags=re.S).replace("`calotype`", "")))
        for block in BLOCKS:
            named |= {m for c in commands(block) for m in re.findall(r"(?:^|\()calotype ([a-z]+)", c)}
        self.assertEqual(named - verbs, set())


if __name__ == "__main__":
    unittest.main(verbosity=2)
