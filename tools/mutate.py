#!/usr/bin/env python3
"""Measures what the tests notice: draws one-token mutants of the code and runs the room's tests on each.

    tools/mutate.py --rooms policy,svc/s3 --count 30 --seed 7    15 mutants a room
    tools/mutate.py --rooms store --count 10 --only stat.c       of the files whose path ends so
    tools/mutate.py --list --rooms sign                          every mutant there is, as FILE:LINE:INDEX
    tools/mutate.py --one src/sign/make.c:93:0                   one of them, with what the test printed

It mutates a copy of the tree (build-mutate/tree, brought up to date at the start) with a sanitizer build of
its own, so the tree itself may be edited meanwhile. A seed draws the same mutants of the same code. A mutant
that does not compile (warnings are errors) is replaced by the next one drawn.

The tests of a mutant are those of its room (meson's names ROOM/...), first those whose name is in the file's
name or that noticed the last mutant of the file, then the other unit tests, then the wire tests of the table
WIRE. The first that fails, crashes, leaks, does not end in time, or skips what it ran on the unchanged tree,
notices the mutant. One that survives is either a test that is missing or code that means the same; with --one
it can be looked at again after a test was written. Ends with 1 when fewer than 90 % of all were noticed, or
fewer than 80 % in a room.
"""
import argparse, bisect, json, os, pathlib, random, re, resource, shutil, signal, subprocess, sys, tempfile, time

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Rooms whose behaviour is mostly tested from outside, and the wire tests that do it.
WIRE = {
    "svc/s3": ["s3_objects", "s3_buckets", "s3_versions", "s3_access"],
    "svc/dynamodb": ["ddb_items", "ddb_queries", "ddb_tables", "ddb_access"],
    "svc/iam": ["iam"],
    "svc/sts": ["iam"],
    "svc/sns": ["messaging"],
    "svc/sqs": ["messaging"],
    "svc/cloudwatch": ["cloudwatch"],
    "svc/logs": ["logs"],
    "cfn": ["cloudformation", "stack_types"],
    "svc/calotype": ["status"],
    "prog": ["cli", "process"],
    "fn": ["cli"],
    "cli": ["cli", "status"],
    "daemon": ["process", "doors", "status"],
}
# Rooms whose programs tests also run as they are installed, static and without sanitizers.
STATIC = {
    "fn": ["src/fn/bootstrap", "src/img/calotype-image"],
    "img": ["src/img/calotype-image"],
    "imgjob": ["src/img/calotype-image"],
}
SETUP = ["-Db_sanitize=address,undefined", "-Dtest_faults=true", "-Dtests=true", "-Dchecks=true"]


# ---- What can be mutated ----

SWAP = {  # operator: (kind, what it becomes)
    "==": [("compare", "!=")], "!=": [("compare", "==")],
    "<": [("bound", "<="), ("compare", ">")], "<=": [("bound", "<"), ("compare", ">=")],
    ">": [("bound", ">="), ("compare", "<")], ">=": [("bound", ">"), ("compare", "<=")],
    "&&": [("logic", "||")], "||": [("logic", "&&")],
    "+": [("arithmetic", "-")], "-": [("arithmetic", "+")], "*": [("arithmetic", "/")],
    "/": [("arithmetic", "*")], "%": [("arithmetic", "/")],
    "<<": [("arithmetic", ">>")], ">>": [("arithmetic", "<<")],
    "&": [("arithmetic", "|")], "|": [("arithmetic", "&")], "^": [("arithmetic", "|")],
    "+=": [("assign", "-=")], "-=": [("assign", "+=")], "|=": [("assign", "&=")], "&=": [("assign", "|=")],
    "^=": [("assign", "|=")], "*=": [("assign", "/=")], "/=": [("assign", "*=")],
    "++": [("assign", "--")], "--": [("assign", "++")],
}
OPERATOR = re.compile(r"<<=|>>=|->|\+\+|--|&&|\|\||[-+*/%&|^=!<>]=|<<|>>|[-+*/%&|^!<>]")
NUMBER = re.compile(r"(?<![\w.])(0[xX][0-9a-fA-F]+|\d+)([uUlL]*)(?![\w.'])")
NOISE = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.S)
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.M)
QUIET = re.compile(r"\b(?:assert|static_assert|_Static_assert|log_\w+|buf_reserve)\(")
FUNCTION = re.compile(r"^(?:(?:static|inline|extern) )*([A-Za-z_][\w ]*?[ *]+)(\w+)\(", re.M)
# How long an array is, where it is declared: a longer one means the same.
ARRAY = re.compile(r"\b(?:char|int|long|unsigned|bool|double|float|str|\w+_t|(?:struct|enum) \w+) \**\w+(?:\[[^]]*\])*\[([^]]+)\]")


