"""A data folder that is damaged, cut off in its first start, or on a disk that fails; and `calotype repair`."""
import glob
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import Cloud, DaemonFailed, binary, main, wait_for, without_faults

BODY = 70000  # a file of its own


def calotype(*args, user=None, env=None):
    return subprocess.run([binary(), *args], capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL,
                          user=user, env={**os.environ, **(env or {})})


def start(data, *more, **how):
    """A start that is to be refused; what it said."""
    return calotype("up", "--data", str(data), "--port", "0", "--log-level", "error", "--detach", *more, **how)


def tree(data):
    """Every file with its content; RocksDB's notes and the daemon's log change by themselves."""
    return {str(p.relative_to(data)): p.read_bytes() for p in sorted(data.rglob("*"))
            if p.is_file() and not re.search(r"db/LOG|calotype\.log$", str(p))}


class Folder(unittest.TestCase):
    """Each test has a copy of one small DATA: three objects (the last one in the log alone), stopped."""

    @classmethod
    def setUpClass(cls):
        cls.home = tempfile.TemporaryDirectory(prefix="calotype-")
        cls.base = pathlib.Path(cls.home.name) / "base"
        with Cloud(data=cls.base, test_clock=False) as c:
            c.client("s3").create_bucket(Bucket="photos")
            for key in ("a", "b"):
                c.client("s3").put_object(Bucket="photos", Key=key, Body=key.encode() * BODY)
            c.restart()
            c.client("s3").put_object(Bucket="photos", Key="c", Body=b"c" * BODY)

    @classmethod
    def tearDownClass(cls):
        cls.home.cleanup()

    def setUp(self):
        self.data = pathlib.Path(self.home.name) / "data"
        shutil.rmtree(self.data, ignore_errors=True)
        shutil.copytree(self.base, self.data)

    def refused(self, *says, code=255, but="nothing", **how):
        """The start is refused with one line, and changes nothing; but: names of what it may change begin so."""
        before = tree(self.data)
        done = start(self.data, **how)
        self.assertEqual((done.returncode, done.stdout), (code, ""), done.stderr)
        self.assertRegex(done.stderr, r"^calotype: [^\n]*\n$")
        for text in says:
            self.assertIn(text, done.stderr)
        self.assertNotRegex(done.stderr, r"Corruption|IO error|outcome \d")
        after = tree(self.data)
        self.assertEqual([k for k in before if after.get(k) != before[k] and not k.startswith(but)], [])

    def keys(self):
        with Cloud(data=self.data, test_clock=False) as c:
            found = c.client("s3").list_objects_v2(Bucket="photos").get("Contents", [])
            for o in found:
                body = c.client("s3").get_object(Bucket="photos", Key=o["Key"])["Body"].read()
                self.assertEqual(body, o["Key"].encode() * BODY)
            return "".join(o["Key"] for o in found)

    def bodies(self, under=""):
        return len([p for p in (self.data / under).glob("blobs/??/*")])


