"""Many photographs by several clients, from upload to row: the rate, the daemon's peak memory, and
where the time goes.

    e2e.py [--count 1000] [--clients 8] [--warm 2] [--photos FOLDER]

Uploads over TLS with boto3, each photograph under its own key. Every one must end as a row with
status `processed`; the program ends 1 otherwise. Time from answered upload to row is split by the
row's own DurationMs (steps in the function) and the spans of the function's log lines (a median for
each step). Processor time is told apart by who spent it, for one upload: the daemon, what it starts
a sandbox with, `bootstrap`, and the image workers (from the log lines); the clients are this
program, and not counted; what MD5 and SHA-256 of a photograph cost meanwhile stands beside it. Ends with lines `figure NAME VALUE UNIT`.
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import statistics
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests/lib"), str(ROOT / "tests/crash")]
from cloud import Cloud, wait_for  # noqa: E402
import check_pictures  # noqa: E402
import pictures  # noqa: E402

BUCKET = check_pictures.ORIGINALS


def photographs(folder):
    found = sorted(pathlib.Path(folder).glob("*.jpg")) if folder else []
    return [(p.suffix, p.read_bytes()) for p in found] or [(".png", pictures.png(i, 400)) for i in range(4)]


class Upload:
    def __init__(self, cloud):
        self.cloud, self.local, self.answered, self.hashing = cloud, threading.local(), {}, []

    def put(self, key, body):
        if not hasattr(self.local, "s3"):
            self.local.s3 = self.cloud.client("s3")
        self.local.s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        self.answered[key] = time.time()
        if len(self.answered) % 8 == 1:
            self.hashing.append(self.hash(body))

    @staticmethod
    def hash(body):
        """What the ETag and Sha256 of one photograph cost as the machine is now, in ms."""
        start = time.thread_time()
        hashlib.md5(body, usedforsecurity=False)
        hashlib.sha256(body)
        return (time.thread_time() - start) * 1000


def spans(cloud):
    """The spans of the function's log lines: ({step: [ms]}, [processor time of a worker, ms])."""
    times, workers = {}, []
    pages = cloud.client("logs").get_paginator("filter_log_events").paginate(
        logGroupName="/aws/lambda/ImageProcessor-dev", filterPattern='{ $.outcome = "*" }')
    for page in pages:
        for event in page["events"]:
            for span in json.loads(event["message"])["spans"]:
                times.setdefault(span["step"], []).append(span["ms"])
                workers += [span["cpu"]] if span["step"] == "worker" else []
    return times, workers


TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def processes():
    """{pid: (parent, name, own ms, ended children's ms)} of processor time."""
    found = {}
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            head, _, tail = stat.read_text().rpartition(")")
        except OSError:
            continue
        fields = tail.split()
        user, system, c_user, c_system = (int(f) * 1000 / TICKS_PER_S for f in fields[11:15])
        found[int(stat.parent.name)] = (int(fields[1]), head.split("(", 1)[1], user + system, c_user + c_system)
    return found


def cpu_ms(daemon_pid):
    """{"daemon", "sandbox", "bootstrap"}: what each has spent so far, workers left out."""
    every = processes()
    spent = {"daemon": every[daemon_pid][2], "sandbox": 0, "bootstrap": 0}
    below = {daemon_pid}
    while more := {pid for pid, p in every.items() if p[0] in below} - below:
        below |= more
    for pid in below - {daemon_pid}:
        spent["bootstrap" if every[pid][1] == "bootstrap" else "sandbox"] += every[pid][2]
    return spent


def peak_mib(cloud):
    status = pathlib.Path(f"/proc/{cloud.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024


def iso_seconds(text):
    import datetime
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--warm", type=int, default=2, help="uploads before the first that counts")
    parser.add_argument("--photos", default=str(ROOT.parent / "shared/images/photos"))
    args = parser.parse_args()
    photos = photographs(args.photos)
    with Cloud(test_clock=False) as cloud:
        cloud.run("deploy")
        upload = Upload(cloud)
        for i in range(args.warm):
            upload.put(f"uploads/warm{i}{photos[0][0]}", photos[0][1])
        wait_for(lambda: check_pictures.final(cloud.client("dynamodb"), upload.answered), seconds=1800, every=1)
        upload.answered.clear()
        before, start = cpu_ms(cloud.pid), time.time()
        with concurrent.futures.ThreadPoolExecutor(args.clients) as pool:
            jobs = [pool.submit(upload.put, f"uploads/{i:05d}{photos[i % len(photos)][0]}", photos[i % len(photos)][1])
                    for i in range(args.count)]
            for job in jobs:
                job.result()
        uploaded = time.time() - start
        time.sleep(uploaded / 4)  # each look is a scan, and the daemon's work
        wait_for(lambda: check_pictures.final(cloud.client("dynamodb"), upload.answered), seconds=1800, every=3)
        after = cpu_ms(cloud.pid)
        rows = check_pictures.rows_of(cloud.client("dynamodb"))
        bad = [k for k in upload.answered if rows[k]["Status"]["S"] != "processed"]
        done = max(iso_seconds(rows[k]["ProcessedAt"]["S"]) for k in upload.answered) - start
        waits = [max(0, (iso_seconds(rows[k]["ProcessedAt"]["S"]) - t) * 1000) for k, t in upload.answered.items()]
        work = [float(rows[k]["DurationMs"]["N"]) for k in upload.answered]
        (steps, workers), peak = spans(cloud), peak_mib(cloud)
    for key in bad[:5]:
        print(f"{key}: {rows[key]['Status']['S']} {rows[key].get('Reason', {}).get('S')}")
    for step, times in sorted(steps.items()):
        print(f"figure e2e_step_{step} {statistics.median(times):.2f} ms")
    outside = {who: (after[who] - before[who]) / args.count for who in before}
    for who, ms in outside.items():
        print(f"figure e2e_cpu_{who} {ms:.2f} ms_per_upload")
    print(f"figure e2e_cpu_worker {statistics.mean(workers):.2f} ms_per_upload")
    print(f"figure e2e_cpu_outside_worker {sum(outside.values()):.2f} ms_per_upload")
    print(f"figure e2e_cpu_md5_and_sha256 {statistics.mean(upload.hashing):.2f} ms_per_upload")
    print(f"figure e2e_rows {len(upload.answered)} count")
    print(f"figure e2e_not_processed {len(bad)} count")
    print(f"figure e2e_upload_rate {args.count / uploaded:.1f} per_second")
    print(f"figure e2e_rate {args.count / done:.1f} per_second")
    print(f"figure e2e_answer_to_row_p50 {statistics.median(waits):.0f} ms")
    print(f"figure e2e_in_function_p50 {statistics.median(work):.0f} ms")
    print(f"figure e2e_daemon_peak {peak:.0f} MiB")
    sys.exit(bool(bad) or len(upload.answered) != args.count)


if __name__ == "__main__":
    main()