def blank(match):
    return re.sub(r"[^\n]", " ", match[0])


def closing(text, at):
    """The place of the bracket that closes the one at `at`."""
    depth = 0
    for i in range(at, len(text)):
        depth += (text[i] == "(") - (text[i] == ")")
        if depth == 0:
            return i
    return len(text) - 1


class Mutant:
    def __init__(self, path, text, start, end, new, kind):
        self.path, self.start, self.end, self.new, self.kind = path, start, end, new, kind
        self.old = text[start:end]
        self.line = text.count("\n", 0, start) + 1
        self.index = 0
        first, last = text.rfind("\n", 0, start) + 1, text.find("\n", start)
        self.context = text[first:last].strip()

    def name(self):
        return f"{self.path}:{self.line}:{self.index}"

    def __str__(self):
        old, new = (" ".join(s.split()) for s in (self.old, self.new))
        return f"{self.name()}  {self.kind}: {old} -> {new}   in: {self.context}"


def operators(code):
    heads = [(m.end() - 1, closing(code, m.end() - 1)) for m in re.finditer(r"\bfor \(", code)]
    for m in OPERATOR.finditer(code):
        op, before, after = m[0], code[m.start() - 1], code[m.end():m.end() + 1]
        if op == "!" and after != "!" and before != "!":
            yield m.start(), m.end(), "", "negation"
        binary = before.isspace() and after.isspace()  # the formatter puts spaces around them, and only there
        if op in ("++", "--"):
            # A loop that counts the wrong way tells nothing about the tests.
            binary = not any(a < m.start() < b for a, b in heads)
        for kind, new in SWAP.get(op, ()) if binary else ():
            yield m.start(), m.end(), new, kind


def numbers(code):
    for m in NUMBER.finditer(code):
        line = code[code.rfind("\n", 0, m.start()) + 1:m.start()]
        after = code[m.end():m.end() + 1]
        if line.rstrip().endswith("return") or re.search(r"\w : $", line):
            continue
        if (line.endswith("{") and after == "}") or re.search(r"\bcase ", line):
            continue
        if re.match(r" << [123]0\b", code[m.end():]) or re.search(r"\d << $", line):
            continue  # a size in MiB, which is about right or not
        base, show = (16, hex) if m[1][:2] in ("0x", "0X") else (8, "0{:o}".format) if len(m[1]) > 1 and m[1][0] == "0" else (10, str)
        value = int(m[1], base)
        yield m.start(), m.end(), show(value + 1) + m[2], "constant"
        if value:
            yield m.start(), m.end(), show(value - 1) + m[2], "constant"


def returns(code):
    heads = [(m.start(), m[1].strip(), m[2]) for m in FUNCTION.finditer(code)]
    starts = [h[0] for h in heads]
    for m in re.finditer(r"\breturn ([^;{}]+);", code):
        at = bisect.bisect(starts, m.start()) - 1
        kind, value, span = heads[at][1] if at >= 0 else "", m[1].strip(), m.span(1)
        if kind == "bool":
            for new in ("true", "false"):
                if value != new:
                    yield *span, new, "return"
        elif kind == "int" and value == "0":
            yield *span, "-EIO" if re.search(r"-E[A-Z]+\b", code) else "1", "return"
        elif re.fullmatch(r"-E[A-Z0-9]+", value):
            yield *span, "0", "return"
        elif re.fullmatch(r"-?\d+", value):
            yield *span, "1" if value == "0" else "0", "return"
        elif value == "NULL" and not heads[at][2].endswith(("_free", "_close")):  # x = x_free(x): there it is the idiom
            yield *span, "(void *)16", "return"