class Damage(Folder):
    def test_nothing_is_wrong(self):
        done = calotype("repair", "--data", str(self.data))
        self.assertEqual((done.returncode, done.stdout), (0, f"nothing is wrong with {self.data}\n"))
        self.assertEqual(self.keys(), "abc")

    def test_a_volume_that_is_not_mounted(self):
        shutil.move(self.data / "db", self.data / "elsewhere")
        (self.data / "db").mkdir()
        self.refused("db holds no database", "mount its volume", f"next: calotype repair --data {self.data}")
        (self.data / "db").rmdir()
        self.refused("db holds no database")
        shutil.move(self.data / "elsewhere", self.data / "db")
        self.assertEqual(self.keys(), "abc")

    def test_a_folder_of_before_the_mark(self):
        """Without it and a position, bodies and credentials say that there was a database."""
        for left in ("blobs", "credentials"):
            self.setUp()
            for name in {"complete", "position", "blobs", "credentials"} - {left}:
                p = self.data / name
                shutil.rmtree(p) if p.is_dir() else p.unlink()
            shutil.rmtree(self.data / "db")
            self.refused(f"db holds no database, and {left} is of one")
        self.setUp()
        for name in ("complete", "position"):
            (self.data / name).unlink()
        self.assertEqual(self.keys(), "abc")  # its first good start …
        self.assertTrue((self.data / "complete").exists() and (self.data / "position").exists())  # … makes them

    def test_an_older_copy_of_the_database(self):
        """Newer bodies are beside it, which nobody may sweep."""
        old = pathlib.Path(self.home.name) / "old"
        shutil.copytree(self.data / "db", old)
        with Cloud(data=self.data, test_clock=False) as c:
            c.client("s3").put_object(Bucket="photos", Key="d", Body=b"d" * BODY)
        shutil.rmtree(self.data / "db")
        shutil.move(old, self.data / "db")
        self.refused("db", "older", "next: calotype repair")
        self.assertEqual(self.bodies(), 4)
        # Taken as it is, on demand: the body that it does not know is set aside.
        done = calotype("repair", "--data", str(self.data), "--yes")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.keys(), "abc")
        self.assertEqual(self.bodies(), 3)
        self.assertEqual(sum(self.bodies(p) for p in self.data.glob("lost/*")), 1)

    def test_log_files_that_were_removed(self):
        for log in glob.glob(f"{self.data}/db/*.log"):
            os.unlink(log)
        self.refused("older than it was", "next: calotype repair")
        self.assertEqual(self.bodies(), 3)

    def test_credentials(self):
        """Lost, a new root key is made; broken, they are not written over."""
        kept = (self.data / "credentials").read_text()
        (self.data / "credentials").write_text("nothing\n")
        self.refused("credentials holds no key pair", "next: ", but=("db/", "position"))
        (self.data / "credentials").unlink()
        self.assertEqual(self.keys(), "abc")
        self.assertNotEqual((self.data / "credentials").read_text(), kept)

    def test_keys_and_formats(self):
        (self.data / "format").write_text("calotype-data 99\n")
        self.refused("format 99, newer", "next: start", "with the calotype that wrote it")
        done = calotype("repair", "--data", str(self.data), "--yes")
        self.assertEqual(done.returncode, 255)
        self.assertIn("next: start", done.stderr)
        self.setUp()
        (self.data / "keys/master").unlink()
        for done in (start(self.data), calotype("repair", "--data", str(self.data), "--yes")):
            self.assertEqual(done.returncode, 255)
            self.assertRegex(done.stderr, r"keys/master is lost: .*; next: bring the key back")

    def test_things_that_are_no_data_folder(self):
        for make, says in ((lambda p: p.write_text("x"), "next: ls -ld"), (lambda p: p.symlink_to("/nowhere/x"), "next: ")):
            path = pathlib.Path(self.home.name) / "thing"
            make(path)
            done = start(path)
            self.assertEqual(done.returncode, 255)
            self.assertRegex(done.stderr, r"^calotype: [^\n]*thing[^\n]*\n$")
            self.assertIn(says, done.stderr)
            path.unlink()
        link = pathlib.Path(self.home.name) / "link"
        link.symlink_to(self.data)
        with Cloud(data=link, test_clock=False) as c:
            c.client("s3").head_object(Bucket="photos", Key="a")
        link.unlink()

    @unittest.skipUnless(os.geteuid() == 0, "to become somebody else, one must be root")
    def test_files_of_another_user(self):
        os.chmod(self.home.name, 0o755)
        for path in [self.data, *self.data.rglob("*")]:
            os.chown(path, 65534, 65534)
        for name in ("db/CURRENT", "db", "keys/master", "position", "blobs", "credentials", "format", "lock"):
            path = self.data / name
            mode = path.stat().st_mode
            os.chmod(path, 0)
            done = start(self.data, user=65534)
            self.assertEqual(done.returncode, 4, name)
            self.assertRegex(done.stderr, rf"^calotype: [^\n]*{name.split('/')[0]}[^\n]*; next: chown [^\n]*\n$", name)
            os.chmod(path, mode)
        done = start(self.data, user=65534)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(calotype("down", "--data", str(self.data)).returncode, 0)

    @unittest.skipUnless(os.geteuid() == 0, "to mount, one must be root")
    def test_a_file_system_for_reading_alone(self):
        for source, at in ((self.data, self.data), (self.data / "db", self.data / "db")):
            if subprocess.run(["mount", "--bind", source, at], capture_output=True).returncode:
                self.skipTest("nothing can be mounted here")
            try:
                subprocess.run(["mount", "-o", "remount,bind,ro", at], check=True)
                done = calotype("up", "--data", str(self.data), "--port", "0", "--log-level", "error")
                self.assertEqual(done.returncode, 255)
                self.assertRegex(done.stderr, r"^calotype: [^\n]*; next: mount -o remount,rw [^\n]*\n$")
            finally:
                subprocess.run(["umount", at], check=True)


