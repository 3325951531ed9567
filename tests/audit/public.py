"""Templates of the kind that people publish, in many styles, and all that the audit says of each.

public/NAME.yaml or .json has its findings in public/NAME.finds, one a line, each read and judged. What is new
there is either something that a reviewer would say, or a defect of a rule. CALOTYPE_RECORD=1 writes them anew.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import binary, main

HERE = pathlib.Path(__file__).resolve().parent / "public"
TEMPLATES = sorted(p for p in HERE.iterdir() if p.suffix in (".yaml", ".json"))
LEAST_TEMPLATES = 20
CLEAN, FINDINGS = 0, 3


def audit(path, *args, cwd=HERE):
    """The exit code, and the findings."""
    done = subprocess.run([binary(), "audit", "--format", "json", *args, path], capture_output=True, text=True, timeout=60, cwd=cwd)
    if done.stderr or done.returncode not in (CLEAN, FINDINGS): raise AssertionError(f"{path}: {done.returncode} {done.stderr}")
    return done.returncode, json.loads(done.stdout)


def line_of(finding):
    where = "{file}:{line}:{column}-{end_line}:{end_column}".format(**finding)
    return "{}: {severity}: {id}: {resource}: {message}".format(where, **finding)


class Public(unittest.TestCase):
    maxDiff = None

    def test_all_are_there(self):
        self.assertGreaterEqual(len(TEMPLATES), LEAST_TEMPLATES)
        self.assertEqual({p.stem for p in TEMPLATES}, {p.stem for p in HERE.glob("*.finds")})

    def test_findings(self):
        for path in TEMPLATES:
            with self.subTest(path.name):
                code, findings = audit(path.name)
                lines = [line_of(f) for f in findings]
                golden = path.with_suffix(".finds")
                if os.environ.get("CALOTYPE_RECORD"): golden.write_text("".join(line + "\n" for line in lines))
                self.assertEqual(lines, golden.read_text().splitlines())
                grave = [f for f in findings if f["severity"] != "info"]
                self.assertEqual(code, FINDINGS if grave else CLEAN)

    def test_the_one_that_a_review_let_pass(self):
        _, findings = audit("exemplary.yaml")
        self.assertEqual([line_of(f) for f in findings if f["severity"] != "info"], [])


if __name__ == "__main__":
    main()
