"""Kills the daemon and cuts its power under requests to all services, and decides each time whether what is
there is what the answers say.

    campaign.py --hours 8                              kills and cuts, a fresh DATA every so often
    campaign.py --rounds 4 --kinds kill,stop           a short form
    campaign.py --seed 71 --rounds 1 --kinds cut       with the requests of a seed that is printed
    campaign.py --rounds 2 --kinds cut --fault skip-wal-sync    ends 0 when the check FAILS

A line a round. A round that failed leaves its DATA and its history (history.py) in --keep. Cuts need
what disk.py says; without it they are left out, and a run of nothing else ends 77 (skipped). With --fault
the daemon leaves something out (a build with -Dtest_faults=true), which the check must notice.
"""
import argparse
import importlib
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "lib"), str(HERE.parent / "formats")]
from cloud import Cloud, DaemonFailed, wait_for, waited  # noqa: E402
from disk import Disk, possible  # noqa: E402
from history import History  # noqa: E402
from work import Clients  # noqa: E402
import old  # noqa: E402

SKIPPED = 77
NEED_DISK = {"cut", "full"}  # a disk of our own
# How often a request is of which service.
WORKS = {"s3": 6, "versions": 5, "multipart": 4, "events": 4, "ddb": 8, "sqs": 8, "sns": 4, "iam": 4, "stacks": 1, "watch": 5, "layers": 3, "pictures": 1}


