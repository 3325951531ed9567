"""What an audit costs: the whole process, beside cfn-lint where it is installed.

    CALOTYPE_BUILD=$PWD/build python3 bench/audit.py [--runs N] [--no-peer]

CPU by wait4 (least and median of N runs), peak memory, and the size it grows with. Templates are made here: the resources of
stack/template.yaml under other names, conditions that depend on each other, nested stacks.
"""
import argparse
import os
import pathlib
import re
import resource
import shutil
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
PROGRAM = pathlib.Path(os.environ.get("CALOTYPE_BUILD", ROOT / "build")) / "src" / "cli" / "calotype"


def stack(lines):
    """About so many lines: the stack's resources again and again, under other names."""
    text = (ROOT / "stack" / "template.yaml").read_text()
    begin = text.index("Resources:\n") + len("Resources:\n")
    head, body = text[:begin], text[begin:text.index("\nOutputs:")]
    names = re.compile(r"\b(" + "|".join(re.findall(r"^  ([A-Za-z]+):$", body, re.M)) + r")\b")
    out, n = [head], head.count("\n")
    while n < lines:
        copy = names.sub(lambda m: m.group(0) + (f"X{len(out)}" if len(out) > 1 else ""), body)
        out.append(copy + "\n")
        n += copy.count("\n")
    return "\n".join("".join(out).split("\n")[:lines]) + "\n" if n > lines * 1.5 else "".join(out)


def conditions(n):
    """Each of n conditions asks two others; as many buckets whose properties hang on them."""
    text = "Parameters:\n" + "".join(f"  P{i}: {{Type: String, Default: a}}\n" for i in range(n)) + "Conditions:\n  C0: !Equals [!Ref P0, a]\n  C1: !Equals [!Ref P1, a]\n"
    for i in range(2, n):
        text += f"  C{i}: !Or [!And [!Condition C{i - 1}, !Not [!Condition C{i - 2}]], !Equals [!Ref P{i}, a]]\n"
    text += "Resources:\n"
    for i in range(2, n):
        text += (f"  B{i}:\n    Type: AWS::S3::Bucket\n    Condition: C{i}\n    Properties:\n"
                 f"      BucketName: !If [C{i - 1}, !If [C{i - 2}, a, b], !If [C{i}, c, d]]\n")
    return text


def nested(folder, n, lines):
    body = stack(lines)
    text = conditions(40)
    for i in range(n):
        (folder / f"nested{i}.yaml").write_text(body)
        text += f"  N{i}:\n    Type: AWS::CloudFormation::Stack\n    Properties: {{TemplateURL: nested{i}.yaml}}\n"
    return text


def once(command):
    began = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, usage = os.wait4(child.pid, 0)
    child.returncode = 0
    return (usage.ru_utime + usage.ru_stime) * 1000, (time.perf_counter() - began) * 1000, usage.ru_maxrss / 1024


def measure(command, runs):
    got = [once(command) for _ in range(runs)]
    return [statistics.median(g[i] for g in got) for i in range(3)] + [min(g[0] for g in got)]


def row(name, text, wanted, folder, runs):
    path = folder / f"{name.replace(' ', '-')}.yaml"
    path.write_text(text)
    cpu, wall, peak, least = measure([PROGRAM, "audit", "--format", "json", path], runs)
    print(f"{name:34} {text.count(chr(10)):6} lines {len(text) // 1024:5} KiB  CPU {cpu:6.1f} ms (least {least:5.1f})  wall {wall:6.1f} ms  "
          f"peak {peak:5.1f} MiB  {wanted}")
    return path, wall


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=21)
    parser.add_argument("--no-peer", action="store_true")
    args = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        small, wall = row("500 lines", stack(500), "wanted: CPU 8, peak 16", folder, args.runs)
        row("5,000 lines", stack(5000), "wanted: CPU 8, peak 16", folder, args.runs)
        row("40 conditions", conditions(40), "wanted: 50", folder, args.runs)
        row("40 conditions, 26 nested stacks", nested(folder, 26, 200), "wanted: 50", folder, args.runs)
        for kib in (64, 128, 256, 512, 1000):
            row(f"{kib} KiB", stack(kib * 1024 // 45), "linear", folder, max(args.runs // 4, 3))
        peer = shutil.which("cfn-lint")
        if peer and not args.no_peer:
            pairs = [(once([peer, small])[1], once([PROGRAM, "audit", small])[1]) for _ in range(5)]
            ratios = [theirs / ours for theirs, ours in pairs]
            print(f"cfn-lint, 500 lines: {statistics.median(p[0] for p in pairs):.0f} ms, ours {statistics.median(p[1] for p in pairs):.1f} ms: "
                  f"{statistics.median(ratios):.0f} times, least {min(ratios):.0f} (wanted: 300)")


if __name__ == "__main__":
    main()
