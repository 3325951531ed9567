"""tools/check-openings.py refuses C files that do not say what they are for or name pages that are not there."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

TOOL = pathlib.Path(__file__).resolve().parents[2] / "tools/check-openings.py"
WHY = "does not begin with a comment that says what it is for"


class Openings(unittest.TestCase):
    def check(self, name, text):
        """The tool's exit code, and its lines, over one file."""
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            pathlib.Path(folder, "docs").mkdir()
            pathlib.Path(folder, "docs/there.md").touch()
            done = subprocess.run([sys.executable, TOOL, folder], capture_output=True, text=True, cwd=folder)
            self.assertEqual(done.stderr, "")
            return done.returncode, [line.removeprefix(folder + "/") for line in done.stdout.splitlines()]

    def test_good_ones(self):
        for name, text in (("a.c", "/* room/a: cuts things. */\n#include <x.h>\n"), ("room/b.c", "/*\n * room/b: cuts\n * things.\n */\n"),
                           ("c.c", "// Cuts things.\n"), ("d.h", "#pragma once\n/* room/d: things. */\n"),
                           ("e.h", "/*\n * room/e: no guard.\n */\n"), ("f.txt", ""),
                           ("node_modules/g/g.h", "struct g;\n")):
            with self.subTest(name): self.assertEqual(self.check(name, text), (0, []))

    def test_bad_ones(self):
        for name, text in (("a.c", "#include <x.h>\n/* room/a: cuts things. */\n"), ("room/b.c", ""), ("c.c", "/* */\n"), ("d.c", "/* c */\n"),
                           ("e.c", "/* ---- Reading ---- */\n"), ("f.h", "#pragma once\n#include <x.h>\n"), ("g.h", "struct x;\n"),
                           ("h.c", "#pragma once\n/* room/h: things. */\n")):
            with self.subTest(name): self.assertEqual(self.check(name, text), (1, [f"{name}: {WHY}"]))

    def test_pages(self):
        self.assertEqual(self.check("a.c", "/* room/a: cuts (docs/there.md). */\n"), (0, []))
        self.assertEqual(self.check("a.c", "/* room/a: cuts (docs/gone.md). */\n"), (1, ["a.c: names docs/gone.md, which is not there"]))


if __name__ == "__main__":
    unittest.main(verbosity=2)