class Field:
    """One DATA, the daemon on it, and all that was asked of it since it was made."""

    def __init__(self, args, seed, folder):
        self.args, self.seed, self.rng = args, seed, random.Random(seed)
        self.disk = Disk(folder).make() if NEED_DISK & set(args.kinds) else None
        self.env = {"CALOTYPE_TEST_FAULT": args.fault} if args.fault else {}
        self.cloud = Cloud(data=(self.disk.at if self.disk else folder) / "data", env=self.env)
        try:
            self.prepare()
        except BaseException:
            self.remove()
            raise

    def prepare(self):
        args = self.args
        self.cloud.start()
        self.history, self.clients, self.lost, self.asked = History(), Clients(self.cloud), 0, 0
        self.works = {name: importlib.import_module(f"check_{name}").Work(self.history) for name in args.works}
        for work in self.works.values():
            work.prepare(self.clients)
        if self.disk:
            self.disk.sync()  # what the requests begin with is not what is tried
        if args.fault:
            for work in self.works.values():
                work.patience = 5  # for what will never come

    # ---- requests ----
    def begin(self):
        """Threads ask until end()."""
        self.over = threading.Event()
        seeds = [self.rng.random() for _ in range(self.args.clients)]
        self.threads = [threading.Thread(target=self.ask, args=(seed,), daemon=True) for seed in seeds]
        for t in self.threads:
            t.start()

    def ask(self, seed):
        rng = random.Random(seed)
        works, weights = list(self.works.values()), [WORKS[name] for name in self.works]
        while not self.over.is_set():
            unknown = self.history.counts["unknown"]
            try:
                rng.choices(works, weights)[0].step(self.clients, rng)
            except Exception as e:  # of the harness itself: it must not pass for an answer
                self.history.problems.append(f"a thread ended: {e!r}")
                raise
            if self.history.counts["unknown"] != unknown:
                time.sleep(0.02)  # the daemon is down

    def end(self):
        self.over.set()
        for t in self.threads:
            t.join()

    def answers(self, n, seconds=60):
        """Waits for n more answers: a cut before any tries nothing."""
        want = self.history.counts["answered"] + n
        if not waited(lambda: self.history.counts["answered"] >= want, seconds=seconds, every=0.002):
            raise AssertionError(f"no {n} answers in {seconds} s")

    # ---- the daemon's ends ----
    def dead(self):
        self.history.cut()

    def freeze(self):
        os.kill(self.cloud.pid, signal.SIGSTOP)
        stat = pathlib.Path(f"/proc/{self.cloud.pid}/stat")
        wait_for(lambda: stat.read_text().rsplit(")", 1)[1].split()[0] == "T", every=0.001)

    def on(self, data):
        """The next start is on another folder."""
        self.cloud.data = data
        self.cloud.command[self.cloud.command.index("--data") + 1] = str(data)

    def kill(self):
        """At any moment."""
        self.answers(self.rng.randint(20, self.args.answers))
        time.sleep(self.rng.uniform(0, 0.1))
        self.cloud.kill9()
        self.dead()

    def kill_at_answer(self):
        """The moment an answer has come: from the thread that it has come to."""
        self.answers(self.rng.randint(20, self.args.answers))
        done, pid = threading.Event(), self.cloud.pid

        def strike():
            if not done.is_set():
                done.set()
                os.kill(pid, signal.SIGKILL)
        self.history.on_answer = strike
        if not done.wait(60):
            raise AssertionError("no answer in 60 s to kill at")
        self.history.on_answer = lambda: None
        self.cloud.kill9()
        self.dead()

    def stop(self):
        """An orderly stop, which must end well; perhaps a kill in the middle of it."""
        self.answers(self.rng.randint(20, self.args.answers))
        if self.rng.random() < 0.5:
            os.kill(self.cloud.pid, signal.SIGTERM)
            time.sleep(self.rng.uniform(0, 0.5))
            self.cloud.kill9()
        elif code := self.cloud.stop():
            self.history.problems.append(f"a stop ended with {code}")
        self.dead()

    def start(self):
        """A kill, then starts that are killed: in the middle of sweeps, migrations, work taken up again."""
        self.kill()
        for _ in range(self.rng.randint(1, 4)):
            self.cloud.launch()
            time.sleep(self.rng.uniform(0, 1.5 if self.args.slow else 0.6))
            if not self.cloud.alive:
                raise DaemonFailed(self.cloud.stderr)
            self.cloud.kill9()
            self.dead()

    def deploy(self):
        """A kill under `calotype deploy`, which goes well when it is done again."""
        thread = threading.Thread(target=lambda: self.cloud.run("deploy", check=False), daemon=True)
        thread.start()
        time.sleep(self.rng.uniform(0, 4))
        self.kill()
        thread.join()
        self.cloud.restart()
        again = self.cloud.run("deploy", check=False)
        if again.returncode:
            self.history.problems.append(f"deploy ended with {again.returncode}: {again.stdout}{again.stderr}")

    def cut(self):
        """A cut of the power: the disk as it is while the daemon stands still."""
        self.answers(self.rng.randint(20, self.args.answers))
        self.freeze()
        disk = self.disk.copy()
        self.cloud.kill9()
        self.dead()
        self.disk.remove()
        self.disk = disk.mount()
        self.on(disk.at / self.cloud.data.name)

    def copy(self):
        """A copy of DATA while the daemon is frozen, as docs/operations.md tells; then all goes on in it."""
        self.answers(self.rng.randint(20, self.args.answers))
        self.freeze()
        other = self.cloud.data.with_name(self.cloud.data.name + "+")
        subprocess.run(["cp", "-a", str(self.cloud.data), str(other)], check=True)
        if self.disk:
            self.disk.sync()  # cp does not; a cut would find empty files
        self.cloud.kill9()
        self.dead()
        shutil.rmtree(self.cloud.data)
        self.on(other)

    def migrate(self):
        """A kill; and DATA of an older format, whose migration is killed again and again."""
        self.kill()
        with old.Copy(self.rng.choice(old.NUMBERS)) as copy:
            cloud = Cloud(data=copy.data, env=self.rng.choice(({}, {"CALOTYPE_TEST_FAULT": "kill-migration"})))
            for _ in range(self.rng.randint(1, 8)):
                cloud.launch()
                time.sleep(self.rng.uniform(0, 1.0 if self.args.slow else 0.4))
                cloud.kill9()
            with Cloud(data=copy.data) as cloud:
                found = old.picture(cloud, copy.told)
            if found != copy.told:
                self.history.problems.append(f"format {copy.number}: {[n for n in copy.told if copy.told[n] != found.get(n)]} are others")

    def full(self):
        """The disk is full for a while, perhaps with a kill and a start in it."""
        self.answers(self.rng.randint(20, self.args.answers))
        filler, before = self.disk.at / "filler", self.history.counts["unknown"]
        room = shutil.disk_usage(self.disk.at).free - (self.rng.choice((200, 100, 20)) << 20)
        subprocess.run(["fallocate", "-l", str(room), str(filler)], check=True)
        try:
            if not waited(lambda: self.history.counts["unknown"] >= before + 20, seconds=60):
                self.history.problems.append("the disk is full, and nothing is refused")
            if self.rng.random() < 0.5:
                self.cloud.kill9()
                self.dead()
                self.cloud.restart()
                time.sleep(self.rng.uniform(0, 2))
        finally:
            filler.unlink()
        waited(lambda: self.cloud.admin("GET", "/health")[1]["status"] == "ok", seconds=30)
        self.kill()

    KINDS = {"kill": kill, "answer": kill_at_answer, "stop": stop, "start": start, "deploy": deploy, "copy": copy, "migrate": migrate, "cut": cut, "full": full}

    # ---- a round ----
    def round(self, kind):
        """What was wrong."""
        self.begin()
        try:
            self.KINDS[kind](self)
            if kind not in ("cut", "copy", "deploy"):  # the last one has seen to it
                self.cloud.restart()
            if kind not in ("cut", "copy"):  # clients go on asking; those on another disk begin anew
                self.answers(self.args.clients)
        finally:
            self.end()
        if kind in ("cut", "copy"):
            self.cloud.restart()
        return self.look()

    def look(self):
        problems, self.history.problems = self.history.problems, []
        status, health = self.cloud.admin("GET", "/health")
        if status != 200 or health["status"] != "ok":
            problems.append(f"health is {status}, {health}")
        for work in self.works.values():
            try:
                problems += work.check(self.cloud, self.clients)
            except Exception as e:
                problems.append(f"{work.name}: reading it back ended with {e!r}")
        problems += self.aside()
        scrub = self.cloud.run("scrub", "--rate", "1000", check=False)
        if scrub.returncode:
            problems.append(f"scrub ended with {scrub.returncode}: {scrub.stdout}{scrub.stderr}")
        if report := self.cloud.failure.search(self.cloud.stderr):
            problems.append(report[0])
        return problems + self.history.problems

    def aside(self):
        """What starts have moved aside is of requests that were cut off, or of what was deleted just before:
        never more than was asked since the last look, and (check) nothing that anything refers to."""
        lost = sum(p.is_file() for p in (self.cloud.data / "lost").glob("*/blobs/*/*"))
        asked = sum(self.history.counts.values())
        new, self.lost, since, self.asked = lost - self.lost, lost, asked - self.asked, asked
        return [f"{new} bodies were moved aside, and only {since} requests were made"] if new > since else []

    def remove(self):
        if self.cloud.alive:
            self.cloud.kill9()
        self.cloud._remove()
        if self.disk:
            self.disk.remove()

    def keep(self, folder):
        """For looking at: DATA as it is, the history and the log."""
        folder.mkdir(parents=True, exist_ok=True)
        self.history.save(folder / "history.jsonl")
        (folder / "log.txt").write_text(self.cloud.stderr)
        if self.cloud.alive:
            self.cloud.kill9()
        shutil.copytree(self.cloud.data, folder / "data", ignore=shutil.ignore_patterns("admin.sock"), dirs_exist_ok=True)


