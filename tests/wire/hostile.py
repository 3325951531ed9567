"""Functions that attack: their own limits, the daemon, their neighbours. During each attack an honest function
is served, the daemon's memory stays bounded, and whoever invoked the attacker gets the right error."""
import contextlib
import io
import os
import pathlib
import re
import stat
import sys
import threading
import time
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import main, wait_for  # noqa: E402
from functions import Functions, FunctionsCase, package  # noqa: E402

MIB = 1 << 20
GROWTH_MIB = 250  # of the daemon, sanitizers and all, by one attack; what is attacked with is gigabytes
PATIENCE_S = 30   # for one honest call on a busy machine; a daemon that hangs takes longer than any


class Neighbour:
    """Invokes an honest function all the while: every call is answered well, and none takes for ever."""

    def __init__(self, functions):
        self.functions, self.calls, self.failures, self.worst = functions, 0, [], 0.0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.ask)

    def ask(self):
        while not self.over.is_set():
            began = time.monotonic()
            try:
                answer = self.functions.invoke("honest", {"n": self.calls})
                if answer.payload != {"n": self.calls}:
                    self.failures.append(answer.payload)
            except Exception as e:  # whatever it is, it is not an answer
                self.failures.append(repr(e))
            self.worst = max(self.worst, time.monotonic() - began)
            self.calls += 1
            self.over.wait(0.05)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, kind, *_):
        if not kind:  # at least one call that began after the attack had
            seen = self.calls
            wait_for(lambda: self.calls >= seen + 2, seconds=3 * PATIENCE_S)
        self.over.set()
        self.thread.join()


