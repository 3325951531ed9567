"""tools/prose.py: which lines of a header count as prose, and when it fails."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

TOOL = pathlib.Path(__file__).resolve().parents[2] / "tools" / "prose.py"


class Prose(unittest.TestCase):
    def run_on(self, files, *args):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in files.items():
                path = pathlib.Path(folder, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            return subprocess.run([sys.executable, TOOL, *args, folder], capture_output=True, text=True)

    def share_of(self, text):
        done = self.run_on({"a.h": text})
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.split("%")[0].strip()

    def test_what_counts(self):
        for text, share in (
            ("/* one */\nint a;\n", "50.0"),
            ("/*\n * one\n *\n * two\n */\n\n\nint a;\n", "83.3"),
            ("int a; /* behind code */\n", "0.0"),
            ("/* before */ int a;\n", "0.0"),
            ("// one\nint a;\nint b;\nint c;\n", "25.0"),
            ("int a; /* begins\n * and goes on */\n", "0.0"),
        ):
            with self.subTest(text):
                self.assertEqual(self.share_of(text), share)

    def test_floor(self):
        files = {"a.h": "/* one */\nint a;\n"}
        self.assertEqual(self.run_on(files, "--min", "50").returncode, 0)
        low = self.run_on(files, "--min", "51")
        self.assertEqual(low.returncode, 1)
        self.assertIn("below 51 %", low.stderr)

    def test_left_out(self):
        files = {"a.h": "/* one */\nint a;\n", "aws/model/s3.h": "int a;\n", "tmpl/types.h": "int a;\n"}
        self.assertIn("50.0 % of 2 lines in 1 headers", self.run_on(files).stdout)
        self.assertEqual(self.run_on({"a.c": "int a;\n"}).returncode, 1)


if __name__ == "__main__":
    unittest.main()
