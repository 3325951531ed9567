"""The foundations against peers, in one interleaved run: S3 against npm's s3rver, DynamoDB against
npm's dynalite. Ours is durable (every answer is synced), the peers run as they come.

    foundation.py [--seconds 3] [--rounds 3] [--quick] [--no-peers] [--only NAME,…]

Each figure is the median of the rounds; ratios are of medians of the same run. The client
(bench/load) runs on the same machine and costs about as much as the server: trust ratios, and what
one request costs. Ends with lines `figure NAME VALUE UNIT`:

    plain_putitem_c16 N per_second        requests answered, at 16 clients, over plain HTTP
    ratio_plain_to_dynalite_… N times     ours to the peer's, in this run
    cpu_plain_putitem_c16 N us            CPU of the daemon for one of them, user and system
    load_cpu_plain_putitem_c16 N us       CPU of the client for one: the same work at each commit, so what
                                          it varies by is the machine's doing
    allocs_putitem N per_request          allocations of the daemon for one
    instructions_plain_putitem_c16 N per_request    where perf counts them
"""
import argparse
import contextlib
import os
import pathlib
import re
import socket
import ssl
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests/lib"), str(ROOT / "bench")]
from cloud import Cloud, build_dir, need_boto3  # noqa: E402
import cost  # noqa: E402
import peers  # noqa: E402
import stage  # noqa: E402

LOAD = build_dir() / "bench/load"
COUNTER = build_dir() / "bench/libcount_allocs.so"
# (operation, bytes, clients): what the peers can do too, and what only our figures are of.
S3_CASES = [(op, size, clients) for size in (10 << 10, 1 << 20) for op in ("put", "get") for clients in (1, 8)]
DDB_CASES = [(op, 0, clients) for op in ("putitem", "getitem") for clients in (1, 16, 64)]
OUR_CASES = [("send", 100, 8), ("publish", 100, 8), ("query", 0, 8), ("list", 0, 4), ("prefixes", 0, 4)]
TLS_CASES = [("connect", 1 << 10, 4)]


class Target:
    def __init__(self, name, endpoint, env, pid):
        self.name, self.endpoint, self.env, self.pid = name, endpoint, env, pid

    def load(self, op, clients, seconds, size):
        """{what: figure} of one run."""
        env = {**os.environ, "AWS_REGION": "us-east-1", **self.env}
        before, counted = cost.cpu_us(self.pid), cost.Instructions(self.pid, seconds)
        done = subprocess.run([LOAD, self.endpoint, op, str(clients), str(seconds), str(size)], env=env,
                              capture_output=True, text=True, timeout=seconds + 120)
        used = cost.cpu_us(self.pid) - before
        match = re.match(r"rate (\d+) answers (\d+) p50 ([\d.]+) p99 [\d.]+ most [\d.]+ cpu ([\d.]+) errors (\d+) ?(.*)",
                         done.stdout)
        if not match:
            raise RuntimeError(f"{self.name} {op}: {done.stdout}{done.stderr}")
        if int(match[5]) > 0:
            print(f"  {self.name} {op} x{clients}: {match[5]} errors, first: {match[6]}", file=sys.stderr)
        n, instructions = max(int(match[2]), 1), counted.total()
        figures = {"rate": float(match[1]), "answers": n, "p50": float(match[3]), "cpu": used / n,
                   "load_cpu": float(match[4])}
        if instructions:
            figures["instructions"] = instructions / n
        return figures


def ready_ms():
    """From exec to the line on --ready-fd, on an empty folder; median of five."""
    times = []
    for _ in range(5):
        cloud = Cloud(test_clock=False)
        start = time.monotonic()
        with cloud:
            times.append((time.monotonic() - start) * 1000)
    return statistics.median(times)


def measure(targets, cases, args):
    """{(target, op, size, clients): {what: median}}; targets take turns within each case."""
    found = {}
    for round_ in range(args.rounds):
        for op, size, clients in cases:
            for t in targets:
                figures = t.load(op, clients, args.seconds, size)
                found.setdefault((t.name, op, size, clients), []).append(figures)
                print(f"round {round_ + 1} {t.name:10} {op:8} {size or '':>8} x{clients:<3} {figures['rate']:9.0f}/s"
                      f" {figures['cpu']:9.1f} us (client {figures['load_cpu']:.1f})", file=sys.stderr, flush=True)
    return {k: {what: statistics.median(f[what] for f in v if what in f) for what in v[0]} for k, v in found.items()}


def name_of(op, size, clients=None):
    return f"{op}{'_' + str(size // 1024) + 'k' if size >= 1024 else ''}{f'_c{clients}' if clients else ''}"


