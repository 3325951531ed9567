"""Functions in Python and Node that attack (tests/sandbox/attackers): every wall holds from an interpreter too, bombs
are bounded, and what a bomb ends is told as AWS tells it and served on by the same environment. With a memory cgroup,
without one, and as an ordinary user."""
import contextlib
import os
import pathlib
import platform
import re
import socket
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import main, need_boto3, wait_for  # noqa: E402
from functions import Functions, must_work, python, zipped  # noqa: E402
from isolation import HIDDEN, Placed  # noqa: E402

ATTACKERS = pathlib.Path(__file__).resolve().parents[1] / "sandbox" / "attackers"
# What no function may call, by its number on x86-64 and on arm64.
CALLS = {"acct": (163, 89), "add_key": (248, 217), "bpf": (321, 280), "clock_settime": (227, 112), "delete_module": (176, 106),
         "fanotify_init": (300, 262), "finit_module": (313, 273), "fsopen": (430, 430), "init_module": (175, 105),
         "io_uring_setup": (425, 425), "kexec_load": (246, 104), "keyctl": (250, 219), "move_mount": (429, 429),
         "mount_setattr": (442, 442), "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265), "open_tree": (428, 428),
         "perf_event_open": (298, 241), "pidfd_getfd": (438, 438), "pivot_root": (155, 41), "process_vm_readv": (310, 270),
         "process_vm_writev": (311, 271), "quotactl": (179, 60), "reboot": (169, 142), "request_key": (249, 218),
         "sethostname": (170, 161), "settimeofday": (164, 170), "swapon": (167, 224), "syslog": (103, 116), "userfaultfd": (323, 282)}
KILLED = ("Runtime.ExitError", "Error: Runtime exited with error: signal: killed")
ABORTED = ("Runtime.ExitError", "Error: Runtime exited with error: signal: aborted")
# The packages of Debian that the runtime brings: runtimes.c has the list.
BROUGHT = {"boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six.py", "requests", "certifi", "chardet",
           "charset_normalizer", "idna"}


def runtimes():
    """Of each language a runtime whose interpreter is this machine's own."""
    found = {}
    with contextlib.suppress(unittest.SkipTest):
        found["python"] = python()
    if os.path.exists("/usr/bin/node"):
        found["node"] = "nodejs20.x"
    if not found:
        raise unittest.SkipTest("neither python3 nor node is in /usr/bin")
    return found


class Attacks:
    """Walls and memory, at a daemon as the class that inherits this starts it."""
    prefix, ordinary = [], False

    @classmethod
    def setUpClass(cls):
        need_boto3()
        if not must_work(ordinary=cls.ordinary or os.geteuid() != 0):
            raise unittest.SkipTest("functions cannot be sandboxed here")
        cls.cloud = Placed(cls.prefix, ordinary=cls.ordinary)
        cls.cloud.__enter__()
        cls.addClassCleanup(cls.cloud.__exit__, None, None, None)
        cls.functions = Functions(cls.cloud)
        cls.counted = cls.cloud.admin("GET", "/health")[1]["isolation_limits"]["memory"] == "cgroup"
        cls.languages = runtimes()
        for language, runtime in cls.languages.items():
            cls.make(language, language, runtime)

    @classmethod
    def make(cls, name, language, runtime, **more):
        file = "attacker.py" if language == "python" else "attacker.js"
        cls.functions.make(name, zipped({file: (ATTACKERS / file).read_text()}), Runtime=runtime,
                           Handler="attacker.handler", **{"MemorySize": 256, "Timeout": 120, **more})

    def check_each(self, test, acts=(None,)):
        """test(language, act), each as a test of its own."""
        for language in self.languages:
            for act in acts:
                with self.subTest(language, act=act):
                    test(language, act)

    def invoke(self, name, act, **more):
        return self.functions.invoke(name, {"do": act, **more})

    def error_of(self, answer):
        self.assertIsNotNone(answer.error, answer.text)
        return answer.error["errorType"], re.sub("^RequestId: [0-9a-f-]{36} ", "", answer.error["errorMessage"])

    def report_of(self, name, answer):
        """The REPORT line of that invocation."""
        return wait_for(lambda: self.functions.logged(name, filterPattern=f'"REPORT RequestId: {answer.id}"'))[0]

    # ---- Walls ----
    def test_walls(self):
        host = socket.gethostname()
        with socket.socket() as tcp, socket.socket(socket.AF_UNIX) as unix:
            tcp.bind(("127.0.0.1", 0))
            tcp.listen()
            abstract = f"calotype-attacked-{os.getpid()}"
            unix.bind("\0" + abstract)
            unix.listen()
            packages = [str(path) for folder in ("/usr/lib/python3/dist-packages", "/usr/local/lib/python3.11/dist-packages")
                        for path in pathlib.Path(folder).glob("*") if path.name not in BROUGHT]
            column = 0 if platform.machine() == "x86_64" else 1
            event = {"host": host, "data": str(self.cloud.data), "abstract": abstract, "address": "198.51.100.7",
                     "ports": [tcp.getsockname()[1], self.cloud.port], "packages": packages[:100],
                     "calls": {name: numbers[column] for name, numbers in CALLS.items()},
                     "keys": [self.cloud.access_key, self.cloud.secret_key]}
            for language in self.languages:
                with self.subTest(language):
                    answer = self.invoke(language, "escape", **event)
                    self.assertIsNone(answer.error, answer.text)
                    self.assertEqual(answer.payload["breaches"], [])
                    self.assertGreater(answer.payload["walls"], 100)
            tcp.settimeout(0)
            self.assertRaises(BlockingIOError, tcp.accept)

    def memory(self, language, act):
        name = f"{language}-{act}"
        self.make(name, language, self.languages[language])
        answer = self.invoke(name, act)
        self.assertEqual(self.error_of(answer), KILLED)
        report = self.report_of(name, answer)
        self.assertIn("\tMemory Size: 256 MB\t", report)
        self.assertTrue(report.endswith("\tStatus: error\tError Type: Runtime.OutOfMemory\n"), report)
        self.assertGreater(int(re.search(r"Max Memory Used: (\d+) MB", report)[1]), 128, report)
        answer = self.invoke(name, "life")
        # Where only sampling bounds it, one that is not dead at the next look ends with its environment.
        self.assertIn(answer.payload, [{"served": 1, "lives": 2}] + [{"served": 1, "lives": 1}] * (not self.counted), answer.text)

    def test_memory(self):
        """Over the limit: killed, told as AWS tells it, and the next event finds /tmp and a new program."""
        self.check_each(self.memory, ["memory", "memory_of_threads", "memory_of_children"])

    def test_what_node_sees_of_the_machine(self):
        """Pools are sized by it."""
        if "node" not in self.languages:
            self.skipTest("there is no Node here")
        sees = self.invoke("node", "machine").payload
        self.assertEqual(sees["cpus"], os.cpu_count())
        self.assertEqual(sees["parallel"], os.cpu_count())
        self.assertGreater(sees["total"], sees["free"])
        self.assertGreater(sees["free"], 0)
        self.assertGreater(sees["rss"], 10 << 20)
        self.assertGreater(sees["uptime"], 0)


