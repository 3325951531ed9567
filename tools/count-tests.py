#!/usr/bin/env python3
"""Counts single test cases in meson's testlog.json files and prints "N passed, N failed" as the last
line. cmocka's and unittest's cases count one each; any other test program counts as one case."""
import json, re, sys


def count(text, good):
    """(passed, failed, skipped) of one test program."""
    passed = failed = skipped = 0
    known = False
    for m in re.finditer(r"^\[  PASSED  \] (\d+) test\(s\)|^\[  FAILED  \] (\d+) test\(s\)|^\[  SKIPPED \] (\d+) test\(s\)",
                         text, re.M):
        known = True
        passed, failed, skipped = passed + int(m[1] or 0), failed + int(m[2] or 0), skipped + int(m[3] or 0)
    for m in re.finditer(r"^Ran (\d+) tests? in .*\n\n(OK|FAILED)(?: \((.*)\))?", text, re.M):
        known = True
        n = {k: int(v) for k, v in re.findall(r"(\w[\w ]*)=(\d+)", m[3] or "")}
        bad = n.get("failures", 0) + n.get("errors", 0) + n.get("unexpected successes", 0)
        failed, skipped = failed + bad, skipped + n.get("skipped", 0)
        passed += max(0, int(m[1]) - bad - n.get("skipped", 0))
    if not known:
        return (1, 0, 0) if good else (0, 1, 0)
    # A crash, a leak or a time-out fails the program though every case that was counted passed.
    return (passed, failed if good or failed else 1, skipped)


total = [0, 0, 0]
for path in sys.argv[1:]:
    with open(path, encoding="utf-8", errors="replace") as log:
        for line in log:
            test = json.loads(line)
            if test["result"] == "SKIP":
                total[2] += 1
                continue
            good = test["result"] in ("OK", "EXPECTEDFAIL")
            n = count((test.get("stdout") or "") + "\n" + (test.get("stderr") or ""), good)
            total = [a + b for a, b in zip(total, n)]
            if n[1]:
                print(f"failed: {test['name']}: {n[1]} of {sum(n)}")
if total[2]:
    print(f"{total[2]} skipped")
print(f"{total[0]} passed, {total[1]} failed")
sys.exit(total[1] > 0 or total[0] == 0)