def report(medians, ours, peer, cases):
    for case in cases:
        for name in ours + [peer]:
            got = medians.get((name, *case))
            if not got:
                continue
            full = f"{name}_{name_of(*case)}"
            print(f"figure {full} {got['rate']:.0f} per_second")
            print(f"figure cpu_{full} {got['cpu']:.1f} us")
            print(f"figure load_cpu_{full} {got['load_cpu']:.1f} us")
            if "instructions" in got:
                print(f"figure instructions_{full} {got['instructions']:.0f} per_request")
        mine, theirs = medians.get((ours[0], *case)), medians.get((peer, *case))
        if mine and theirs:
            print(f"figure ratio_{ours[0]}_to_{peer}_{name_of(*case)} {mine['rate'] / theirs['rate']:.2f} times")


def count_allocations(cases, seconds):
    """Allocations for a request of each case, of a daemon of its own."""
    if not COUNTER.exists():
        print(f"{COUNTER} is not built (ninja bench/libcount_allocs.so): no allocs_… figures", file=sys.stderr)
        return
    with cost.allocations(COUNTER) as counter, Cloud(test_clock=False, env=counter.env) as cloud:
        stage.cloud(cloud)
        target = Target("plain", cloud.plain_endpoint, stage.keys_of(cloud), cloud.pid)
        for op, size, _ in cases:
            target.load(op, 4, 1, size)
            before = counter.total()
            figures = target.load(op, 4, seconds, size)
            print(f"figure allocs_{name_of(op, size)} "
                  f"{(counter.total() - before) / figures['answers']:.0f} per_request")


def connections(cloud, version, resumed, n=200):
    """CPU of the daemon for a connection over TLS with one small request, new or by the ticket of the one before."""
    context = ssl.create_default_context(cafile=cloud.ca)
    context.minimum_version = context.maximum_version = version
    session, before, again = None, cost.cpu_us(cloud.pid), 0
    for _ in range(n):
        with socket.create_connection(("127.0.0.1", cloud.port)) as raw, \
                context.wrap_socket(raw, server_hostname="localhost", session=session) as s:
            s.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            while s.recv(65536):
                pass
            again += s.session_reused
            session = s.session if resumed else None
    if resumed and again < n - 1:
        raise RuntimeError(f"{again} of {n} connections were resumed")
    return (cost.cpu_us(cloud.pid) - before) / n


def report_connections(cloud):
    for name, version in (("tls13", ssl.TLSVersion.TLSv1_3), ("tls12", ssl.TLSVersion.TLSv1_2)):
        for kind in ("new", "resumed"):
            us = statistics.median(connections(cloud, version, kind == "resumed") for _ in range(3))
            print(f"figure cpu_{name}_connection_{kind} {us:.0f} us")


def chosen(cases, only):
    return [c for c in cases if not only or c[0] in only]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="one round of one second")
    parser.add_argument("--no-peers", action="store_true", help="our own figures alone")
    parser.add_argument("--only", help="operations, with commas between them")
    args = parser.parse_args()
    if args.quick:
        args.seconds, args.rounds = 1, 1
    only = set(args.only.split(",")) if args.only else set()
    s3_cases, ddb_cases, our_cases, tls_cases = (chosen(c, only) for c in (S3_CASES, DDB_CASES, OUR_CASES, TLS_CASES))
    have_peers = not args.no_peers and peers.install()
    if not have_peers and not args.no_peers:
        print("the peers could not be installed with npm: only our own figures follow", file=sys.stderr)
    need_boto3()
    with contextlib.ExitStack() as stack:
        started = ready_ms()
        cloud = stack.enter_context(Cloud(test_clock=False))
        time.sleep(1)
        idle = cloud.rss_kib() / 1024
        stage.cloud(cloud)
        env = stage.keys_of(cloud)
        plain = Target("plain", cloud.plain_endpoint, env, cloud.pid)
        tls = Target("tls", cloud.endpoint, env, cloud.pid)
        s3, ddb = [plain, tls], [plain]
        if have_peers:
            endpoint, keys, pid = stack.enter_context(peers.s3rver())
            s3.append(Target("s3rver", endpoint, keys, pid))
            endpoint, keys, pid = stack.enter_context(peers.dynalite())
            stage.table(endpoint, keys, None, False)
            ddb.append(Target("dynalite", endpoint, keys, pid))
        medians = (measure(s3, s3_cases, args) | measure(ddb, ddb_cases, args) | measure([plain], our_cases, args)
                   | measure([tls], tls_cases, args))
        report_connections(cloud)
    report(medians, ["plain", "tls"], "s3rver", s3_cases)
    report(medians, ["plain"], "dynalite", ddb_cases)
    report(medians, ["plain"], None, our_cases)
    report(medians, ["tls"], None, tls_cases)
    count_allocations({(op, size): (op, size, 1) for op, size, _ in s3_cases + ddb_cases + our_cases}.values(),
                      args.seconds)
    print(f"figure idle_rss {idle:.1f} MiB")
    print(f"figure ready_empty {started:.0f} ms")


if __name__ == "__main__":
    main()
