"""Refuses assertions that cannot fail in the tests that are written in Python.

    lint_tests.py FOLDER…      a line each; 1: there are some

What it knows:
  assertTrue(a, b) with something that is no message, assert (a, b), a comparison that nobody looks at,
  assertEqual of a comparison, both sides the same, except: pass around assertions, `in (200, 404)` of
  good and bad statuses, assertions only in loops over what may be empty, patterns that match
  everything, skipping after an exception of the test's own, a test without any assertion.
"""
import ast
import pathlib
import re
import sys

TRUTH = {"assertTrue", "assertFalse"}
EQUAL = {"assertEqual", "assertNotEqual", "assertIs"}


def called(node):
    return node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id if isinstance(node.func, ast.Name) else ""


def is_check(node):
    """An assertion, or a call whose name says that it may fail the test."""
    if isinstance(node, (ast.Assert, ast.Raise)):
        return True
    return isinstance(node, ast.Call) and re.match(r"assert|fail|check|expect|refus|wait_for|settle", called(node)) is not None


def is_text(node):
    return isinstance(node, ast.JoinedStr) or isinstance(node, ast.Constant) and isinstance(node.value, str)


def statuses(node):
    values = [e.value for e in getattr(node, "elts", []) if isinstance(e, ast.Constant)]
    return values if values and all(isinstance(v, int) and 100 <= v < 600 for v in values) else []


def matches_all(text):
    try:
        return all(re.search(text, s) for s in ("", "x", "\n", "{}"))
    except re.error:
        return False


def faults_of_call(node):
    name, args = called(node), node.args
    if name in TRUTH and len(args) > 1 and isinstance(args[1], (ast.Constant, ast.List, ast.Tuple, ast.Dict)) and not is_text(args[1]):
        yield f"{name}(a, b) never looks at b"
    if name in TRUTH and args and (isinstance(args[0], ast.Tuple) or isinstance(args[0], ast.Constant)):
        yield f"{name} of something that is always so"
    if name in EQUAL and len(args) > 1:
        if ast.dump(args[0]) == ast.dump(args[1]):
            yield f"{name} of two that are the same"
        if any(isinstance(a, ast.Compare) for a in args[:2]):
            yield f"{name} of a comparison: it does not say what was there"
    if name == "assertIn" and len(args) > 1:
        kinds = {v < 400 for v in statuses(args[1])}
        if len(kinds) > 1:
            yield "a good and a bad status are both taken"
        if isinstance(args[0], ast.Constant) and args[0].value == "":
            yield "an empty text is in every text"
    if name in ("assertRegex", "assertRaisesRegex") and len(args) > 1:
        if isinstance(args[1], ast.Constant) and matches_all(args[1].value):
            yield f"{args[1].value!r} matches everything"
    if name == "assertRaises" and args and isinstance(args[0], ast.Name) and args[0].id == "BaseException":
        yield "every end of the test is taken"
    if name in ("assertGreaterEqual",) and len(args) > 1 and isinstance(args[1], ast.Constant) and args[1].value == 0 \
            and isinstance(args[0], ast.Call) and called(args[0]) == "len":
        yield "a length is never negative"


def faults_of(node):
    if isinstance(node, ast.Assert) and isinstance(node.test, ast.Tuple) and node.test.elts:
        yield "assert of a tuple is always so"
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Compare):
        yield "a comparison that nobody looks at"
    if isinstance(node, ast.Compare) and any(isinstance(o, ast.In) for o in node.ops):
        if len({v < 400 for v in statuses(node.comparators[0])}) > 1:
            yield "a good and a bad status are both taken"
    if isinstance(node, ast.Try):
        checks = any(is_check(n) for s in node.body for n in ast.walk(s) if not isinstance(n, ast.Raise))
        for handler in node.handlers:
            wide = handler.type is None or isinstance(handler.type, ast.Name) and handler.type.id in (
                "Exception", "BaseException", "AssertionError")
            if checks and wide and all(isinstance(s, ast.Pass) for s in handler.body):
                yield "an assertion whose failure is caught"
    if isinstance(node, ast.ExceptHandler):
        caught = [n.id for n in ast.walk(node.type or ast.Name("Exception")) if isinstance(n, ast.Name)]
        skips = any(isinstance(n, ast.Name) and n.id == "SkipTest" or isinstance(n, ast.Attribute) and n.attr in ("SkipTest", "skipTest")
                    for s in node.body for n in ast.walk(s))
        if skips and set(caught) & {"Exception", "BaseException", "KeyError", "AssertionError", "AttributeError"}:
            yield "a failure becomes a skip"
    if isinstance(node, ast.Call):
        yield from faults_of_call(node)


def may_be_empty(node):
    """What is looped over comes from a call or out of its answer, and not from the test's own table."""
    if isinstance(node, ast.Call) and called(node) in ("sorted", "enumerate", "zip", "list", "reversed", "set"):
        return any(may_be_empty(a) for a in node.args)
    if isinstance(node, ast.Call):
        return called(node) not in ("range", "items", "values", "keys", "product", "combinations", "installed", "need")
    return isinstance(node, ast.Subscript) and may_be_empty(node.value) or isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant)


def calls_in(node):
    return {called(n) for n in ast.walk(node) if isinstance(n, ast.Call)}


def faults_of_test(test, asserting):
    """asserting: names of the file's own functions that assert."""
    def checks(node):
        return is_check(node) or isinstance(node, ast.Call) and called(node) in asserting
    if not any(checks(n) for n in ast.walk(test)):
        yield test.lineno, "a test that asserts nothing"
        return
    loops = [n for n in ast.walk(test) if isinstance(n, ast.For) and may_be_empty(n.iter)]
    inside = {id(n) for loop in loops for n in ast.walk(loop)}
    if loops and all(id(n) in inside for n in ast.walk(test) if checks(n)):
        yield loops[0].lineno, "asserts only in a loop over what may be empty"


def faults_in(text):
    """[(line, what)] of one file."""
    tree = ast.parse(text)
    found = [(getattr(node, "lineno", 1), what) for node in ast.walk(tree) for what in faults_of(node)]
    functions = [n for n in ast.walk(tree) if isinstance(n, (ast.FunctionDef, ast.Lambda))]
    named = {n.name: n for n in functions if isinstance(n, ast.FunctionDef)}
    asserting = {name for name, n in named.items() if any(is_check(x) for x in ast.walk(n))}
    while more := {name for name, n in named.items() if name not in asserting and calls_in(n) & asserting}:
        asserting |= more
    # check=True and Cloud.run fail the test when the program does.
    for name, n in named.items():
        if name.startswith("test_") and not any(k.arg == "check" for x in ast.walk(n) if isinstance(x, ast.Call) for k in x.keywords):
            found += faults_of_test(n, asserting)
    return sorted(found)


def main(folders):
    n = 0
    for folder in folders:
        for path in sorted(pathlib.Path(folder).rglob("*.py")):
            for line, what in faults_in(path.read_text(encoding="utf-8")):
                n += 1
                print(f"{path}:{line}: {what}")
    return n > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