class Repair(Folder):
    def test_it_asks(self):
        """Where nobody can be asked it says what it would do, and does nothing."""
        (self.data / "position").unlink()
        before = tree(self.data)
        done = calotype("repair", "--data", str(self.data))
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertRegex(done.stderr, r"(?s)^position is missing.*taken as it is.*calotype: nothing was done: .*--yes")
        self.assertEqual(tree(self.data), before)

    def test_not_while_a_daemon_runs(self):
        with Cloud(data=self.data, test_clock=False):
            done = calotype("repair", "--data", str(self.data), "--yes")
        self.assertEqual(done.returncode, 255)
        self.assertRegex(done.stderr, r"^calotype: .* is in use by another process; end it: calotype down --data .*\n$")
        done = calotype("repair", "--data", str(self.data / "none"))
        self.assertEqual(done.returncode, 255)
        self.assertFalse((self.data / "none").exists())

    def test_a_list_of_files_that_is_gone(self):
        os.unlink(self.data / "db/CURRENT")
        self.refused("db/CURRENT is missing", "next: calotype repair")
        before = tree(self.data)
        done = calotype("repair", "--data", str(self.data), "--yes")
        self.assertEqual(done.returncode, 0, done.stderr)
        moved, = self.data.glob("lost/*/db")
        for name, content in before.items():  # as it was
            if name.startswith("db/"):
                self.assertEqual((moved / name[3:]).read_bytes(), content)
        self.assertEqual(self.keys(), "abc")

    def test_a_flipped_byte_in_the_log(self):
        log, = [p for p in glob.glob(f"{self.data}/db/*.log") if os.path.getsize(p)]
        content = bytearray(pathlib.Path(log).read_bytes())
        content[len(content) // 2] ^= 1
        pathlib.Path(log).write_bytes(content)
        self.refused(f"db/{os.path.basename(log)} holds bytes that do not match", "next: calotype repair")
        done = calotype("repair", "--data", str(self.data), "--yes")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"(?m)^\d+ changes are lost: the database ends with change \d+, and had \d+$")
        self.assertIn("ab", self.keys())

    def test_a_database_that_is_gone(self):
        kept = (self.data / "credentials").read_text()
        shutil.rmtree(self.data / "db")
        done = calotype("repair", "--data", str(self.data), "--yes")
        self.assertEqual(done.returncode, 0, done.stderr)
        with Cloud(data=self.data, test_clock=False) as c:
            self.assertEqual(c.client("s3").list_buckets()["Buckets"], [])
        moved, = self.data.glob("lost/*/credentials")
        self.assertEqual(moved.read_text(), kept)
        self.assertEqual(self.bodies(str(moved.parent.relative_to(self.data))), 3)

    def test_killed_in_between(self):
        """It is begun again, or goes on, wherever it was killed."""
        n = 0
        while True:
            n += 1
            self.setUp()
            os.unlink(self.data / "db/CURRENT")
            done = calotype("repair", "--data", str(self.data), "--yes", env={"CALOTYPE_TEST_DIE_AT": str(n)})
            if done.returncode == 0:
                break
            self.assertEqual(done.returncode, -signal.SIGKILL, done.stderr)
            done = calotype("repair", "--data", str(self.data), "--yes")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(self.keys(), "abc")
        if n == 1:
            without_faults(self)
        self.assertGreaterEqual(n, 5)

    def test_bodies_that_are_missing(self):
        body = next(self.data.glob("blobs/??/*"))
        body.unlink()
        done = calotype("repair", "--data", str(self.data))
        self.assertEqual(done.returncode, 3)
        self.assertRegex(done.stdout, rf"^1 of 3 bodies are missing, .*\n  {body.relative_to(self.data)} is missing: ")


class FirstStart(unittest.TestCase):
    def test_killed_at_every_step(self):
        """The next one goes on: ready, with a root key that works, and the mark."""
        n, deaths = 0, 0
        while True:
            n += 1
            with tempfile.TemporaryDirectory(prefix="calotype-") as data:
                cloud = Cloud(data=data, test_clock=False, env={"CALOTYPE_TEST_DIE_AT": str(n)})
                try:
                    with cloud:
                        break  # there is no such step
                except DaemonFailed:
                    deaths += 1
                self.assertFalse(os.path.exists(f"{data}/complete") and not os.path.exists(f"{data}/credentials"))
                with Cloud(data=data, test_clock=False) as c:
                    c.client("s3").create_bucket(Bucket="photos")
                    self.assertTrue(os.path.exists(f"{data}/complete"))
        if n == 1:
            without_faults(self)
        self.assertEqual(deaths, n - 1)
        self.assertGreaterEqual(deaths, 15)


class Disk(unittest.TestCase):
    """A disk that takes no more writes: what was written stays, and the end is an orderly one."""

    def test_files_that_cannot_grow(self):
        import resource
        with tempfile.TemporaryDirectory(prefix="calotype-") as data:
            with Cloud(data=data, test_clock=False) as c:
                s3 = c.client("s3")
                s3.create_bucket(Bucket="photos")
                s3.put_object(Bucket="photos", Key="a", Body=b"a" * 20000)
                # Every write beyond fails with EFBIG, in the log of rows and in RocksDB's notes alike.
                resource.prlimit(c.pid, resource.RLIMIT_FSIZE, (40000, 40000))

                def fails():
                    try:
                        s3.put_object(Bucket="photos", Key="b", Body=b"b" * 20000)
                    except s3.exceptions.ClientError as e:
                        return e.response["ResponseMetadata"]["HTTPStatusCode"] in (500, 503, 507)
                wait_for(fails)
                self.assertEqual(s3.get_object(Bucket="photos", Key="a")["Body"].read(), b"a" * 20000)
                self.assertEqual(c.stop(), 0)
                self.assertNotIn("Assertion", c.stderr)
                c.start()
                self.assertEqual(c.client("s3").get_object(Bucket="photos", Key="a")["Body"].read(), b"a" * 20000)


if __name__ == "__main__":
    main()
