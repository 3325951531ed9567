"""What tools/mutate.py finds to mutate in a file, and what it leaves alone."""
import importlib.util
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
spec = importlib.util.spec_from_file_location("mutate", ROOT / "tools/mutate.py")
mutate = importlib.util.module_from_spec(spec)
spec.loader.exec_module(mutate)


class Mutants(unittest.TestCase):
    def found(self, code):
        """(kind, old, new) of every mutant of a file of that code."""
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "x.c").write_text(code)
            return {(m.kind, m.old, m.new) for m in mutate.mutants_of(pathlib.Path(folder), "x.c")}

    def test_operators_bounds_and_constants(self):
        self.assertEqual(self.found("    x = a < b;\n"), {("bound", "<", "<="), ("compare", "<", ">")})
        self.assertEqual(self.found("    x = a && !b;\n"), {("logic", "&&", "||"), ("negation", "!", "")})
        self.assertEqual(self.found("    x += 8;\n"),
                         {("assign", "+=", "-="), ("constant", "8", "9"), ("constant", "8", "7")})
        self.assertEqual(self.found("    x = y - 0x10u;\n"),
                         {("arithmetic", "-", "+"), ("constant", "0x10u", "0x11u"), ("constant", "0x10u", "0xfu")})
        self.assertEqual(self.found("    f(a, 0600);\n"), {("constant", "0600", "0601"), ("constant", "0600", "0577")})

    def test_returns_by_the_type_of_the_function(self):
        self.assertIn(("return", "a(b)", "true"), self.found("static bool f(int b) {\n    return a(b);\n}\n"))
        self.assertIn(("return", "true", "false"), self.found("bool f(void) {\n    return true;\n}\n"))
        self.assertIn(("return", "-EINVAL", "0"), self.found("int f(void) {\n    return -EINVAL;\n}\n"))
        self.assertIn(("return", "0", "-EIO"), self.found("int f(void) {\n    x(-EINVAL);\n    return 0;\n}\n"))
        self.assertIn(("return", "NULL", "(void *)16"), self.found("char *f(void) {\n    return NULL;\n}\n"))

    def test_conditions(self):
        self.assertIn(("condition", '(str_is(a, "(b"))', '(!(str_is(a, "(b")))'),
                      self.found('    if (str_is(a, "(b"))\n        c();\n'))
        self.assertIn(("min/max", "min", "max"), self.found("    x = fmin(a, b);\n"))

    def test_what_means_the_same_or_nothing_is_left_alone(self):
        for code in ("/* a < b */\n", '    f("a < 5");\n', "    c = '<';\n", "#if A < 5\n#endif\n", "    assert(a < 5);\n",
                     '    log_warn("net", "x", a + 1);\n', "    char text[64];\n", "    struct a *b = {0};\n",
                     "    unsigned flag : 1;\n", "    case 5:\n", "    int *a = b->c;\n", "    x = &y;\n", "    x = -y;\n",
                     "#define A(b) \\\n    (b + 1)\n"):
            self.assertEqual(self.found(code), set(), code)
        self.assertNotIn(("assign", "++", "--"), self.found("    for (i = 0; i < n; i++)\n"))

    def test_places_are_drawn_alike_for_one_seed(self):
        run = lambda *args: subprocess.run([sys.executable, ROOT / "tools/mutate.py", "--list", *args],
                                           capture_output=True, text=True, check=True).stdout
        self.assertIn("src/sign/make.c:", run("--rooms", "sign", "--only", "make.c"))
        found = mutate.mutants_of(ROOT, "src/sign/make.c")
        names = [m.name() for m in found]
        self.assertEqual(len(names), len(set(names)))
        one, same, other = ([m.name() for m in mutate.draw(found, seed, "sign")] for seed in ("1", "1", "2"))
        self.assertEqual(one, same)
        self.assertNotEqual(one, other)

    def test_generated_tables_are_no_code_of_ours(self):
        rooms = mutate.rooms_of(ROOT)
        self.assertNotIn("src/tmpl/types.c", mutate.files_of(ROOT, rooms, "tmpl"))
        self.assertIn("src/tmpl/coerce.c", mutate.files_of(ROOT, rooms, "tmpl"))
        self.assertFalse([p for p in mutate.files_of(ROOT, rooms, "aws") if "/model/" in p])


if __name__ == "__main__":
    sys.stderr = sys.stdout
    unittest.main(verbosity=2)
