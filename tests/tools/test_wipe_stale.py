"""tools/wipe-stale.sh: which build folders it makes anew."""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import ROOT, main

INFO = '{"meson_version": {"full": "%s", "major": 1}, "introspection": {"version": {"full": "1.0.0", "major": 1}}}'


class WipeStale(unittest.TestCase):
    def asked(self, made):
        """What meson was asked beside its version, which is 1.7.0, where `made` is in the folder's description."""
        with tempfile.TemporaryDirectory() as at:
            meson, folder = pathlib.Path(at, "meson"), pathlib.Path(at, "build")
            meson.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo 1.7.0 || echo "$1 $2 $3" > {at}/asked\n')
            meson.chmod(0o755)
            (folder / "meson-info").mkdir(parents=True)
            if made:
                (folder / "meson-info/meson-info.json").write_text(made)
            done = subprocess.run([ROOT / "tools/wipe-stale.sh", folder], env={**os.environ, "PATH": f"{at}:{os.environ['PATH']}"},
                                  capture_output=True, text=True, timeout=60)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
            asked = pathlib.Path(at, "asked")
            return asked.read_text().replace(str(folder), "FOLDER") if asked.exists() else None

    def test_of_another_version(self):
        self.assertEqual(self.asked(INFO % "1.0.1"), "setup --wipe FOLDER\n")
        self.assertEqual(self.asked(INFO % "1.0.0"), "setup --wipe FOLDER\n")

    def test_of_this_version(self):
        self.assertIsNone(self.asked(INFO % "1.7.0"))

    def test_unknown(self):
        self.assertIsNone(self.asked(None))
        self.assertIsNone(self.asked("{}"))


if __name__ == "__main__":
    main()
