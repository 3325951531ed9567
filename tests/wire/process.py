"""The daemon as a process: ready, health, clock, lock, settings, signals, restarts."""
import fcntl
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
from types import SimpleNamespace

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import Cloud, CloudCase, DaemonFailed, binary, main, wait_for

signal.signal(signal.SIGHUP, signal.SIG_DFL)  # the daemon is told apart by it, and a test may run under nohup


class Folder:
    """A fresh folder under a fresh name."""
    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="calotype-")
        return self.path

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)


def calotype(*args, **kw):
    return subprocess.run([binary(), *args], capture_output=True, text=True, timeout=60, **kw)


class Running(CloudCase):
    def test_health_needs_no_signature(self):
        for tls in (False, True):
            status, headers, body = self.cloud.http("GET", "/health", tls=tls)
            self.assertEqual(status, 200)
            health = json.loads(body)  # strangers learn no more
            self.assertEqual((list(health), health["status"]), (["status", "version", "isolation"], "ok"))
            self.assertEqual(len(headers.get_all("Date")), 1)
        status, headers, body = self.cloud.http("HEAD", "/health")
        self.assertEqual((status, body), (200, b""))

    def test_files_of_the_first_start(self):
        data = self.cloud.data
        self.assertEqual((data / "credentials").stat().st_mode & 0o777, 0o600)
        self.assertEqual((data / "tls/ca.key").stat().st_mode & 0o777, 0o600)
        self.assertEqual((data / "admin.sock").stat().st_mode & 0o777, 0o600)
        self.assertRegex(self.cloud.access_key, "^AKIA[A-Z2-7]{16}$")
        self.assertEqual(len(self.cloud.secret_key), 40)

    def test_admin_socket(self):
        status, health = self.cloud.admin("GET", "/health")
        self.assertEqual((status, health["endpoint"], health["pid"]), (200, self.cloud.endpoint, self.cloud.pid))
        self.assertEqual(self.cloud.admin("GET", "/nowhere")[0], 404)
        for bad in ({}, {"advance_ms": "1"}, {"advance_ms": 1, "offset_ms": 1}, []):
            self.assertEqual(self.cloud.admin("POST", "/clock", bad)[0], 400)

    def test_folder_in_use(self):
        done = calotype("up", "--data", str(self.cloud.data), "--port", "0")
        self.assertEqual(done.returncode, 255)
        self.assertRegex(done.stderr, r"^calotype: .* is in use by another process; end it: calotype down --data .*\n$")

    def test_port_taken(self):
        with Folder() as folder:
            done = calotype("up", "--data", folder, "--port", str(self.cloud.port), "--log-level", "error")
            self.assertEqual(done.returncode, 255)
            self.assertRegex(done.stderr, r"^calotype: port \d+ on 127.0.0.1 is taken by another program; .*\n$")


