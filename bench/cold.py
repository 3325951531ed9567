"""Cold starts: what the pipeline's function takes from exec to its first event beside one in Python and one in Node;
and, of functions of interpreted runtimes, how long a first invocation takes beside the bare interpreter, and what a
warm one costs.

    cold.py [--rounds 15] [--seconds 5] [--quick] [--only start,python,node]

Cold: a new environment for an empty handler, from the Invoke request to its answer, between runs of the interpreter
alone (`python3 -c pass`, `node -e 0`): each figure is a median, the two interleaved. Warm: an empty handler, one
client, and the CPU of the daemon and of the function's process for one invocation by their clocks; what one core
gives is what that CPU would make of a second of it. The client's (bench/load) is not in it.
The function's start is bench/first_next.py's. Ends with lines `figure NAME VALUE UNIT`:

    start_ours N ms            exec to the first GET .../next, and start_ours_cpu; the bound is 2.5 ms
    start_python_boto3 N ms    the same of a handler with boto3; start_node_sdk with @aws-sdk
    bare_python N ms           the interpreter alone
    cold_python N ms           the first invocation; limit_python, the bound, is 1.5 times bare and 15 ms
    start_python N ms          the first invocation without what a warm one takes by the same client
    warm_python N per_second   invocations that one core has the CPU for
    held_python N mib          what an idle environment holds (Pss of its processes)
"""
import argparse
import pathlib
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests/lib"), str(ROOT / "bench")]
from cloud import Cloud, build_dir  # noqa: E402
from functions import Functions, package  # noqa: E402
import cost  # noqa: E402
import first_next  # noqa: E402

RUNTIMES = {  # name: (the interpreter alone, runtime, file, empty handler)
    "python": (["python3.11", "-c", "pass"], "python3.11", "index.py", "def handler(event, context):\n    pass\n"),
    "node": (["node", "-e", "0"], "nodejs20.x", "index.js", "exports.handler = async () => null;\n"),
}


def interpreter(argv):
    """As the daemon finds it: not the one of whoever runs this."""
    for folder in ("/usr/bin", "/usr/local/bin"):
        if pathlib.Path(folder, argv[0]).exists():
            return [f"{folder}/{argv[0]}", *argv[1:]]
    return None


def ms(what):
    began = time.perf_counter()
    what()
    return (time.perf_counter() - began) * 1000


def processes_of(pid):
    """All that came of that process, itself not among them."""
    parents = {}
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
        except OSError:
            pass
    found, more = set(), {pid}
    while more:
        more = {p for p, parent in parents.items() if parent in more} - found
        found |= more
    return found


def pss_mib(pids):
    total = 0
    for pid in pids:
        text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
        total += int(next(line for line in text.splitlines() if line.startswith("Pss:")).split()[1])
    return total / 1024


class Runtime:
    def __init__(self, functions, name):
        argv, runtime, file, text = RUNTIMES[name]
        self.name, self.functions, self.bare = name, functions, interpreter(argv)
        self.function = f"cold-{name}"
        self.colds, self.bares, self.warms, self.at = [], [], [], 0
        self.settings = {"zipped": package("", {file: text}), "Runtime": runtime, "Handler": "index.handler",
                         "MemorySize": 512}
        functions.make(self.function, **self.settings)

    def invoke(self, function=None):
        answer = self.functions.invoke(function or self.function)
        if answer.error:
            raise RuntimeError(answer.text)

    def round(self):
        self.at += 1
        self.functions.client.update_function_configuration(FunctionName=self.function, Description=str(self.at))
        self.bares.append(ms(lambda: subprocess.run(self.bare, check=True)))
        self.colds.append(ms(self.invoke))
        self.warms.append(min(ms(self.invoke) for _ in range(5)))


def warm(cloud, functions, one, seconds):
    """({figure: value}) of the function "bench" with one client."""
    functions.make("bench", **one.settings)
    before = processes_of(cloud.pid)
    one.invoke("bench")
    inside = processes_of(cloud.pid) - before
    pids = [cloud.pid, *inside]
    used = [cost.cpu_us(p) for p in pids]
    env = {"AWS_ACCESS_KEY_ID": cloud.access_key, "AWS_SECRET_ACCESS_KEY": cloud.secret_key, "AWS_REGION": "us-east-1"}
    done = subprocess.run([build_dir() / "bench/load", cloud.plain_endpoint, "invoke", "1", str(seconds)], env=env,
                          capture_output=True, text=True, check=True)
    words = done.stdout.split()
    if words[words.index("errors") + 1] != "0":
        raise RuntimeError(done.stdout)
    n = int(words[words.index("answers") + 1])
    used = [(cost.cpu_us(p) - u) / n for p, u in zip(pids, used)]
    held = pss_mib(inside)
    functions.client.delete_function(FunctionName="bench")
    return {"cpu_daemon": used[0], "cpu_function": sum(used[1:]), "warm": 1e6 / sum(used), "rate": n / seconds,
            "held": held}


def runtimes(options, names, figures):
    names = [name for name in names if interpreter(RUNTIMES[name][0])]
    if not names:
        return
    with Cloud(test_clock=False) as cloud:
        functions = Functions(cloud)
        ours = [Runtime(functions, name) for name in names]
        for _ in range(options.rounds + 1):
            for one in ours:
                one.round()
        for one in ours:
            bare, cold = (statistics.median(times[1:]) for times in (one.bares, one.colds))
            most = 1.5 * bare + 15
            print(f"{one.name}: bare {bare:.1f} ms, cold {cold:.1f} ms, {cold / bare:.2f} times; "
                  f"the bound is {most:.1f} ms: {'kept' if cold <= most else 'MISSED'}; "
                  f"the fastest: bare {min(one.bares):.1f} ms, cold {min(one.colds):.1f} ms")
            figures.update({f"bare_{one.name}": (bare, "ms"), f"cold_{one.name}": (cold, "ms"),
                            f"limit_{one.name}": (most, "ms"),
                            f"start_{one.name}": (cold - statistics.median(one.warms[1:]), "ms")})
        for one in ours:
            got = warm(cloud, functions, one, options.seconds)
            print(f"{one.name}: {got['rate']:.0f} a second by one client; {got['cpu_daemon']:.0f} us of the daemon and "
                  f"{got['cpu_function']:.0f} us of the function for one: a core has {got['warm']:.0f} a second")
            figures.update({f"warm_{one.name}": (got["warm"], "per_second"), f"held_{one.name}": (got["held"], "mib")})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="3 rounds, a second of load")
    parser.add_argument("--only", default="start,python,node")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.seconds = 3, 1
    figures, only = {}, options.only.split(",")
    if "start" in only:
        first_next.measure(options.rounds, figures)
    runtimes(options, [name for name in RUNTIMES if name in only], figures)
    for name, (value, unit) in figures.items():
        print(f"figure {name} {value:.2f} {unit}")


if __name__ == "__main__":
    main()
