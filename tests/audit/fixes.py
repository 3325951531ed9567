"""What --fix makes of every template there is here: ours, those of the cases, the public ones, those in the docs.

Nothing that could be fixed is left, nothing is found that was not there before, every comment is where it was,
patch makes the same of what --diff says, and at least seven of ten findings of tests/audit are gone.
"""
import collections
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE.parent / "lib"))
from cloud import binary, main  # noqa: E402

LEAST_SHARE = 0.7
CLEAN, FINDINGS = 0, 3


def cases():
    """(name, text) of each case of a rule."""
    for path in sorted((HERE / "cases").iterdir()):
        for i, part in enumerate(re.split(r"^=== .*\n", path.read_text(), flags=re.M)[1:]):
            yield f"{path.name}-{i}", re.split(r"^--- (?:finds|fixed)\n", part, flags=re.M)[0]


def files(*folders):
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".yaml", ".yml", ".json", ".template") and re.search(r'^\s*"?Resources"?\s*:', path.read_text(), re.M):
                yield f"{path.parent.name}-{path.stem}", path.read_text()


def docs():
    """Templates in the pages of docs/."""
    for page in sorted((ROOT / "docs").rglob("*.md")):
        for i, text in enumerate(re.findall(r"^```(?:yaml|json)\n(.*?)^```", page.read_text(), re.M | re.S)):
            if re.search(r'^\s*"?Resources"?\s*:', text, re.M):
                yield f"{page.stem}-{i}", text


# Those on which the share of what is fixed is counted, and the others.
COUNTED = [*((f"case-{name}", text) for name, text in cases()), *((f"public-{name}", text) for name, text in files("tests/audit/public"))]
OURS = [*files("stack", "tests/stacks/templates"), *docs()]


def comments(text):
    """Lines that are nothing but a comment (and what looks so in a block scalar)."""
    return [line.strip() for line in text.split("\n") if line.strip().startswith("#")]


class Fixes(unittest.TestCase):
    maxDiff = None
    infos = set()  # ids of what is worth a note only

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        (cls.folder / ".git").mkdir()  # settings above it are somebody else's
        cls.texts = {f"{name}.yaml": text for name, text in COUNTED + OURS}
        cls.before = cls.look("before", cls.texts)
        cls.diffs = cls.run_audit("before", "--diff", "--profile", "all").stdout
        shutil.copytree(cls.folder / "before", cls.folder / "after")
        cls.run_audit("after", "--fix", "--profile", "all")
        cls.fixed = {name: (cls.folder / "after" / name).read_bytes().decode() for name in cls.texts}
        cls.after = cls.look("after")

    @classmethod
    def run_audit(cls, folder, *args):
        done = subprocess.run([binary(), "audit", *args, *sorted(cls.texts)], cwd=cls.folder / folder, capture_output=True, text=True, timeout=240)
        if done.returncode not in (0, 2, 3) or "Sanitizer" in done.stderr or "runtime error" in done.stderr:
            raise AssertionError(done.stderr)
        return done

    @classmethod
    def look(cls, folder, texts=None):
        """{file: {id: findings}}"""
        if texts:
            (cls.folder / folder).mkdir()
            for name, text in texts.items():
                (cls.folder / folder / name).write_bytes(text.encode())
        found = {name: collections.Counter() for name in cls.texts}
        for f in json.loads(cls.run_audit(folder, "--format", "json", "--profile", "all").stdout):
            found[f["file"]][f["id"]] += 1
            if f["severity"] == "info":
                cls.infos.add(f["id"])
        return found

    def test_there_are_templates(self):
        self.assertGreater(len(COUNTED), 100)
        self.assertGreater(len(OURS), 20)

    def test_nothing_more_is_found(self):
        more = [(name, rule, n, self.before[name][rule]) for name, after in self.after.items() for rule, n in after.items()
                if n > self.before[name][rule] and rule not in self.infos]
        self.assertEqual(more, [])
        self.assertEqual([name for name, after in self.after.items() if after.total() > self.before[name].total()], [])

    def test_nothing_that_could_be_fixed_is_left(self):
        again = self.run_audit("after", "--diff", "--profile", "all").stdout
        self.assertEqual(again, "")

    def test_comments_stay(self):
        """In their order; code that a rule mends may have other lines between."""
        for name, text in self.texts.items():
            with self.subTest(name):
                left = iter(comments(self.fixed[name]))
                self.assertEqual([c for c in comments(text) if c not in left], [])

    def test_what_is_not_fixed_is_not_touched(self):
        for name, text in self.texts.items():
            if self.before[name] == self.after[name]:
                self.assertEqual(self.fixed[name], text, name)

    def test_patch_makes_the_same(self):
        if not shutil.which("patch"):
            self.skipTest("there is no patch")
        shutil.copytree(self.folder / "before", self.folder / "patched")
        subprocess.run(["patch", "-s", "-p0"], cwd=self.folder / "patched", input=self.diffs, text=True, check=True, timeout=120)
        for name in self.texts:
            self.assertEqual((self.folder / "patched" / name).read_bytes().decode(), self.fixed[name], name)

    def test_share(self):
        before, after = collections.Counter(), collections.Counter()
        for name, _ in COUNTED:
            before.update(self.before[f"{name}.yaml"])
            after.update(self.after[f"{name}.yaml"])
        n, left = before.total(), after.total()
        print(f"{n - left} of {n} findings of tests/audit are fixed: {(n - left) / n:.1%}; those that are left most:", file=sys.stderr)
        print("  " + ", ".join(f"{rule} {count} of {before[rule]}" for rule, count in after.most_common(12)), file=sys.stderr)
        self.assertGreaterEqual((n - left) / n, LEAST_SHARE)


if __name__ == "__main__":
    main()
