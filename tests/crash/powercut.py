"""Cuts the power under uploads: kill -9 alone cannot see a missing sync, since the kernel still
writes what the dead process had written.

    powercut.py [--rounds 20] [--clients 4] [--fault skip-wal-sync|skip-blob-sync|skip-dir-sync]

DATA lies on an ext4 in a file, mounted through a loop device with a commit interval of ten minutes.
A cut: the daemon is stopped (SIGSTOP), the file is copied as it is (what was not synced is in the
page cache of the mounted file system, not in the file), the copy is mounted, and a daemon on it is
asked for everything that was answered. Needs root and loop devices; ends 77 (skipped) without them.
With --fault the harness must notice, as in kill9.py.
"""
import argparse
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent), str(pathlib.Path(__file__).resolve().parents[1] / "lib")]
from cloud import Cloud, waited  # noqa: E402
import kill9  # noqa: E402

SKIPPED = 77
IMAGE_BYTES = 768 << 20


def sh(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True)


class Disk:
    """An ext4 in a file, mounted."""

    def __init__(self, folder, number):
        self.file, self.at = folder / f"disk-{number}.img", folder / f"mount-{number}"

    def make(self):
        with open(self.file, "wb") as f:
            f.truncate(IMAGE_BYTES)
        sh("mkfs.ext4", "-q", "-F", str(self.file))
        return self.mount()

    def mount(self):
        self.at.mkdir()
        sh("mount", "-o", "loop,commit=600", str(self.file), str(self.at))
        return self

    def copy_to(self, other):
        sh("cp", "--sparse=always", str(self.file), str(other.file))

    def remove(self):
        for _ in range(50):  # the killed daemon's children may still be leaving
            if subprocess.run(["umount", str(self.at)], capture_output=True).returncode == 0:
                break
            time.sleep(0.1)
        self.file.unlink(missing_ok=True)


def possible():
    if os.geteuid() != 0 or not shutil.which("mkfs.ext4"):
        return False
    with tempfile.TemporaryDirectory() as folder:
        disk = Disk(pathlib.Path(folder), 0)
        try:
            disk.make()
        except (subprocess.CalledProcessError, OSError):
            return False
        disk.remove()
        return True


def uploads(cloud, clients, seconds):
    stop = threading.Event()
    threads = [kill9.Uploader(cloud, stop) for _ in range(clients)]
    for t in threads:
        t.start()
    time.sleep(seconds)
    # A busy machine may need longer for the first answers, and a cut before them tries nothing.
    waited(lambda: sum(len(t.answered) for t in threads) >= clients, seconds=60, every=0.1)
    return stop, threads


def cut(cloud, disk, next_disk):
    """The disk as it was at this moment, mounted again."""
    os.kill(cloud.pid, signal.SIGSTOP)
    disk.copy_to(next_disk)
    cloud.kill9()
    disk.remove()
    next_disk.mount()


def one_round(folder, number, disk, args, known):
    """Returns the next disk and what was wrong on it. known: answered in earlier rounds."""
    env = {"CALOTYPE_TEST_FAULT": args.fault} if args.fault else {}
    next_disk = Disk(folder, number + 1)
    first = Cloud(data=disk.at / "data", env=env)
    first.start()
    if number == 0:
        first.run("deploy")
        sh("sync", "-f", str(disk.at))  # the stack is not what is tried here
    stop, threads = uploads(first, args.clients, args.seconds)
    # Answers that arrive while the copy is made belong to nobody: take the list before the stop.
    answered = {k: v for t in threads for k, v in list(t.answered.items())}
    stop.set()
    cut(first, disk, next_disk)
    for t in threads:
        t.join()
    unanswered = set().union(*(t.unanswered | (set(t.answered) - set(answered)) for t in threads))
    known[0].update(answered)
    known[1].update(unanswered)

    with Cloud(data=next_disk.at / "data") as second:
        waited(lambda: kill9.final(second, known[0]), seconds=10 if args.fault else 120, every=0.3)  # the check names what is missing
        problems = kill9.check(second, *known)
    return next_disk, len(answered), problems


def run(args):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="calotype-powercut-"))
    disk = Disk(folder, 0).make()
    problems, total, known = [], 0, ({}, set())
    try:
        for number in range(args.rounds):
            disk, answered, wrong = one_round(folder, number, disk, args, known)
            total += answered
            problems += wrong
            print(f"cut {number + 1}: {answered} answered, {len(wrong)} problems", flush=True)
            if wrong:
                break
    finally:
        disk.remove()
        shutil.rmtree(folder, ignore_errors=True)
    for p in problems[:10]:
        print("  " + p)
    print(f"figure powercut_answered {total} count")
    print(f"figure powercut_lost {len(problems)} count")
    return problems, total


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=1.5)
    parser.add_argument("--fault")
    args = parser.parse_args()
    if not possible():
        print("skipped: needs root, mkfs.ext4 and loop devices")
        sys.exit(SKIPPED)
    try:
        problems, total = run(args)
    except Exception as e:
        if not args.fault:
            raise
        problems, total = [f"the daemon did not come up: {e}"], 1  # a store that lost its log, say
        print("  " + problems[0][:300])
    if not total:
        sys.exit("nothing was answered: the harness made no upload")
    sys.exit((not problems) if args.fault else bool(problems))


if __name__ == "__main__":
    main()