def conditions(code):
    for m in re.finditer(r"\b(?:if|while) (?=\()", code):
        end = closing(code, m.end())
        yield m.end(), end + 1, "(!" + code[m.end():end + 1] + ")", "condition"
    for m in re.finditer(r"\b(\w*?)(min|max|MIN|MAX)\(", code):
        other = {"min": "max", "max": "min", "MIN": "MAX", "MAX": "MIN"}[m[2]]
        yield m.start(2), m.end(2), other, "min/max"


def mutants_of(tree, path):
    """All mutants of a file, in the order of their places."""
    text = (tree / path).read_text()
    code = DIRECTIVE.sub(blank, NOISE.sub(blank, text))
    quiet = [(m.start(), closing(code, m.end() - 1)) for m in QUIET.finditer(code)]
    quiet += [m.span(1) for m in ARRAY.finditer(code)]
    found = []
    for start, end, new, kind in sorted({*operators(code), *numbers(code), *returns(code), *conditions(code)}):
        if any(a <= start <= b for a, b in quiet):
            continue
        if kind == "condition":  # the blanked code lacks its strings
            new = "(!" + text[start:end] + ")"
        m = Mutant(path, text, start, end, new, kind)
        if found and found[-1].line == m.line:
            m.index = found[-1].index + 1
        found.append(m)
    return found


def rooms_of(tree):
    lines = (tree / "src/LAYERS").read_text().splitlines()
    return [line.split(":")[0].strip() for line in lines if ":" in line and not line.startswith("#")]


def room_of(rooms, path):
    return max((r for r in rooms if path.startswith(f"src/{r}/")), key=len, default=None)


def is_generated(path):
    return re.search(r"\b(?:Generated|Written) by tools/", path.read_text()[:300])


def files_of(tree, rooms, room):
    paths = sorted(str(p.relative_to(tree)) for p in (tree / "src" / room).rglob("*.c"))
    return [p for p in paths if room_of(rooms, p) == room and not is_generated(tree / p)]


def draw(mutants, seed, room):
    """The mutants in the order in which they are tried: places first, then one of the place's mutants."""
    places = {}
    for m in mutants:
        places.setdefault((m.path, m.start), []).append(m)
    rng = random.Random(f"{seed} {room}")
    order = sorted(places)
    rng.shuffle(order)
    return [rng.choice(places[p]) for p in order]


# ---- The copy ----

def bring_up_to_date(tree):
    names = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, check=True,
                           capture_output=True, text=True).stdout.split("\0")
    wanted = {n for n in names if n and os.path.lexists(ROOT / n)}
    for name in wanted:
        src, dst = ROOT / name, tree / name
        dst.parent.mkdir(parents=True, exist_ok=True)
        if src.is_symlink():
            if not (dst.is_symlink() and os.readlink(dst) == os.readlink(src)):
                dst.unlink(missing_ok=True)
                os.symlink(os.readlink(src), dst)
        elif not dst.is_file() or dst.read_bytes() != src.read_bytes():
            shutil.copyfile(src, dst)
        if not src.is_symlink():
            shutil.copymode(src, dst)
    for top in ("src", "tests"):
        for path in (tree / top).rglob("*"):
            if not path.is_dir() and "__pycache__" not in path.parts and str(path.relative_to(tree)) not in wanted:
                path.unlink()


class Build:
    def __init__(self, tree, jobs):
        self.tree, self.dir, self.static, self.jobs = tree, tree / "build-asan", tree / "build", jobs
        self.set_up(self.dir, SETUP)
        ask = lambda what: json.loads(subprocess.run(["meson", "introspect", what, str(self.dir)], check=True,
                                                     capture_output=True, text=True).stdout)
        files = {t["id"]: [os.path.relpath(f, self.dir) for f in t["filename"]] for t in ask("--targets")}
        self.tests = [Test(t, sorted({f for d in t["depends"] for f in files.get(d, [])}), self.dir)
                      for t in ask("--tests")]

    def set_up(self, folder, options):
        if not (folder / "build.ninja").exists():
            linker = {"CC_LD": "lld"} if shutil.which("ld.lld") else {}
            subprocess.run(["meson", "setup", *options, str(folder)], cwd=self.tree, check=True,
                           stdout=subprocess.DEVNULL, env=os.environ | linker)
        self.ninja(["build.ninja"], folder)

    def ninja(self, targets, folder=None):
        run = subprocess.run(["ninja", "-j", str(self.jobs), *targets], cwd=folder or self.dir,
                             capture_output=True, text=True)
        return run.returncode == 0, run.stdout + run.stderr

    def make(self, tests, programs):
        """What the tests need, and these static programs, which the tests then take."""
        good, output = self.ninja(sorted({f for t in tests for f in t.targets}))
        if good and programs:
            self.set_up(self.static, ["-Dtests=true"])
            good, output = self.ninja(programs, self.static)
        for test in tests if programs else ():
            test.env = test.env | {"CALOTYPE_PROGRAMS": str(self.static / "src/cli")}
        return good, output

    def tests_of(self, room):
        own = [t for t in self.tests if t.name.startswith(room + "/")]
        return own, [t for t in self.tests if t.name in [f"wire/{w}" for w in WIRE.get(room, [])]]


