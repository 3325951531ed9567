"""Kills the daemon again and again while clients upload, and then asks for what was answered.

    kill9.py [--rounds 50] [--clients 8] [--seconds-between 1.0] [--fault skip-outbox]

Every upload answered 200 must have its object, byte for byte, and in the end its row, `processed`,
with derivatives that can be fetched; what was never answered is there whole or not at all. With
--fault the daemon leaves something out (a build with -Dtest_faults=true), and the harness must
notice: it ends 0 when the check FAILS.
"""
import argparse
import hashlib
import pathlib
import random
import sys
import threading
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent), str(pathlib.Path(__file__).resolve().parents[1] / "lib")]
from cloud import Cloud, waited  # noqa: E402
import pictures  # noqa: E402

ORIGINALS = "image-storage-bucket-dev-000000000000"
TABLE = "ImageMetadata-dev"


class Uploader(threading.Thread):
    """Puts one picture after the other until told to stop; remembers what was answered."""
    numbers = iter(range(10**9))
    lock = threading.Lock()

    def __init__(self, cloud, stop):
        super().__init__(daemon=True)
        self.cloud, self.stop, self.answered, self.unanswered, self.refused = cloud, stop, {}, set(), []

    def run(self):
        s3 = None
        while not self.stop.is_set():
            with self.lock:
                number = next(self.numbers)
            key, body, md5 = pictures.upload(number)
            try:
                s3 = s3 or self.cloud.client("s3", connect_timeout=2, read_timeout=20)
                s3.put_object(Bucket=ORIGINALS, Key=key, Body=body, ContentType="image/png")
                self.answered[key] = md5
            except Exception as e:  # the daemon is down, or died under this request
                code = (getattr(e, "response", None) or {}).get("Error", {}).get("Code", "")
                if code and code not in ("ServiceUnavailable", "SlowDown"):
                    self.refused.append((key, code))
                self.unanswered.add(key)
                s3 = None
                time.sleep(0.02)


def rows_of(cloud):
    pages = cloud.client("dynamodb").get_paginator("scan").paginate(TableName=TABLE)
    return {row["ObjectKey"]["S"]: row for page in pages for row in page["Items"]}


def final(cloud, answered):
    """True when each answered upload has a row with a final status."""
    rows = rows_of(cloud)
    return all(rows.get(key, {}).get("Status", {}).get("S") in ("processed", "rejected", "failed") for key in answered)


def check_object(s3, key, md5, problems):
    try:
        body = s3.get_object(Bucket=ORIGINALS, Key=key)["Body"].read()
    except Exception as e:
        problems.append(f"{key}: answered 200, but {e}")
        return
    if hashlib.md5(body).hexdigest() != md5:
        problems.append(f"{key}: answered 200, but its bytes are others ({len(body)})")


def check_row(s3, key, row, problems):
    if not row or row["Status"]["S"] != "processed":
        problems.append(f"{key}: its row is {row and row['Status']['S']}")
        return
    derivatives = row["Derivatives"]["L"]
    if len(derivatives) != 3:
        problems.append(f"{key}: {len(derivatives)} derivatives")
    for d in derivatives:
        got = s3.get_object(Bucket=d["M"]["Bucket"]["S"], Key=d["M"]["Key"]["S"])["Body"].read()
        if len(got) != int(d["M"]["FileSize"]["N"]):
            problems.append(f"{key}: derivative {d['M']['Name']['S']} has {len(got)} bytes")


def check(cloud, answered, unanswered):
    """What is wrong, in words."""
    problems = []
    s3 = cloud.client("s3")
    rows = rows_of(cloud)
    for key, md5 in answered.items():
        check_object(s3, key, md5, problems)
        check_row(s3, key, rows.get(key), problems)
    listed = [o["Key"] for page in s3.get_paginator("list_objects_v2").paginate(Bucket=ORIGINALS)
              for o in page.get("Contents", [])]
    for key in set(listed) - set(answered):
        if key not in unanswered:
            problems.append(f"{key}: nobody put it")
        else:  # not answered, but there: then it is there whole
            check_object(s3, key, pictures.upload(int(key[8:14]))[2], problems)
    for key in set(rows) - set(listed):
        problems.append(f"{key}: a row without an object")
    return problems


def upload_and_kill(cloud, args):
    stop = threading.Event()
    threads = [Uploader(cloud, stop) for _ in range(args.clients)]
    for t in threads:
        t.start()
    for round_ in range(args.rounds):
        time.sleep(random.uniform(0.1, 2 * args.seconds_between))
        cloud.kill9()
        cloud.restart()
        if args.verbose:
            print(f"kill {round_ + 1}: {sum(len(t.answered) for t in threads)} answered", flush=True)
    time.sleep(0.3)
    stop.set()
    for t in threads:
        t.join()
    answered = {k: v for t in threads for k, v in t.answered.items()}
    refused = [r for t in threads for r in t.refused]
    return answered, set().union(*(t.unanswered for t in threads)), refused


def run(args):
    env = {"CALOTYPE_TEST_FAULT": args.fault} if args.fault else {}
    with Cloud(env=env) as cloud:
        cloud.run("deploy")
        answered, unanswered, refused = upload_and_kill(cloud, args)
        waited(lambda: final(cloud, answered), seconds=10 if args.fault else args.patience, every=0.5)  # the check names what is missing
        problems = check(cloud, answered, unanswered) + [f"{k}: refused with {c}" for k, c in refused]
        print(f"{args.rounds} kills, {len(answered)} uploads answered, {len(unanswered)} cut off, "
              f"{len(problems)} problems")
        for p in problems[:10]:
            print("  " + p)
        print(f"figure crash_kills {args.rounds} count")
        print(f"figure crash_answered {len(answered)} count")
        print(f"figure crash_lost {len(problems)} count")
        return problems, answered


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seconds-between", type=float, default=1.0)
    parser.add_argument("--patience", type=float, default=300)
    parser.add_argument("--fault")
    parser.add_argument("--verbose", action="store_true")
    args = parser.parse_args()
    problems, answered = run(args)
    if not answered:
        sys.exit("nothing was answered: the harness made no upload")
    sys.exit((not problems) if args.fault else bool(problems))


if __name__ == "__main__":
    main()