class Life(unittest.TestCase):
    def test_world_time_is_kept(self):
        with Cloud() as c:
            c.advance(86400)
            self.assertEqual(c.advance(1)["offset_ms"], 86401000)
            c.kill9()
            c.restart()
            self.assertEqual(c.admin("GET", "/clock")[1]["offset_ms"], 86401000)

    def test_clock_is_fixed_without_the_flag(self):
        with Cloud(test_clock=False) as c:
            self.assertEqual(c.admin("POST", "/clock", {"advance_ms": 1})[0], 403)

    def test_survives_kill_and_keeps_its_port_and_keys(self):
        with Cloud() as c:
            before = (c.endpoint, c.access_key, pathlib.Path(c.ca).read_bytes())
            for _ in range(3):
                c.kill9()
                c.restart()
                self.assertEqual((c.endpoint, c.access_key, pathlib.Path(c.ca).read_bytes()), before)
                self.assertEqual(c.http("GET", "/health", tls=True)[0], 200)

    def test_data_can_be_moved(self):
        with Folder() as folder:
            old, new = pathlib.Path(folder, "old"), pathlib.Path(folder, "a" * 150, "new")
            with Cloud(data=old) as c:
                key = c.access_key
            new.parent.mkdir()
            old.rename(new)
            with Cloud(data=new) as c:
                self.assertEqual(c.access_key, key)
                self.assertEqual(c.http("GET", "/health", tls=True)[0], 200)

    def test_ends_on_both_signals(self):
        for which in (signal.SIGTERM, signal.SIGINT):
            with Cloud() as c:
                os.kill(c.pid, which)
                self.assertEqual(c._process.wait(timeout=60), 0)
                c._process = None

    def test_detach_and_down(self):
        with Folder() as folder:
            up = calotype("up", "--data", folder, "--port", "0", "--detach")
            self.assertEqual((up.returncode, up.stderr), (0, ""))
            endpoint = up.stdout.strip()
            self.assertRegex(endpoint, r"^https://127\.0\.0\.1:\d+$")
            again = calotype("up", "--data", folder, "--port", "0", "--detach")
            self.assertEqual(again.returncode, 255)
            self.assertIn("in use", again.stderr)
            self.assertEqual(calotype("down", "--data", folder).returncode, 0)
            with self.assertRaises(OSError):
                socket.create_connection(("127.0.0.1", int(endpoint.rsplit(":", 1)[1])), 1)
            down = calotype("down", "--data", folder)
            self.assertEqual(down.returncode, 255)
            self.assertRegex(down.stderr, "^calotype: no daemon is running on .*\n$")

    def test_settings_file(self):
        cases = [
            ("prot: 3\n", "1:1: there is no setting \"prot\""),
            ("# first\nport: many\n", "2:7: port is a number"),
            ("port: 1\nport: 2\n", "2:1: port is set twice"),
            ("port: [1]\n", "1:7: a setting is a single value"),
            ("- port\n", "1:1: expected lines"),
            ("port: 'x\n", "not YAML|found unexpected end of stream"),
            ("strict: maybe\n", "1:9: strict is true or false"),
        ]
        with Folder() as folder:
            file = pathlib.Path(folder, "calotype.yaml")
            for text, want in cases:
                file.write_text(text)
                done = calotype("up", "--data", folder, "--port", "0")
                self.assertEqual(done.returncode, 255, text)
                self.assertRegex(done.stderr, f"calotype.yaml:.*({want})")
                self.assertEqual(done.stderr.count("\n"), 1)
            file.write_text("log: text\nport: 1\nidle-seconds: 5\n")
            with Cloud(data=folder) as c:  # the flag --port 0 wins over the file
                self.assertNotIn('{"time"', c.stderr)
            file.write_text("")
            with Cloud(data=folder):
                pass

    def test_full_disk(self):
        everything = ("--reserve-mib", "900000000")
        with Folder() as folder:
            done = calotype("up", "--data", folder, "--port", "0", "--log-level", "error", *everything)
            self.assertEqual(done.returncode, 255)
            self.assertRegex(done.stderr, r"^calotype: .*free space under .* is below the reserve.*\n$")
            with Cloud(data=folder):
                pass
            # What exists is served on, for reading.
            with Cloud(*everything, data=folder) as c:
                self.assertEqual(c.client("sts").get_caller_identity()["Account"], c.account)
                status, _, body = c.http("GET", "/health")
                self.assertEqual((status, json.loads(body)["status"]), (503, "full"), body)
                status, health = c.admin("GET", "/health")
                self.assertEqual((status, health["status"], health["writable"]), (503, "full", False))
                self.assertLess(health["free_bytes"], health["reserve_bytes"])
                self.assertEqual(c.admin("POST", "/clock", {"advance_ms": 1})[0], 200)  # tests of a full disk move it
                from botocore.exceptions import ClientError
                with self.assertRaises(ClientError) as refused:
                    c.client("s3").create_bucket(Bucket="photos")
                self.assertEqual(refused.exception.response["ResponseMetadata"]["HTTPStatusCode"], 507)

    def test_terminal_gone(self):
        """SIGHUP ends the daemon where stderr is a terminal, and nothing else does."""
        ours, theirs = os.openpty()
        with Folder() as folder, open(theirs, "wb", 0) as terminal:
            read, write = os.pipe()
            daemon = subprocess.Popen([binary(), "up", "--data", folder, "--port", "0", "--ready-fd", str(write)],
                                      stdin=terminal, stdout=terminal, stderr=terminal, pass_fds=[write],
                                      start_new_session=True)
            os.close(write)
            with os.fdopen(read) as ready:
                self.assertTrue(ready.readline())
            daemon.send_signal(signal.SIGHUP)
            self.assertEqual(daemon.wait(timeout=60), 0)
            self.assertIn(b"the terminal is gone: ending", os.read(ours, 65536))
            os.close(ours)

    def test_hangup_without_a_terminal(self):
        with Cloud() as c:
            os.kill(c.pid, signal.SIGHUP)
            wait_for(lambda: "the settings were read again: nothing has changed" in c.stderr)
            self.assertEqual(c.http("GET", "/health")[0], 200)

    def test_ignored_signals_stay_ignored(self):
        """nohup's, and those that a shell ignores for what runs in the background."""
        was = {s: signal.signal(s, signal.SIG_IGN) for s in (signal.SIGHUP, signal.SIGINT)}
        try:
            with Cloud() as c:
                for s in was:
                    os.kill(c.pid, s)
                    self.assertEqual(c.http("GET", "/health")[0], 200)
                self.assertNotIn("SIGHUP", c.stderr)
                ignored = re.search(r"SigIgn:\s+(\w+)", pathlib.Path(f"/proc/{c.pid}/status").read_text())[1]
                for s in was:
                    self.assertEqual(int(ignored, 16) >> (s - 1) & 1, 1, s)
        finally:
            for s, handler in was.items():
                signal.signal(s, handler)

    def test_log_of_a_detached_daemon(self):
        with Folder() as folder:
            log, moved = pathlib.Path(folder, "calotype.log"), pathlib.Path(folder, "moved")
            up = calotype("up", "--data", folder, "--port", "0", "--detach")
            self.assertEqual(up.returncode, 0, up.stderr)
            try:
                self.assertEqual(log.stat().st_mode & 0o777, 0o600)
                pid = Cloud.admin(SimpleNamespace(data=folder), "GET", "/health")[1]["pid"]
                log.rename(moved)
                os.kill(pid, signal.SIGHUP)
                wait_for(lambda: log.exists() and "was opened anew" in log.read_text())
                self.assertIn("is ready at", moved.read_text())
                self.assertNotIn("was opened anew", moved.read_text())
            finally:
                down = calotype("down", "--data", folder)
            self.assertEqual(down.returncode, 0, down.stderr)
            self.assertIn("ended", log.read_text())

    def test_nobody_reads_the_log(self):
        """A full pipe in stderr's place keeps nobody waiting, the end of the daemon neither."""
        ours, theirs = os.pipe()
        fcntl.fcntl(theirs, fcntl.F_SETPIPE_SZ, 4096)
        with Folder() as folder:
            read, write = os.pipe()
            daemon = subprocess.Popen([binary(), "up", "--data", folder, "--port", "0", "--log-level", "debug",
                                       "--ready-fd", str(write)], stderr=theirs, pass_fds=[write])
            os.close(write)
            with os.fdopen(read) as ready:
                port = int(ready.readline().rsplit(":", 1)[1])
            for _ in range(60):
                os.kill(daemon.pid, signal.SIGHUP)
                with socket.create_connection(("127.0.0.1", port)) as s:
                    s.sendall(b"GET /health HTTP/1.0\r\n\r\n")
                    self.assertTrue(s.recv(1000).startswith(b"HTTP/1.1 200"))
            os.set_blocking(theirs, False)
            with self.assertRaises(BlockingIOError):  # it is full indeed
                os.write(theirs, b"x" * 4096)
            os.set_blocking(theirs, True)
            daemon.send_signal(signal.SIGTERM)
            self.assertEqual(daemon.wait(timeout=60), 0)
            os.close(theirs)
            os.close(ours)

    def test_open_modes(self):
        """A start closes what others could use, and says so; a key's file that was given it refuses."""
        with Cloud() as c:
            c.stop()
            secrets = {"credentials": "a new root key", "tls/ca.key": "calotype rotate ca",
                       "keys/master": "calotype rotate master-key"}
            for path in (".", "keys", "tls", "db"):
                (c.data / path).chmod(0o755)
            for path in secrets:
                (c.data / path).chmod(0o644)
            c.start()
            for path, anew in secrets.items():
                self.assertEqual((c.data / path).stat().st_mode & 0o777, 0o600, path)
                self.assertRegex(c.stderr, f"{path} had mode 0644: others .* make {anew}")
            for path in (".", "keys", "tls", "db"):
                self.assertEqual((c.data / path).stat().st_mode & 0o777, 0o700, path)
            found = {p for p in c.data.rglob("*") if p.lstat().st_mode & 0o077 and p.name != "ca.pem"}
            self.assertEqual({str(p) for p in found if p.parent.name != "db"}, set())  # db/ is closed as a whole
            c.stop()
            given = c.data / "keys/given"
            (c.data / "keys/master").rename(given)
            given.chmod(0o644)
            env = {"CALOTYPE_MASTER_KEY_FILE": str(given)}
            refused = c.run("up", "--port", "0", check=False, env=env)
            self.assertEqual(refused.returncode, 4)  # a right, which another start does not bring
            self.assertRegex(refused.stderr.splitlines()[-1], r"given \(mode 0644\): chmod 600")
            given.chmod(0o600)
            given.rename(c.data / "keys/master")
            c.start()

    def test_code_of_the_start_is_given_back(self):
        """Of the libraries' files 20 MB are mapped by a start, of which a daemon that waits uses a few."""
        with Cloud(test_clock=False) as c:
            def mapped():
                return int(re.search(r"RssFile:\s+(\d+) kB", pathlib.Path(f"/proc/{c.pid}/status").read_text())[1])
            wait_for(lambda: mapped() < 12 * 1024)
            self.assertEqual(c.http("GET", "/health")[0], 200)

    def test_usage(self):
        for args in ((), ("fly",), ("up", "--prt", "1"), ("up", "--port"), ("up", "--port", "70000"), ("up", "x")):
            done = calotype(*args)
            self.assertEqual(done.returncode, 2, args)
        for args in (("--help",), ("up", "--help"), ("down", "--help"), ("--version",)):
            done = calotype(*args)
            self.assertEqual((done.returncode, done.stderr), (0, ""), args)


if __name__ == "__main__":
    main()
