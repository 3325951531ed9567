"""The levels of isolation on machines of several kinds: who runs the daemon, what cgroups there are, what a
container denies. What is in force is said everywhere, limits are kept at each level, and --strict refuses less."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import Cloud, binary, build_dir, main, need_boto3  # noqa: E402
from functions import ORDINARY, Functions, as_ordinary, must_work  # noqa: E402

# A mount namespace whose cgroups are hidden, or may only be read: what a container often has.
def with_cgroups(mount):
    return ["unshare", "--mount", "sh", "-c",
            f"for at in $(awk '$3 ~ /^cgroup/ {{print $2}}' /proc/mounts); do mount {mount} $at || exit 1; done;"
            ' exec "$@"', "sh"]


HIDDEN = with_cgroups("-t tmpfs none")
READ_ONLY = with_cgroups("-o remount,bind,ro")
LIMITS = ["memory", "tmp", "processes", "descriptors", "network", "freezing", "cpu"]


class Placed(Cloud):
    """A daemon that is started by way of another command, perhaps as an ordinary user."""

    def __init__(self, prefix, *args, ordinary=False):
        super().__init__(*args)
        # The checkout may be closed to the ordinary user: root's home is one.
        self.programs = pathlib.Path(tempfile.mkdtemp(prefix="calotype-programs-"))
        self.programs.chmod(0o755)
        for name, folder in (("calotype", "bin"), ("calotype-daemon", "lib/calotype")):
            (self.programs / folder).mkdir(parents=True)
            shutil.copy(binary(name), self.programs / folder)
        if ordinary:
            os.chown(self.data, ORDINARY, ORDINARY)
            prefix = [*prefix, *as_ordinary()]
        self.command = [*prefix, str(self.programs / "bin/calotype"), *self.command[1:]]

    def _remove(self):
        super()._remove()
        shutil.rmtree(self.programs, ignore_errors=True)


def contained():
    return [str(build_dir() / "tests/sandbox/contained")]


@unittest.skipUnless(os.geteuid() == 0, "only root becomes another user and hides cgroups")
class Levels(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        need_boto3()

    def said(self, cloud, level, **limits):
        """Level and limits, the same in every place; what it lacks."""
        health = cloud.admin("GET", "/health")[1]
        self.assertEqual(health["isolation"], level, health)
        self.assertEqual(json.loads(cloud.http("GET", "/health")[2])["isolation"], level)
        self.assertEqual(list(health["isolation_limits"]), LIMITS)
        for what, by in limits.items():
            self.assertEqual(health["isolation_limits"][what], by, what)
        status = cloud.run("status").stdout
        first = [json.loads(line)["msg"] for line in cloud.stderr.splitlines() if line.startswith("{")]
        self.assertTrue([m for m in first if m.startswith(f"isolation of functions is {level}")], first)
        if level == "none":
            self.assertIn("functions are refused", status)
            self.assertTrue(first[0].startswith("functions are refused: "), first[0])
        else:
            kept = ", ".join(f"{what} by {by}" for what, by in health["isolation_limits"].items())
            self.assertIn(kept, status)
            self.assertIn("limits of functions: " + kept, first)
        return health.get("isolation_lacks", "")

    def run_well(self, cloud):
        """Functions run, their memory is bounded, and unseen memory is refused or counted."""
        functions = Functions(cloud)
        functions.make("f", MemorySize=128, Timeout=30)
        self.assertEqual(functions.invoke("f", {"do": "count"}).payload["count"], 1)
        self.assertEqual(functions.invoke("f", {"do": "count"}).payload["count"], 2)
        for do in ("oom", "memfd", "sysv"):
            answer = functions.invoke("f", {"do": do})
            text = json.dumps(answer.payload)
            self.assertTrue("signal: killed" in text or "Function not implemented" in text or "aborted" in text, (do, text))
        self.assertEqual(functions.invoke("f", {"hello": 1}).payload, {"hello": 1})

    def refused_strictly(self, prefix, words, ordinary=False):
        cloud = Placed(prefix, "--strict", ordinary=ordinary)
        try:
            done = subprocess.run([*cloud.command, "--port", "0"], capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 4, done.stderr)
            self.assertRegex(done.stderr, r"^calotype: --strict: functions would run at level \w+(, |: )")
            self.assertIn(words, done.stderr)
            self.assertFalse((cloud.data / "credentials").exists())
        finally:
            cloud._remove()

    @unittest.skipUnless(must_work(ordinary=False), "this root may make no namespaces")
    def test_root_without_cgroups(self):
        places = [prefix for prefix in (HIDDEN, READ_ONLY) if not subprocess.run([*prefix, "true"], capture_output=True).returncode]
        self.assertTrue(places, "whoever may sandbox may mount")
        for prefix in places:
            with self.subTest(prefix[4]), Placed(prefix) as cloud:
                lacks = self.said(cloud, "full", memory="sampling", freezing="signals", processes="rlimit")
                self.assertIn("no memory cgroup", lacks)
                self.run_well(cloud)
            self.refused_strictly(prefix, "no memory cgroup", ordinary=False)

    @unittest.skipUnless(must_work(ordinary=True), "an ordinary user may make no namespaces here")
    def test_an_ordinary_user(self):
        with Placed([], ordinary=True) as cloud:
            self.assertIn("full needs root", self.said(cloud, "userns", tmp="tmpfs", network="namespace"))
            self.run_well(cloud)
        self.refused_strictly([], "full needs root", ordinary=True)

    def test_in_a_container(self):
        """Its default denies namespaces, to root as well: functions are refused at once, the rest works."""
        for ordinary in (False, True):
            with self.subTest(ordinary=ordinary), Placed(contained(), ordinary=ordinary) as cloud:
                lacks = self.said(cloud, "none", memory="none", processes="none")
                self.assertRegex(lacks, "making its namespaces: (Operation not permitted|Function not implemented)")
                functions = Functions(cloud)
                functions.make("f")
                with self.assertRaises(functions.client.exceptions.ServiceException) as refused:
                    functions.invoke("f", {})
                message = refused.exception.response["Error"]["Message"]
                self.assertIn("functions are refused: making its namespaces", message)
                cloud.client("s3").create_bucket(Bucket="works")
            self.refused_strictly(contained(), "making its namespaces", ordinary=ordinary)


if __name__ == "__main__":
    main()
