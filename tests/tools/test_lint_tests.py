"""The lint of the tests on lines that it must refuse, and on lines that it must let pass."""
import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import lint_tests  # noqa: E402

REFUSED = [
    ("self.assertTrue(a, [1])", "never looks at b"),
    ("self.assertTrue((a, b))", "always so"),
    ("self.assertEqual(a > b, True)", "of a comparison"),
    ("self.assertEqual(a == b, c == d)", "of a comparison"),
    ("self.assertEqual(a, a)", "the same"),
    ("assert (a, 'b')", "tuple"),
    ("a == b\n  self.fail()", "nobody looks at"),
    ("try:\n    self.assertEqual(a, b)\n  except Exception:\n    pass", "caught"),
    ("try:\n    self.assertEqual(a, b)\n  except:\n    pass", "caught"),
    ("self.assertIn(status, (200, 404))", "good and a bad"),
    ("self.assertTrue(status in (200, 404))", "good and a bad"),
    ("self.assertIn('', text)", "empty text"),
    ("self.assertRegex(text, '.*')", "matches everything"),
    ("self.assertRaisesRegex(ValueError, '', f)", "matches everything"),
    ("self.assertGreaterEqual(len(a), 0)", "never negative"),
    ("for x in got['Items']:\n    self.assertEqual(x, 1)", "may be empty"),
    ("for x in sorted(folder.glob('*')):\n    self.assertEqual(x, 1)", "may be empty"),
    ("try:\n    self.assertEqual(f(), b)\n  except KeyError:\n    raise unittest.SkipTest('old')", "becomes a skip"),
    ("f()", "asserts nothing"),
]
PASSED = [
    "self.assertTrue(a, 'why')",
    "self.assertEqual((a, b > 1), (c, True))",
    "self.assertTrue(a, (path, status))",
    "self.assertGreater(a, b)",
    "try:\n    f()\n  except ValueError:\n    pass\n  self.assertEqual(a, b)",
    "self.assertIn(status, (404, 409))",
    "self.assertRegex(text, '^[a-z]+$')",
    "for x in got['Items']:\n    self.assertEqual(x, 1)\n  self.assertEqual(len(got['Items']), 3)",
    "for x in (1, 2):\n    self.assertEqual(f(x), 1)",
    "cloud.run('ls', check=True)",
]


class Lint(unittest.TestCase):
    def test_refused(self):
        for text, want in REFUSED:
            with self.subTest(text):
                found = [what for _, what in lint_tests.faults_in(f"def test_x(self):\n  {text}\n")]
                self.assertIn(want, " ".join(found))

    def test_passed(self):
        for text in PASSED:
            with self.subTest(text):
                self.assertEqual(lint_tests.faults_in(f"def test_x(self):\n  {text}\n"), [])

    def test_all_tests(self):
        ours = [path for folder in ("tests", "bench") for path in (HERE.parents[1] / folder).rglob("*.py")
                if "node_modules" not in path.parts]  # npm brings those, the peers of bench
        found = [f"{path}:{line}: {what}" for path in ours for line, what in lint_tests.faults_in(path.read_text(encoding="utf-8"))]
        self.assertEqual(found, [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
