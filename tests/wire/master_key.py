"""Another master key: `calotype rotate master-key`, killed after each step, and with a key that is given."""
import os
import pathlib
import signal
import secrets
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import Cloud, DaemonFailed, main, without_faults  # noqa: E402

BODY = os.urandom(100000)


def fill(cloud):
    cloud.client("s3").create_bucket(Bucket="kept")
    cloud.client("s3").put_object(Bucket="kept", Key="k", Body=BODY)


class MasterKey(unittest.TestCase):
    def check(self, cloud):
        self.assertEqual(cloud.client("s3").get_object(Bucket="kept", Key="k")["Body"].read(), BODY)

    def rotate(self, cloud, *more, env=None):
        return cloud.run("rotate", "master-key", "--data", str(cloud.data), *more, check=False, env=env)

    def test_rotate(self):
        with Cloud() as c:
            fill(c)
            running = self.rotate(c, "--yes")
            self.assertNotEqual(running.returncode, 0)  # the daemon runs
            c.stop()
            file = c.data / "keys" / "master"
            old = file.read_text()
            asked = self.rotate(c)
            self.assertEqual((asked.returncode, file.read_text()), (2, old))
            bodies = {p: p.stat().st_mtime_ns for p in (c.data / "blobs").rglob("*") if p.is_file()}
            done = self.rotate(c, "--yes")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertNotEqual(file.read_text(), old)
            self.assertEqual(file.stat().st_mode & 0o777, 0o600)
            self.assertFalse((c.data / "keys" / "master.new").exists())
            self.assertEqual({p: p.stat().st_mtime_ns for p in bodies}, bodies)
            new = file.read_text()
            file.write_text(old)
            with self.assertRaisesRegex(DaemonFailed, "not the one that sealed this data"):
                c.start()
            file.write_text(new)
            c.start()
            self.check(c)

    def test_killed_after_each_step(self):
        with Cloud() as c:
            fill(c)
            c.stop()
            file, fresh = c.data / "keys" / "master", c.data / "keys" / "master.new"
            for step, taken in (("made", False), ("wrapped", True), ("named", True)):
                old = file.read_text()
                killed = self.rotate(c, "--yes", env={"CALOTYPE_TEST_FAULT": f"kill-rotation-{step}"})
                if killed.returncode == 0:
                    without_faults(self)
                self.assertEqual(killed.returncode, -signal.SIGKILL, killed.stderr)
                (self.assertFalse if step == "named" else self.assertTrue)(fresh.exists(), step)
                c.start()
                self.check(c)
                (self.assertNotEqual if taken else self.assertEqual)(file.read_text(), old, step)
                self.assertFalse(fresh.exists(), step)
                aside = list(file.parent.glob("master.new-*"))  # a key is never removed: it may be somebody's only copy
                self.assertEqual(len(aside), 1, step)  # of the first step, which wrapped nothing
                c.stop()
            c.start()  # the block ends as it should

    def test_a_key_that_is_given(self):
        keys = [secrets.token_hex(32) for _ in range(2)]
        with Cloud(env={"CALOTYPE_MASTER_KEY": keys[0]}) as c:
            fill(c)
            c.stop()
            given = {"CALOTYPE_MASTER_KEY": keys[0]}
            refused = self.rotate(c, "--yes", env=given)
            self.assertNotEqual(refused.returncode, 0)
            self.assertIn("CALOTYPE_MASTER_KEY_NEW", refused.stderr)
            done = self.rotate(c, "--yes", env={**given, "CALOTYPE_MASTER_KEY_NEW": keys[1]})
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertFalse((c.data / "keys" / "master").exists())
            with self.assertRaises(DaemonFailed):
                c.start()
            with Cloud(data=c.data, env={"CALOTYPE_MASTER_KEY": keys[1]}) as again:
                self.check(again)


if __name__ == "__main__":
    main()
