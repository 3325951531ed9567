"""tools/check-names.py refuses what a room exports under another name than its own, and nothing else."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

TOOL = pathlib.Path(__file__).resolve().parents[2] / "tools/check-names.py"
LAYERS = "# room : doors\nbase :\naws : base\nsvc/a : base aws\n\nnames base str arn\nnames aws arn_form\nnames svc/a ay\n"
GOOD = {"base": "int base_x; int str_x(void) { return 0; } int arn; static int other; int arn_formal;",
        "aws": "int arn_form_x(void) { return 0; } const int aws_x = 1;",
        "svc/a": "int a_x; int ay_x; int A_NoSuchKey; int AY_x;"}


class Names(unittest.TestCase):
    def check(self, rooms, layers=LAYERS):
        """The tool's exit code and lines, over libraries made of these texts."""
        with tempfile.TemporaryDirectory() as folder:
            src, build = pathlib.Path(folder, "src"), pathlib.Path(folder, "build")
            for room, text in rooms.items():
                (src / room).mkdir(parents=True)
                (src / room / "meson.build").touch()
                made = build / "src" / room
                made.mkdir(parents=True)
                if text is None: continue
                subprocess.run(["gcc", "-x", "c", "-c", "-o", made / "x.o", "-"], input=text, text=True, check=True)
                subprocess.run(["ar", "rcT", made / "libx.a", made / "x.o"], check=True, capture_output=True)
            (src / "LAYERS").write_text(layers)
            done = subprocess.run([sys.executable, TOOL, src, build], capture_output=True, text=True)
            self.assertEqual(done.stderr, "")
            return done.returncode, done.stdout.replace(folder + "/", "").splitlines()

    def refuse(self, room, text, *lines):
        self.assertEqual(self.check({**GOOD, room: text}), (1, list(lines)))

    def test_names_of_their_rooms(self):
        self.assertEqual(self.check(GOOD), (0, []))

    def test_a_room_to_come_has_no_library(self):
        self.assertEqual(self.check({"base": GOOD["base"]}), (0, []))

    def test_names_of_nobody(self):
        why = "begins with no name of the room's (src/LAYERS)"
        self.refuse("aws", "int helper(void) { return 0; }", f"aws: helper: {why}")
        self.refuse("aws", "int awsome;", f"aws: awsome: {why}")
        self.refuse("svc/a", "const int a_x = 1, B_NoSuchKey = 1;", f"svc/a: B_NoSuchKey: {why}")

    def test_names_of_another_room(self):
        self.refuse("aws", "int arn_parse(void) { return 0; }", "aws: arn_parse: the beginning belongs to base")
        self.refuse("base", "int arn_form_x;", "base: arn_form_x: the beginning belongs to aws")

    def test_a_library_that_is_not_there(self):
        self.refuse("svc/a", None, "svc/a: build/src/svc/a holds no library")

    def test_beginnings_have_one_room(self):
        code, lines = self.check(GOOD, LAYERS + "names aws str\nnames svc/b bee\n")
        self.assertEqual((code, lines), (1, ["LAYERS: str_ belongs to base and to aws", "LAYERS: names of svc/b, which is no room"]))


if __name__ == "__main__":
    unittest.main(verbosity=2)