class Bombs(Attacks):
    def test_objects_of_node(self):
        if "node" not in self.languages:
            self.skipTest("there is no Node here")
        answer = self.invoke("node", "memory_of_objects")
        self.assertIn(self.error_of(answer), [KILLED, ABORTED])
        self.assertIsNone(self.invoke("node", "life").error)

    def processes(self, language, act):
        most = 1024 if self.counted else 256
        name = f"{language}-{act}"
        self.make(name, language, self.languages[language], MemorySize=256, Timeout=10)
        answer = self.invoke(name, act)
        if answer.error:  # what so many cost is more than its memory, or than its time
            self.assertIn(self.error_of(answer), [KILLED, ABORTED, ("Sandbox.Timedout", "Error: Task timed out after 10.00 seconds")])
        else:
            self.assertLess(answer.payload["n"], most, answer.text)
            self.assertTrue(answer.payload["why"], answer.text)
        self.assertIsNone(self.invoke(name, "life").error)

    def test_processes(self):
        self.check_each(self.processes, ["forks", "threads"])

    def descriptors(self, language, _):
        answer = self.invoke(language, "files")
        self.assertIn(answer.payload["n"], range(900, 1024), answer.text)
        self.assertEqual(answer.payload["why"], "EMFILE")

    def test_descriptors(self):
        self.check_each(self.descriptors)

    def tmp(self, language, _):
        name = f"{language}-filler"
        self.make(name, language, self.languages[language])
        answer = self.invoke(name, "fill")
        self.assertIn(answer.payload["n"], range(505, 513), answer.text)
        self.assertEqual(answer.payload["why"], "ENOSPC")
        self.assertEqual(self.error_of(self.invoke(name, "memory")), KILLED)
        answer = self.invoke(name, "empty")
        self.assertIsNone(answer.error, answer.text)
        health = self.cloud.admin("GET", "/health")[1]["functions"]
        self.assertLessEqual(health["memory_used"], health["memory_bytes"])

    def test_tmp(self):
        """Full is full; it stays so over a crash, and does not count as the program's memory."""
        self.check_each(self.tmp)


class WithCgroups(Bombs, unittest.TestCase):
    pass


@unittest.skipUnless(os.geteuid() == 0, "only root hides cgroups")
class Sampled(Bombs, unittest.TestCase):
    prefix = HIDDEN


@unittest.skipUnless(os.geteuid() == 0, "only root becomes another user")
class Ordinary(Attacks, unittest.TestCase):
    ordinary = True


if __name__ == "__main__":
    main()
