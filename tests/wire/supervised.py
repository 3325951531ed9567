"""A service manager's view of the daemon: what it is told, where the admin socket lies, how settings are reread."""
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import Cloud, binary, main, wait_for, without_faults

signal.signal(signal.SIGHUP, signal.SIG_DFL)  # a test may run under nohup

# Each setting of the file: another value than it has in the cloud below, and what becomes of it.
SETTINGS = {
    "listen": ("127.0.0.2", "waiting"), "port": (None, ""), "log": ("text", "changed"), "log-level": ("debug", "changed"),
    "log-mib": (3, "changed"), "strict": ("true", "waiting"), "isolation": ("userns", "waiting"), "reserve-mib": (300, "changed"),
    "functions-mib": (640, "changed"), "python": ("/bin/true", "waiting"), "node": ("/bin/true", "waiting"), "threads": (8, "waiting"), "idle-seconds": (30, "waiting"), "head-seconds": (1, "changed"),
    "body-seconds": (2, "changed"), "stop-seconds": (1, "changed"),
}


class Manager:
    """A socket that NOTIFY_SOCKET names, and a folder as systemd's RuntimeDirectory."""
    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="calotype-manager-"))
        self.runtime = self.folder / "runtime"
        self.runtime.mkdir(mode=0o700)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(self.folder / "notify"))
        self.socket.settimeout(60)
        self.env = {"NOTIFY_SOCKET": str(self.folder / "notify"), "RUNTIME_DIRECTORY": f"{self.runtime}:/elsewhere"}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        shutil.rmtree(self.folder)

    def hear(self, *words):
        """Datagrams up to the first that has the words; that one."""
        while True:
            got = self.socket.recv(65536).decode()
            if all(w in got for w in words):
                return got


def settings(cloud, **values):
    (cloud.data / "calotype.yaml").write_text("".join(f"{k.replace('_', '-')}: {v}\n" for k, v in values.items()))


class Told(unittest.TestCase):
    def test_its_life(self):
        with Manager() as manager:
            manager.env["WATCHDOG_USEC"] = "2000000"
            with Cloud(env=manager.env) as c:
                self.assertEqual(manager.hear("STATUS"), "STATUS=starting\n")
                manager.hear("READY=1\n")
                manager.hear("WATCHDOG=1\n")
                self.assertRegex(manager.hear("STATUS"), rf"^STATUS=ok; {c.endpoint}; isolation \w+.*; .* free, 256 MiB of it kept free; nothing waits\n$")
                # One that stands still is not fed, though its process lives.
                manager.hear("WATCHDOG=1\n")
                os.kill(c.pid, signal.SIGSTOP)
                manager.socket.settimeout(1)
                with self.assertRaises(TimeoutError):
                    for _ in range(10):
                        manager.hear("WATCHDOG=1\n")
                manager.socket.settimeout(60)
                os.kill(c.pid, signal.SIGCONT)
                manager.hear("WATCHDOG=1\n")
                c.stop()
                manager.hear("STOPPING=1\nEXTEND_TIMEOUT_USEC=70000000\n")  # stop-seconds and a minute
                manager.hear("STATUS=ending\n")

    def test_what_takes_no_changes_is_no_reason(self):
        """Full and read-only are told, and not mended by a new start."""
        with Manager() as manager, tempfile.TemporaryDirectory() as data:
            with Cloud(data=data):
                pass
            manager.env["WATCHDOG_USEC"] = "2000000"
            with Cloud(data=data, env={**manager.env, "CALOTYPE_TEST_FAULT": "fail-commit"}) as c:
                settings(c, reserve_mib=900000000)
                c.run("reload")
                self.assertRegex(manager.hear("STATUS=full"), r"^STATUS=full: .*changes are refused")
                for _ in range(3):
                    manager.hear("WATCHDOG=1\n")
                settings(c)
                c.run("reload")
                manager.hear("STATUS=ok; ")
                if c.admin("POST", "/clock", {"advance_ms": 1})[0] == 200:
                    without_faults(self)
                self.assertRegex(manager.hear("STATUS=read-only"), r"^STATUS=read-only: .*changes are refused")
                for _ in range(3):
                    manager.hear("WATCHDOG=1\n")

    def test_why_it_does_not_start(self):
        with Manager() as manager, tempfile.TemporaryDirectory() as data:
            pathlib.Path(data, "format").write_text("99\n")
            done = subprocess.run([binary(), "up", "--data", data, "--port", "0"], env={**os.environ, **manager.env},
                                  capture_output=True, text=True)
            self.assertEqual(done.returncode, 255)
            manager.hear("STATUS=starting\n")
            reason = manager.hear("STATUS=").removeprefix("STATUS=").strip()
            self.assertEqual(done.stderr.splitlines()[-1], f"calotype: {reason}")

    def test_a_detached_one_tells_nothing(self):
        """It is not the service that somebody waits for."""
        with Manager() as manager, tempfile.TemporaryDirectory() as data:
            env = {**os.environ, **manager.env}
            up = subprocess.run([binary(), "up", "--data", data, "--port", "0", "--detach"], env=env, capture_output=True, text=True)
            self.assertEqual((up.returncode, up.stderr), (0, ""))
            down = subprocess.run([binary(), "down", "--data", data], capture_output=True, text=True)
            self.assertEqual((down.returncode, down.stderr), (0, ""))
            manager.socket.setblocking(False)
            with self.assertRaises(BlockingIOError):
                manager.socket.recv(65536)