class Test:
    def __init__(self, t, targets, build_dir):
        self.name, self.cmd, self.env, self.targets = t["name"], t["cmd"], t["env"], targets
        self.cwd, self.longest = t["workdir"] or build_dir, t["timeout"]
        self.took, self.skips = None, False

    def start(self):
        env = os.environ | self.env
        env["ASAN_OPTIONS"] = env.get("ASAN_OPTIONS", "") + ":hard_rss_limit_mb=3000:allocator_may_return_null=1"
        env.setdefault("UBSAN_OPTIONS", "print_stacktrace=1")
        env.setdefault("CALOTYPE_PROGRAMS", str(ROOT / "build/src/cli"))
        self.output = tempfile.TemporaryFile()
        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (8 << 30, 8 << 30))
        self.begun = time.monotonic()
        self.process = subprocess.Popen(self.cmd, cwd=self.cwd, env=env, stdin=subprocess.DEVNULL,
                                        stdout=self.output, stderr=subprocess.STDOUT, start_new_session=True,
                                        preexec_fn=limit)

    def stop(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

    def verdict(self):
        """None while it runs, "" when it passed, else what was wrong."""
        code, took = self.process.poll(), time.monotonic() - self.begun
        if code is None:
            if took < (min(self.longest, 20 + 8 * self.took) if self.took is not None else self.longest):
                return None
            self.stop()
            return "no end"
        self.stop()  # what it left running
        if self.took is None:
            self.took, self.skips = took, code == 77
        if code == 77 and not self.skips:  # what it needs is there, but for the mutant
            return "skips"
        return "" if code in (0, 77) else f"signal {-code}" if code < 0 else f"exit {code}"

    def text(self):
        self.output.seek(0)
        return self.output.read().decode(errors="replace")


def run_tests(tests, jobs, until_first=True):
    """[(test, what was wrong)] of those that failed."""
    waiting, running, failed = list(tests), [], []
    while waiting or running:
        while waiting and len(running) < jobs:
            running.append(waiting.pop(0))
            running[-1].start()
        for test in list(running):
            verdict = test.verdict()
            if verdict is None:
                continue
            running.remove(test)
            if verdict:
                failed.append((test, verdict))
        if failed and until_first:
            for test in running:
                test.stop()
            return failed
        time.sleep(0.02)
    return failed


# ---- One mutant ----

class Room:
    def __init__(self, build, name):
        self.build, self.name, self.noticed_by = build, name, {}
        self.own, self.wire = build.tests_of(name)
        self.static = STATIC.get(name, [])
        good, output = build.make(self.own + self.wire, self.static) if self.own + self.wire else (True, "")
        if not good:
            sys.exit(f"the unchanged tree does not build:\n{output[-3000:]}")
        for test, why in run_tests(self.own + self.wire, build.jobs, until_first=False):
            print(f"{test.name} is left out: {why} on the unchanged tree:\n{test.text()[-800:]}", flush=True)
            self.own, self.wire = ([t for t in ts if t is not test] for ts in (self.own, self.wire))
        for test in [t for t in self.own + self.wire if t.skips]:
            print(f"{test.name} skips on the unchanged tree", flush=True)

    def stages(self, path):
        """The tests in three groups, those first that are likely to notice."""
        stem = re.split(r"\W+", pathlib.Path(path).stem)[0]
        first = [t for t in self.own if t.name == self.noticed_by.get(path)]
        first += [t for t in self.own if stem in t.name.rsplit("/", 1)[1] and t not in first]
        rest = sorted((t for t in self.own if t not in first), key=lambda t: t.took)
        return [s for s in (first, rest, sorted(self.wire, key=lambda t: t.took)) if s]

    def judge(self, mutant):
        """("noticed", by, output), ("survived", "", "") or ("refused", "", compiler's output)."""
        path = self.build.tree / mutant.path
        text = path.read_text()
        path.write_text(text[:mutant.start] + mutant.new + text[mutant.end:])
        try:
            for tests in self.stages(mutant.path):
                good, output = self.build.make(tests, self.static)
                if not good:
                    return "refused", "", output
                for test, why in run_tests(tests, self.build.jobs):
                    self.noticed_by[mutant.path] = test.name
                    return "noticed", f"{test.name} ({why})", test.text()
            return "survived", "", ""
        finally:
            path.write_text(text)


def share(good, of):
    return 100 * good // of if of else 100


def sample(build, rooms, args):
    """Prints a line a mutant and a table; true when enough was noticed."""
    results = {}
    for i, name in enumerate(rooms):
        room = Room(build, name)
        many = args.count // len(rooms) + (i < args.count % len(rooms))
        all_rooms, noticed, judged = rooms_of(build.tree), 0, 0
        paths = [p for p in files_of(build.tree, all_rooms, name) if p.endswith(args.only)]
        order = draw([m for p in paths for m in mutants_of(build.tree, p)], args.seed, name)
        for mutant in order:
            if judged == many:
                break
            begun = time.monotonic()
            verdict, by, _ = room.judge(mutant)
            judged += verdict != "refused"
            noticed += verdict == "noticed"
            what = {"noticed": f"noticed by {by}", "survived": "SURVIVED",
                    "refused": "does not compile, drawn again"}[verdict]
            print(f"{what:<44} {mutant}  [{time.monotonic() - begun:.0f} s]", flush=True)
        results[name] = (noticed, judged)
    print(f"\n{'room':<16}{'mutants':>8}{'noticed':>8}")
    for name, (noticed, judged) in results.items():
        print(f"{name:<16}{judged:>8}{share(noticed, judged):>7}%")
    noticed, judged = (sum(r[i] for r in results.values()) for i in (0, 1))
    print(f"{'all':<16}{judged:>8}{share(noticed, judged):>7}%   seed {args.seed}")
    return share(noticed, judged) >= 90 and all(share(*r) >= 80 for r in results.values())


def one(build, name):
    path, line, index = name.rsplit(":", 2)
    for mutant in mutants_of(build.tree, path):
        if (mutant.line, mutant.index) == (int(line), int(index)):
            verdict, by, output = Room(build, room_of(rooms_of(build.tree), path)).judge(mutant)
            print(output[-3000:], f"{verdict} {by}".strip(), mutant, sep="\n")
            return verdict == "noticed"
    sys.exit(f"there is no mutant {name}; --list shows them")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--rooms", help="some of src/LAYERS, with commas; without it all")
    p.add_argument("--count", type=int, default=150, help="mutants in all")
    p.add_argument("--seed", default="1")
    p.add_argument("--only", default="", metavar="FILE", help="only files whose path ends so")
    p.add_argument("--list", action="store_true", help="print every mutant, run none")
    p.add_argument("--one", metavar="FILE:LINE:INDEX", help="run one mutant, print what its test said")
    p.add_argument("--jobs", type=int, default=2)
    p.add_argument("--copy", type=pathlib.Path, default=ROOT / "build-mutate/tree", help="where the copy is")
    args = p.parse_args()
    known = [r for r in rooms_of(ROOT) if (ROOT / "src" / r / "meson.build").exists()]
    rooms = args.rooms.split(",") if args.rooms else known
    if set(rooms) - set(known):
        p.error(f"no such room: {', '.join(set(rooms) - set(known))}")
    if args.list:
        for path in [p for r in rooms for p in files_of(ROOT, known, r) if p.endswith(args.only)]:
            print(*mutants_of(ROOT, path), sep="\n")
        return 0
    args.copy = args.copy.resolve()
    args.copy.mkdir(parents=True, exist_ok=True)
    bring_up_to_date(args.copy)
    build = Build(args.copy, args.jobs)
    return 0 if (one(build, args.one) if args.one else sample(build, rooms, args)) else 1


if __name__ == "__main__":
    sys.exit(main())