class Campaign:
    def __init__(self, args):
        self.args, self.chance, self.rounds, self.failed, self.answered = args, random.Random(args.seed), 0, [], 0
        self.until = time.monotonic() + args.hours * 3600

    def more(self):
        return self.rounds < self.args.rounds if self.args.rounds else time.monotonic() < self.until

    def field(self):
        """Rounds on one DATA, until one fails."""
        folder, seed = pathlib.Path(tempfile.mkdtemp(prefix="calotype-crash-", dir=self.args.at)), self.chance.getrandbits(32)
        field = None
        try:
            field = Field(self.args, seed, folder)
            kinds = list(self.args.kinds)
            for number in range(self.args.rounds_a_field):
                if not self.more() or self.one(field, kinds[number % len(kinds)] if self.args.rounds else self.chance.choice(kinds)):
                    break
        finally:
            if field:
                field.remove()
            shutil.rmtree(folder, ignore_errors=True)

    def one(self, field, kind):
        began, before, self.rounds = time.monotonic(), dict(field.history.counts), self.rounds + 1
        try:
            problems = field.round(kind)
        except DaemonFailed as e:
            if self.args.fault and kind != "cut":
                raise  # of what is left out after a kill alone, a start notices nothing
            problems = [f"the daemon did not come up: {e}"]
        except AssertionError as e:
            if self.args.fault:
                raise
            problems = [f"the round did not come to its end: {e}"]
        counts = {k: n - before[k] for k, n in field.history.counts.items()}
        self.answered += counts["answered"]
        print(f"round {self.rounds}, seed {field.seed}, {kind}: {counts['answered']} answered, {counts['refused']} refused, "
              f"{counts['unknown']} cut off, {len(problems)} problems, {time.monotonic() - began:.1f} s", flush=True)
        for p in problems[:12]:
            print("  " + p[:1000], flush=True)
        if problems:
            self.failed += problems
            if self.args.keep:
                field.keep(pathlib.Path(self.args.keep) / f"round-{self.rounds}-{field.seed}-{kind}")
        return problems

    def run(self):
        while self.more() and not (self.failed and (self.args.fault or self.args.rounds)):
            self.field()
        print(f"figure crash_rounds {self.rounds} count\nfigure crash_answered {self.answered} count\n"
              f"figure crash_problems {len(self.failed)} count")


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--hours", type=float, default=1.0)
    parser.add_argument("--rounds", type=int, help="so many instead of hours, each kind in its turn")
    parser.add_argument("--rounds-a-field", type=int, default=12)
    parser.add_argument("--kinds", type=lambda text: text.split(","), default=list(Field.KINDS))
    parser.add_argument("--works", type=lambda text: text.split(","), default=list(WORKS))
    parser.add_argument("--clients", type=int, default=6)
    parser.add_argument("--answers", type=int, default=300, help="at most so many before the end of a round")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().getrandbits(32))
    parser.add_argument("--fault")
    parser.add_argument("--keep", help="a folder for what failed")
    parser.add_argument("--at", help="a folder for DATA and disks, else the system's")
    parser.add_argument("--slow", action="store_true", help="starts take long, as with sanitizers")
    return parser.parse_args()


def main():
    args = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that mounts and daemons go
    if NEED_DISK & set(args.kinds) and not possible():
        print(f"no {' or '.join(NEED_DISK)}: they need root, mkfs.ext4 and loop devices")
        args.kinds = [kind for kind in args.kinds if kind not in NEED_DISK]
        if not args.kinds:
            sys.exit(SKIPPED)
    print(f"seed {args.seed}", flush=True)
    campaign = Campaign(args)
    campaign.run()
    if not campaign.answered:
        sys.exit("nothing was answered: the harness asked nothing")
    sys.exit((not campaign.failed) if args.fault else bool(campaign.failed))


if __name__ == "__main__":
    main()
