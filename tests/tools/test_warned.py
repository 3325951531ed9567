"""tools/warned.awk: what a build of ninja's printed, and the objects that it names for it."""
import pathlib
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
WARNS = "../src/a.c: In function ‘f’:\n../src/a.c:3:9: warning: unused variable ‘x’ [-Wunused-variable]\n    3 |     int x;\n"
COLOURED = "../src/a.c:3:9: \033[01;35m\033[Kwarning: \033[m\033[Kunused\n"
GERMAN = "../src/a.c:3:9: Warnung: Variable »x« wird nicht verwendet [\033[01;35m\033[K-Wunused-variable\033[m\033[K]\n"
LINKER = ("/usr/bin/ld: src/client/libclient.a.p/conn.c.o: in function `f':\n/w/src/client/conn.c:105: warning: Using 'getaddrinfo' in "
          "statically linked applications requires at runtime the shared libraries from the glibc version used for linking\n")


def warned(log):
    return subprocess.run([ROOT / "tools/warned.awk"], input=log, capture_output=True, text=True, check=True).stdout.split()


class Warned(unittest.TestCase):
    def test_the_objects_that_warned(self):
        for status in ("[1/3] ", "[12/345] ", "building   3% ", "building 100% "):
            one, two = (f"{status}Compiling C object src/lib.a.p/{name}.c.o\n" for name in "ab")
            with self.subTest(status):
                self.assertEqual(warned(one + two), [])
                self.assertEqual(warned(one + WARNS + WARNS + two), ["src/lib.a.p/a.c.o"])
                self.assertEqual(warned(one + two + COLOURED), ["src/lib.a.p/b.c.o"])
                self.assertEqual(warned(one + GERMAN + two), ["src/lib.a.p/a.c.o"])
                self.assertEqual(warned("ninja: Entering directory `build'\n" + one + WARNS + two + WARNS),
                                 ["src/lib.a.p/a.c.o", "src/lib.a.p/b.c.o"])

    def test_a_linker_and_meson_warn_of_no_object(self):
        log = ("The Meson build system\nWARNING: x\nwarning: y\n[1/3] Compiling C object src/lib.a.p/a.c.o\n"
               "[2/3] Linking static target src/lib.a\n[3/3] Linking target src/fn/bootstrap\n" + LINKER)
        self.assertEqual(warned(log), [])

    def test_both_builds_print_lines_of_these_forms(self):
        for name, status in (("test", "NINJA_STATUS='[%f/%t] '"), ("run", "status='building %p '")):
            text = (ROOT / name).read_text()
            self.assertIn(status, text)
            self.assertIn("tools/warned.awk", text)


if __name__ == "__main__":
    unittest.main()