class Socket(unittest.TestCase):
    def test_in_the_runtime_directory(self):
        with Manager() as manager, Cloud(env=manager.env) as c, tempfile.TemporaryDirectory() as elsewhere:
            link = c.data / "admin.sock"
            self.assertTrue(link.is_symlink())
            self.assertEqual([pathlib.Path(os.readlink(link))], list(manager.runtime.iterdir()))
            self.assertEqual(link.stat().st_mode & 0o777, 0o600)
            self.assertIn("ok", c.run("status").stdout)
            # A copy of DATA has the link too: it leads to no daemon, so that no `down` hits the other one.
            copy = pathlib.Path(elsewhere, "copy")
            shutil.copytree(c.data, copy, symlinks=True)
            refused = c.run("down", "--data", str(copy), check=False)
            self.assertEqual(refused.returncode, 255)
            self.assertRegex(refused.stderr, "^calotype: no daemon is running on ")
            with Cloud(data=copy) as other:
                self.assertFalse((copy / "admin.sock").is_symlink())
                self.assertNotEqual(other.admin("GET", "/health")[1]["pid"], c.pid)
            c.kill9()  # leaves the link
            refused = c.run("status", check=False)
            self.assertRegex(refused.stderr, "^calotype: no daemon is running on ")
            c.start()
            self.assertEqual(c.run("down").returncode, 0)
            self.assertEqual(c.wait(), 0)
            self.assertEqual(list(manager.runtime.iterdir()), [])
            self.assertFalse(link.is_symlink())

    def test_where_that_is_no_place(self):
        with Manager() as manager:
            manager.runtime.chmod(0o777)
            with Cloud(env=manager.env) as c:
                self.assertIn("and not where RUNTIME_DIRECTORY says", c.stderr)
                self.assertFalse((c.data / "admin.sock").is_symlink())
                self.assertIn("ok", c.run("status").stdout)


class Settings(unittest.TestCase):
    def test_each(self):
        """What can change does, what cannot is named, and nothing is left out."""
        with Cloud() as c:
            flags = re.findall(r"^  --(\S+)", c.run("up", "--help").stdout, re.M)
            self.assertEqual(flags, [*SETTINGS, "data", "detach", "ready-fd", "test-clock"])
            settings(c, **{k: v for k, (v, _) in SETTINGS.items() if v is not None})
            want = {kind: [k for k, (_, of) in SETTINGS.items() if of == kind] for kind in ("changed", "waiting")}
            self.assertEqual(c.admin("POST", "/reload"), (200, want))
            wait_for(lambda: "the settings were read again: changed: log, log-level, log-mib" in c.stderr)
            # They are in force.
            self.assertIn("; waiting for a restart: listen, strict", c.stderr)
            health = c.admin("GET", "/health")[1]
            self.assertEqual((health["reserve_bytes"] >> 20, health["functions"]["memory_bytes"] >> 20), (300, 640))
            with contextlib.closing(socket.create_connection(("127.0.0.1", c.port))) as s:
                s.settimeout(15)  # 20 s were the patience with a head
                s.sendall(b"GET / HT")
                self.assertIn(s.recv(1000)[:12], (b"", b"HTTP/1.1 408"))
            # Asked again: what waits still does. Without the lines all is as it was.
            self.assertEqual(c.admin("POST", "/reload"), (200, {"changed": [], "waiting": want["waiting"]}))
            settings(c)
            self.assertEqual(c.admin("POST", "/reload"), (200, {"changed": want["changed"], "waiting": []}))
            self.assertEqual(c.admin("GET", "/health")[1]["reserve_bytes"] >> 20, 256)

    def test_the_verb(self):
        with Cloud("--reserve-mib", "70") as c:
            self.assertEqual(c.run("reload").stdout, "nothing has changed\n")
            settings(c, reserve_mib=80, head_seconds=5, threads=8)
            self.assertEqual(c.run("reload").stdout, "changed: head-seconds\nwaiting for a restart: threads\n")
            self.assertEqual(c.admin("GET", "/health")[1]["reserve_bytes"] >> 20, 70)  # the flag wins
            (c.data / "calotype.yaml").write_text("head-seconds: 7\nreserve-mb: 1\n")
            refused = c.run("reload", check=False)
            self.assertEqual((refused.returncode, refused.stdout), (255, ""))
            self.assertRegex(refused.stderr, r"^calotype: the settings stay as they are: .*calotype.yaml:2:1: there is no setting \"reserve-mb\"\n$")
            settings(c, head_seconds=5, threads=8)
            self.assertEqual(c.run("reload").stdout, "waiting for a restart: threads\n")  # the 7 was not taken

    def test_hangup(self):
        with Manager() as manager, Cloud(env=manager.env) as c:
            manager.hear("READY=1\n")
            settings(c, log_level="warn", port=1)
            before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
            os.kill(c.pid, signal.SIGHUP)
            told = manager.hear("RELOADING=1\n")
            self.assertGreaterEqual(int(told.split("MONOTONIC_USEC=")[1]), before)
            manager.hear("READY=1\n")
            (c.data / "calotype.yaml").write_text("log-level: loud\n")
            os.kill(c.pid, signal.SIGHUP)
            wait_for(lambda: "the settings stay as they are: " in c.stderr)
            manager.hear("READY=1\n")
            self.assertEqual(c.http("GET", "/health")[0], 200)

    def test_room_that_comes_and_goes(self):
        """A reserve beyond the disk refuses writes at once, and gives them back."""
        with Cloud() as c:
            s3 = c.client("s3")
            settings(c, reserve_mib=900000000)
            c.run("reload")
            self.assertEqual(c.admin("GET", "/health")[1]["status"], "full")
            with self.assertRaises(s3.exceptions.ClientError):
                s3.create_bucket(Bucket="photos")
            settings(c)
            c.run("reload")
            s3.create_bucket(Bucket="photos")
            self.assertEqual(json.loads(c.http("GET", "/health")[2])["status"], "ok")


if __name__ == "__main__":
    main()
