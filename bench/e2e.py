"""Many photographs by several clients, from upload to row: the rate, the daemon's peak memory, and
where the time goes.

    e2e.py [--count 1000] [--clients 8] [--photos FOLDER]

Uploads over TLS with boto3, each photograph under its own key. Every one must end as a row with
status `processed`; the program ends 1 otherwise. Time from answered upload to row is split by the
row's own DurationMs (steps in the function) and the function's log lines (a median for each step).
Ends with lines `figure NAME VALUE UNIT`.
"""
import argparse
import concurrent.futures
import json
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
        self.cloud, self.local, self.answered = cloud, threading.local(), {}

    def put(self, key, body):
        if not hasattr(self.local, "s3"):
            self.local.s3 = self.cloud.client("s3")
        self.local.s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        self.answered[key] = time.time()


def step_times(cloud):
    """{step: [ms]} from the function's log."""
    times = {}
    pages = cloud.client("logs").get_paginator("filter_log_events").paginate(
        logGroupName="/aws/lambda/ImageProcessor-dev", filterPattern='{ $.step = "*" }')
    for page in pages:
        for event in page["events"]:
            line = json.loads(event["message"])
            if "ms" in line:
                times.setdefault(line["step"], []).append(line["ms"])
    return times


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
    parser.add_argument("--photos", default=str(ROOT.parent / "shared/images/photos"))
    args = parser.parse_args()
    photos = photographs(args.photos)
    with Cloud(test_clock=False) as cloud:
        cloud.run("deploy")
        upload = Upload(cloud)
        start = time.time()
        with concurrent.futures.ThreadPoolExecutor(args.clients) as pool:
            jobs = [pool.submit(upload.put, f"uploads/{i:05d}{photos[i % len(photos)][0]}", photos[i % len(photos)][1])
                    for i in range(args.count)]
            for job in jobs:
                job.result()
        uploaded = time.time() - start
        wait_for(lambda: check_pictures.final(cloud.client("dynamodb"), upload.answered), seconds=1800, every=1)
        done = time.time() - start
        rows = check_pictures.rows_of(cloud.client("dynamodb"))
        bad = [k for k in upload.answered if rows[k]["Status"]["S"] != "processed"]
        waits = [max(0, (iso_seconds(rows[k]["ProcessedAt"]["S"]) - t) * 1000) for k, t in upload.answered.items()]
        work = [float(r["DurationMs"]["N"]) for r in rows.values()]
        steps, peak = step_times(cloud), peak_mib(cloud)
    for key in bad[:5]:
        print(f"{key}: {rows[key]['Status']['S']} {rows[key].get('Reason', {}).get('S')}")
    for step, times in sorted(steps.items()):
        print(f"figure e2e_step_{step} {statistics.median(times):.2f} ms")
    print(f"figure e2e_rows {len(rows)} count")
    print(f"figure e2e_not_processed {len(bad)} count")
    print(f"figure e2e_upload_rate {args.count / uploaded:.1f} per_second")
    print(f"figure e2e_rate {args.count / done:.1f} per_second")
    print(f"figure e2e_answer_to_row_p50 {statistics.median(waits):.0f} ms")
    print(f"figure e2e_in_function_p50 {statistics.median(work):.0f} ms")
    print(f"figure e2e_daemon_peak {peak:.0f} MiB")
    sys.exit(bool(bad) or len(rows) != args.count)


if __name__ == "__main__":
    main()
