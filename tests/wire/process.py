"""The daemon as a process: ready, health, clock, lock, settings, signals, restarts."""
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import Cloud, CloudCase, DaemonFailed, binary, main, wait_for


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
            self.assertIn(b'"status":"ok"', body)
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
            done = calotype("up", "--data", folder, "--port", "0", *everything)
            self.assertEqual(done.returncode, 255)
            self.assertRegex(done.stderr, r"^calotype: .*free space under .* is below the reserve.*\n$")
            with Cloud(data=folder):
                pass
            # What exists is served on, for reading.
            with Cloud(*everything, data=folder) as c:
                self.assertEqual(c.client("sts").get_caller_identity()["Account"], c.account)
                status, _, body = c.http("GET", "/health")
                self.assertEqual(status, 200, body)
                self.assertEqual(c.admin("POST", "/clock", {"advance_ms": 1})[0], 503)

    def test_terminal_gone(self):
        with Cloud() as c:
            os.kill(c.pid, signal.SIGHUP)
            self.assertEqual(c._process.wait(timeout=60), 0)
            c._process = None

    def test_usage(self):
        for args in ((), ("fly",), ("up", "--prt", "1"), ("up", "--port"), ("up", "--port", "70000"), ("up", "x")):
            done = calotype(*args)
            self.assertEqual(done.returncode, 2, args)
        for args in (("--help",), ("up", "--help"), ("down", "--help"), ("--version",)):
            done = calotype(*args)
            self.assertEqual((done.returncode, done.stderr), (0, ""), args)


if __name__ == "__main__":
    main()
