"""The templates of this folder as `calotype audit --fix` leaves them: each deploys, with the parameters and packages of its own test.

Each test of the other files runs up to its first deployment, whose template is the fixed one. What the stack
retains is left to the daemon, which ends with the file.
"""
import importlib.util
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import failures  # noqa: E402
import pipelines  # noqa: E402
import providers  # noqa: E402
import stacks  # noqa: E402
from cloud import binary, main  # noqa: E402

# tests/lib has a module of that name, too.
spec = importlib.util.spec_from_file_location("stacks_functions", HERE / "functions.py")
functions = importlib.util.module_from_spec(spec)
spec.loader.exec_module(functions)

MOST_BYTES = 51_200  # what CreateStack takes as a template's text
WANTED = "CREATE_COMPLETE"
LEAST_DEPLOYED = 15


class Deployed(Exception):
    """Enough of a test."""


def fixed(text):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "template.yaml"
        path.write_text(text)
        subprocess.run([binary(), "audit", "--fix", "--profile", "all", path.name], cwd=folder, capture_output=True, timeout=60)
        return path.read_text()


class FixedStack(stacks.Stack):
    def deploy(self, want=WANTED, **parameters):
        if want != WANTED:
            raise unittest.SkipTest("its deployment is to fail")
        before, self.text = self.text, fixed(self.text)
        self.case.assertNotEqual(self.text, before, "nothing was fixed")
        self.case.assertLess(len(self.text.encode()), MOST_BYTES)
        super().deploy(want, **parameters)
        raise Deployed


class Life:
    """with self.stack(...): what is left is not looked at."""

    def __init__(self, case, template):
        self.one = FixedStack(case, template)

    def __enter__(self):
        return self.one

    def __exit__(self, *_):
        return False


class Fixed(failures.Failures, functions.Functions, pipelines.Pipelines, providers.Providers):
    deployed = set()

    def stack(self, template):
        if template in self.deployed:
            self.skipTest("another test has deployed it")
        self.template = template
        return Life(self, template)

    def _callTestMethod(self, method):
        try:
            method()
        except Deployed:
            self.deployed.add(self.template)

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        if len(cls.deployed) < LEAST_DEPLOYED:
            raise AssertionError(f"only {sorted(cls.deployed)} were deployed")


if __name__ == "__main__":
    main()