class Attacks(FunctionsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make("honest", MemorySize=128)
        cls.invoke("honest", {})
        cls.counted = cls.cloud.admin("GET", "/health")[1]["isolation_limits"]["memory"] == "cgroup"

    @contextlib.contextmanager
    def attack(self):
        before = self.cloud.rss_kib()
        with Neighbour(self.functions) as neighbour:
            yield
        self.assertEqual(neighbour.failures, [])
        self.assertLess(neighbour.worst, PATIENCE_S)
        self.assertLess((self.cloud.rss_kib() - before) / 1024, GROWTH_MIB, "MiB that the daemon grew by")
        health = self.cloud.admin("GET", "/health")[1]
        self.assertEqual(health["status"], "ok")
        self.assertLessEqual(health["functions"]["memory_used"], health["functions"]["memory_bytes"])

    def error_of(self, answer):
        self.assertIsNotNone(answer.error, answer.text)
        return answer.error["errorType"], re.sub("^RequestId: [0-9a-f-]{36} ", "", answer.error["errorMessage"])

    KILLED = ("Runtime.ExitError", "Error: Runtime exited with error: signal: killed")

    # ---- Limits ----
    def test_memory(self):
        self.make("bomb", MemorySize=128, Timeout=60)
        with self.attack():
            kind, words = self.error_of(self.invoke("bomb", {"do": "oom"}))
            self.assertIn((kind, words), [self.KILLED, (self.KILLED[0], "Error: Runtime exited with error: signal: aborted")])
            for do in ("memfd", "sysv"):
                answer = self.invoke("bomb", {"do": do})
                if self.counted:
                    self.assertEqual(self.error_of(answer), self.KILLED, do)
                else:
                    self.assertEqual(answer.payload, {"mib": 0, "why": "Function not implemented"}, do)

    def test_tmp(self):
        self.make("filler", MemorySize=128, Timeout=60, EphemeralStorage={"Size": 600})
        with self.attack():
            answer = self.invoke("filler", {"do": "tmp"})
        self.assertIn(answer.payload["mib"], range(590, 601), answer.text)
        self.assertEqual(answer.payload["why"], "No space left on device")
        self.assertEqual(self.invoke("filler", {"do": "tmp"}).payload["mib"], 0)  # the same environment, full as it is

    def test_processes_and_descriptors(self):
        self.make("forker", MemorySize=512, Timeout=60)
        with self.attack():
            answer = self.invoke("forker", {"do": "forks"})
            most = 1024 if self.counted else 256
            if answer.error:  # what that many processes cost is more than its memory
                self.assertEqual(self.error_of(answer), self.KILLED)
            else:
                self.assertIn(answer.payload["forks"], range(most // 2, most), answer.text)
                self.assertEqual(answer.payload["why"], "Resource temporarily unavailable")
        self.make("opener", MemorySize=128)
        with self.attack():
            answer = self.invoke("opener", {"do": "files"})
        self.assertIn(answer.payload["files"], range(1000, 1024), answer.text)
        self.assertEqual(answer.payload["why"], "Too many open files")

    # ---- After the answer ----
    def test_children_left_behind_stand_still(self):
        self.make("spinner")
        began = time.monotonic()
        self.invoke("spinner", {"do": "spin"})
        before = self.invoke("spinner", {"do": "spun"}).payload["ms"]
        idle = time.monotonic()
        with self.attack():
            wait_for(lambda: time.monotonic() - idle > 2)
        waited = time.monotonic() - idle
        after = self.invoke("spinner", {"do": "spun"}).payload["ms"]
        self.assertLess(after - before, waited * 500, f"ms of its time while it was idle for {waited} s")
        self.assertLess(before, (idle - began) * 1500)

    def test_late_output(self):
        self.make("late", LoggingConfig={"LogGroup": "/late"})
        with self.attack():
            for _ in range(5):
                self.assertEqual(self.invoke("late", {"do": "late"}).payload["left"], 1)
            answer = self.invoke("late", {"hello": 1})
        self.assertEqual(answer.payload, {"hello": 1})

    def test_kill(self):
        self.make("killer")
        with self.attack():
            for _ in range(3):
                answer = self.invoke("killer", {"do": "kill"})
                self.assertIsNone(answer.error, answer.text)
            self.assertEqual(self.invoke("killer", {"hello": 1}).payload, {"hello": 1})

    def test_writing_elsewhere(self):
        self.make("writer")
        with self.attack():
            self.assertEqual(self.invoke("writer", {"do": "write"}).payload["written"], 0)

    # ---- The runtime API ----
    def test_foreign_and_past_invocations(self):
        """Neither another function's invocation, nor one of its own that is over, can be answered."""
        self.make("victim", Timeout=15)
        self.make("thief", Timeout=60)
        told = {}
        victim = threading.Thread(target=lambda: told.update(answer=self.invoke("victim", {"do": "sleep"})))
        with self.attack():
            victim.start()
            # The id is known: it is in the victim's log, and the thief's role may read that.
            group = "/aws/lambda/victim"
            logs = self.cloud.client("logs")

            def started():
                with contextlib.suppress(logs.exceptions.ResourceNotFoundException):
                    for event in logs.filter_log_events(logGroupName=group)["events"]:
                        if found := re.match(r"START RequestId: ([0-9a-f-]{36})", event["message"]):
                            return found[1]
                return None

            whose = wait_for(started)
            answer = self.invoke("thief", {"do": "foreign", "id": whose})
            self.assertEqual(answer.payload, {"response": 403, "error": 403})
            self.assertTrue(victim.is_alive(), "its invocation goes on")
            for path in ("", ".", "..", "%2e%2e", whose.upper(), whose + "x", "0" * 200):
                answer = self.invoke("thief", {"do": "foreign", "id": path})
                self.assertTrue(set(answer.payload.values()) <= {400, 403, 404}, (path, answer.text))
            self.assertEqual(self.invoke("thief", {"do": "past"}).payload["status"], 0)  # there is none yet
            self.assertEqual(self.invoke("thief", {"do": "past"}).payload["status"], 403)
            self.functions.client.delete_function(FunctionName="victim")
        self.addCleanup(victim.join)

    def test_double_answers(self):
        self.make("twice", Timeout=10)
        with self.attack():
            for _ in range(5):
                self.assertEqual(self.invoke("twice", {"do": "twice"}).payload, "first")
            self.assertEqual(self.invoke("twice", {"n": 2}).payload, {"n": 2})

    def test_an_answer_that_is_cut(self):
        self.make("cutter", Timeout=20)
        with self.attack():
            for _ in range(3):
                self.assertEqual(self.invoke("cutter", {"do": "cut"}).payload, "whole")

    def test_garbage(self):
        self.make("garbage", Timeout=60)
        with self.attack():
            self.assertEqual(self.invoke("garbage", {"do": "garbage"}).payload["sent"], 60)

    def test_bodies_that_nobody_waits_for(self):
        """300 connections, 6 MB each: one answer is kept, the rest is refused before it is read."""
        self.make("bodies", Timeout=8, MemorySize=512)
        with self.attack():
            kind, words = self.error_of(self.invoke("bodies", {"do": "bodies", "n": 300}))
        self.assertEqual((kind, words), ("Sandbox.Timedout", "Error: Task timed out after 8.00 seconds"))

    def test_connections(self):
        self.make("dialler", Timeout=6, MemorySize=512)
        with self.attack():
            kind, words = self.error_of(self.invoke("dialler", {"do": "connections"}))
        if not self.counted and (kind, words) == self.KILLED:
            return  # so many sockets count as more than its memory
        self.assertEqual((kind, words), ("Sandbox.Timedout", "Error: Task timed out after 6.00 seconds"))

    # ---- Packages ----
    def zipped(self, entries):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as z:
            for path, content, mode in entries:
                entry = zipfile.ZipInfo(path)
                entry.create_system, entry.external_attr = 3, mode << 16
                z.writestr(entry, content)
        return out.getvalue()

    def test_links_as_the_program(self):
        """A link is followed in the sandbox's root: neither to the host's files nor to the daemon's own program."""
        for name, target in (("outer", "/bin/sh"), ("inner", "/proc/self/exe"), ("upper", "../../../../../usr/bin/env")):
            self.make(name, self.zipped([("bootstrap", target, stat.S_IFLNK | 0o777)]))
            kind, words = self.error_of(self.invoke(name))
            self.assertEqual((kind, words), ("Runtime.InvalidEntrypoint", "Error: fork/exec /var/task/bootstrap: No such file or directory"), name)

    def test_links_in_packages(self):
        """What leaves the package, by a link or by a name, is refused and leaves nothing."""
        outside = pathlib.Path(self.cloud.data) / "planted"
        link = stat.S_IFLNK | 0o777
        cases = [("absolute link", [("out", str(self.cloud.data), link), ("out/planted", b"x", 0o100644)]),
                 ("link upwards", [("up", "../..", link), ("up/planted", b"x", 0o100644)]),
                 ("name upwards", [("../../planted", b"x", 0o100644)]),
                 ("absolute name", [(str(outside), b"x", 0o100644)]),
                 ("a device", [("bootstrap", b"", stat.S_IFCHR | 0o666)]),
                 ("a file and a folder", [("a", b"x", 0o100644), ("a/planted", b"x", 0o100644)])]
        for name, entries in cases:
            with self.subTest(name), self.assertRaises(self.functions.client.exceptions.InvalidParameterValueException):
                self.make("planter", self.zipped(entries))
            self.assertFalse(outside.exists(), name)
        self.assertEqual([p.name for p in (self.cloud.data / "functions").iterdir() if p.name.startswith(".half")], [])


class Budget(FunctionsCase):
    """All functions together stay within --functions-mib, files in /tmp included."""
    cloud_args = ("--functions-mib", "1100")

    def usage(self):
        return self.cloud.admin("GET", "/health")[1]["functions"]

    def counted_bytes(self):
        """What the kernel counts for all sandboxes of the daemon, or None where no cgroup does."""
        children = lambda pid: [int(c) for t in pathlib.Path(f"/proc/{pid}/task").iterdir()  # noqa: E731
                                for c in (t / "children").read_text().split()]
        groups, total = set(), 0
        for spawner in [c for nursery in children(self.cloud.pid) for c in children(nursery)]:
            for init in children(spawner):
                with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                    for line in pathlib.Path(f"/proc/{init}/cgroup").read_text().splitlines():
                        number, names, path = line.split(":", 2)
                        if "calotype." in path and (names == "memory" or number == "0"):
                            groups.add(("memory" if names else "", path))
        for names, path in groups:
            for place, file in ((f"/sys/fs/cgroup/{names}{path}", "memory.usage_in_bytes"), (f"/sys/fs/cgroup{path}", "memory.current")):
                with contextlib.suppress(OSError):
                    total += int((pathlib.Path(place) / file).read_text())
        return total

    def test_idle_functions_hold_what_is_counted(self):
        zipped, n, each = package(), 12, 100
        for i in range(n):
            self.make(f"f{i}", zipped, MemorySize=128, Timeout=60)
            self.assertEqual(self.invoke(f"f{i}", {"do": "tmp", "mib": each}).payload["mib"], each)
            usage = self.usage()
            self.assertLessEqual(usage["memory_used"], usage["memory_bytes"])
            self.assertLessEqual(self.counted_bytes(), usage["memory_bytes"])
        usage = wait_for(lambda: (u := self.usage())["environments"] * 648 * MIB > u["memory_used"] and u)
        alive = usage["environments"]
        # Those that are left hold their files, and that is what they are charged.
        self.assertIn(alive, range(2, 10))
        self.assertGreater(usage["memory_used"], alive * each * MIB)
        self.assertLess(usage["memory_used"], 1100 * MIB)
        # The last one is the freshest, and is still there with its files.
        self.assertEqual(self.invoke(f"f{n - 1}", {"do": "count"}).payload["count"], 2)
        # Idle ones without files are cheap: all of them stay.
        for i in range(n):
            self.make(f"g{i}", zipped, MemorySize=128)
            self.invoke(f"g{i}")
        usage = wait_for(lambda: (u := self.usage())["memory_used"] < u["environments"] * 40 * MIB and u)
        self.assertGreaterEqual(usage["environments"], n)
        for i in range(n):
            self.assertEqual(self.invoke(f"g{i}", {"do": "count"}).payload["count"], 2, f"g{i} ended")

    def test_no_room(self):
        """Where those that run have all memory, a caller is told so at once, and an event waits and runs."""
        zipped = package()
        self.make("large", zipped, MemorySize=300)  # and 512 of /tmp, and 8
        self.make("asleep", zipped, MemorySize=128, Timeout=5)
        sleeper = threading.Thread(target=self.invoke, args=("asleep", {"do": "sleep"}))
        sleeper.start()
        wait_for(lambda: self.usage()["memory_used"] >= 648 * MIB)
        with self.assertRaises(self.functions.client.exceptions.TooManyRequestsException):
            self.invoke("large")
        self.functions.client.invoke(FunctionName="large", InvocationType="Event", Payload="{}")
        sleeper.join()  # its time was over
        logs = self.cloud.client("logs")

        def ran():
            with contextlib.suppress(logs.exceptions.ResourceNotFoundException):
                return [e for e in logs.filter_log_events(logGroupName="/aws/lambda/large")["events"] if "END" in e["message"]]

        wait_for(ran)


if __name__ == "__main__":
    main()
