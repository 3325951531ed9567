"""The foundations against peers, in one interleaved run: S3 against npm's s3rver, DynamoDB against
npm's dynalite. Ours is durable (every answer is synced), the peers run as they come.

    foundation.py [--seconds 3] [--rounds 3] [--quick]

Each figure is the median of the rounds; ratios are of medians of the same run. The client
(bench/load) runs on the same machine and costs about as much as the server: trust ratios.
Ends with lines `figure NAME VALUE UNIT`.
"""
import argparse
import contextlib
import os
import pathlib
import re
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests/lib"), str(ROOT / "bench")]
from cloud import Cloud, build_dir, need_boto3  # noqa: E402
import peers  # noqa: E402

LOAD = build_dir() / "bench/load"
S3_CASES = [(op, size, clients) for size in (10 << 10, 1 << 20) for op in ("put", "get") for clients in (1, 8)]
DDB_CASES = [(op, 0, clients) for op in ("putitem", "getitem") for clients in (1, 16, 64)]


class Target:
    def __init__(self, name, endpoint, env):
        self.name, self.endpoint, self.env = name, endpoint, env

    def load(self, op, clients, seconds, size):
        env = {**os.environ, "AWS_REGION": "us-east-1", **self.env}
        done = subprocess.run([LOAD, self.endpoint, op, str(clients), str(seconds), str(size)], env=env,
                              capture_output=True, text=True, timeout=seconds + 120)
        match = re.match(r"rate (\d+) p50 ([\d.]+) p99 ([\d.]+) most [\d.]+ errors (\d+) ?(.*)", done.stdout)
        if not match:
            raise RuntimeError(f"{self.name} {op}: {done.stdout}{done.stderr}")
        if int(match[4]) > 0:
            print(f"  {self.name} {op} x{clients}: {match[4]} errors, first: {match[5]}", file=sys.stderr)
        return float(match[1])


def make_table(endpoint, env, verify, ours):
    boto3 = need_boto3()
    client = boto3.client("dynamodb", endpoint_url=endpoint, region_name="us-east-1", verify=verify,
                          aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
                          aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"])
    client.create_table(
        TableName="bench", BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "ImageId", "AttributeType": "S"},
                              {"AttributeName": "UploadTimestamp", "AttributeType": "N"}],
        KeySchema=[{"AttributeName": "ImageId", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[{"IndexName": "ByTime", "Projection": {"ProjectionType": "ALL"},
                                 "KeySchema": [{"AttributeName": "UploadTimestamp", "KeyType": "HASH"}]}])
    client.get_waiter("table_exists").wait(TableName="bench", WaiterConfig={"Delay": 1})
    if ours:
        client.update_continuous_backups(
            TableName="bench", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
    client.put_item(TableName="bench", Item={"ImageId": {"S": "0" * 32}, "UploadTimestamp": {"N": "1"},
                                             "Status": {"S": "processed"}})


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
    """{(target, op, size, clients): [rates]}; targets take turns within each case."""
    rates = {}
    for round_ in range(args.rounds):
        for op, size, clients in cases:
            for t in targets:
                rate = t.load(op, clients, args.seconds, size)
                rates.setdefault((t.name, op, size, clients), []).append(rate)
                print(f"round {round_ + 1} {t.name:10} {op:8} {size or '':>8} x{clients:<3} {rate:9.0f}/s",
                      file=sys.stderr, flush=True)
    return {k: statistics.median(v) for k, v in rates.items()}


def name_of(op, size, clients):
    return f"{op}{'_' + str(size // 1024) + 'k' if size else ''}_c{clients}"


def report(medians, ours, peer, cases):
    for case in cases:
        for name in ours + [peer]:
            if (name, *case) in medians:
                print(f"figure {name}_{name_of(*case)} {medians[(name, *case)]:.0f} per_second")
        mine, theirs = medians.get((ours[0], *case)), medians.get((peer, *case))
        if mine and theirs:
            print(f"figure ratio_{ours[0]}_to_{peer}_{name_of(*case)} {mine / theirs:.2f} times")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="one round of one second")
    args = parser.parse_args()
    if args.quick:
        args.seconds, args.rounds = 1, 1
    have_peers = peers.install()
    if not have_peers:
        print("the peers could not be installed with npm: only our own figures follow", file=sys.stderr)
    with contextlib.ExitStack() as stack:
        started = ready_ms()
        cloud = stack.enter_context(Cloud(test_clock=False))
        time.sleep(1)
        idle = cloud.rss_kib() / 1024
        env = {"AWS_ACCESS_KEY_ID": cloud.access_key, "AWS_SECRET_ACCESS_KEY": cloud.secret_key,
               "AWS_CA_BUNDLE": cloud.ca}
        cloud.client("s3").create_bucket(Bucket="bench")
        make_table(cloud.endpoint, env, cloud.ca, True)
        s3 = [Target("plain", cloud.plain_endpoint, env), Target("tls", cloud.endpoint, env)]
        ddb = [s3[0]]
        if have_peers:
            endpoint, keys = stack.enter_context(peers.s3rver())
            s3.append(Target("s3rver", endpoint, keys))
            endpoint, keys = stack.enter_context(peers.dynalite())
            make_table(endpoint, keys, None, False)
            ddb.append(Target("dynalite", endpoint, keys))
        medians = measure(s3, S3_CASES, args) | measure(ddb, DDB_CASES, args)
    report(medians, ["plain", "tls"], "s3rver", S3_CASES)
    report(medians, ["plain"], "dynalite", DDB_CASES)
    print(f"figure idle_rss {idle:.1f} MiB")
    print(f"figure ready_empty {started:.0f} ms")


if __name__ == "__main__":
    main()
