"""docs/rules/coverage.md: a row for every rule, and none for others; where cfn-lint is installed, what it says of
each rule's examples is in the rule's row."""
import collections
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import binary, main

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs/rules/coverage.md"
ROW = re.compile(r"^\| \[([a-z-]+)\]\(\1\.md\) \| (.*) \|$", re.M)


def explain(*args):
    return subprocess.run([binary(), "audit", "explain", *args], capture_output=True, text=True, check=True, timeout=60).stdout


def ids():
    return re.findall(r"^\| \[([a-z-]+)\]", explain(), re.M)


def rows():
    return {name: [cell.strip() for cell in cells.split(" | ")] for name, cells in ROW.findall(PAGE.read_text())}


class Coverage(unittest.TestCase):
    maxDiff = None

    def test_a_row_for_every_rule(self):
        self.assertEqual(sorted(rows()), sorted(ids()))
        for name, cells in rows().items():
            with self.subTest(name): self.assertEqual([bool(cell) for cell in cells], [True] * 5)

    def test_the_sums(self):
        table = list(rows().values())
        found = [sum(cells[tool] != "-" for cells in table) for tool in range(5)]
        text = PAGE.read_text()
        self.assertIn(f"| of {len(table)} rules |", text)
        self.assertIn(f"| found by it, wholly or in part | {' | '.join(map(str, found))} |", text)
        self.assertIn(f"\n{sum(set(cells) == {'-'} for cells in table)} rules are found by none of them.\n", text)

    @unittest.skipUnless(shutil.which("cfn-lint"), "no cfn-lint here")
    def test_cfn_lint(self):
        with tempfile.TemporaryDirectory() as folder:
            said = self.lint(pathlib.Path(folder))
        for name, cells in rows().items():
            with self.subTest(name):
                only_bad = said[name + ".bad"] - said[name + ".good"]
                self.assertLessEqual(only_bad, set(re.findall(r"[EWI]\d{4}", cells[0])))

    def lint(self, folder):
        for name in ids():
            for kind, text in zip(("bad", "good"), re.findall(r"```yaml\n(.*?)```", explain(name), re.S)):
                (folder / f"{name}.{kind}.yaml").write_text(text)
        done = subprocess.run(["cfn-lint", "--include-checks", "I", "--format", "json", *sorted(map(str, folder.iterdir()))],
                              capture_output=True, text=True, timeout=280)
        said = collections.defaultdict(set)
        for match in json.loads(done.stdout):
            said[pathlib.Path(match["Filename"]).stem].add(match["Rule"]["Id"])
        self.assertTrue(said)
        return said


if __name__ == "__main__":
    main()
