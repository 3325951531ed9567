"""docs/operations.md: each of its commands does what the page says, in the order of the page.

Blocks marked `sh` are run by a shell with /var/lib/calotype and /backup in a folder of the test's own; SECTIONS
says what must be so before and after those of each section. Verbs and flags in the text must exist.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import ROOT, Cloud, binary, main, need_boto3, wait_for  # noqa: E402

PAGE = (ROOT / "docs/operations.md").read_text()


def blocks():
    """[(section, commands)] of the page."""
    found = []
    for section in re.split(r"^## ", PAGE, flags=re.M):
        title = section.split("\n", 1)[0].strip("# ")
        found += [(title, text) for text in re.findall(r"^```sh\n(.*?)^```", section, re.M | re.S)]
    return found


class Machine:
    """A folder in the place of /, the commands' environment, and what the daemon on it has."""

    def __init__(self, folder):
        self.folder, self.data = folder, folder / "data"
        (folder / "backup").mkdir()
        bin_ = folder / "bin"
        bin_.mkdir()
        (bin_ / "calotype").symlink_to(binary())
        self.env = {**{k: v for k, v in os.environ.items() if not k.startswith("AWS_")}, "PATH": f"{bin_}:{os.environ['PATH']}",
                    "CALOTYPE_DATA": str(self.data), "CALOTYPE_PORT": "0"}

    def sh(self, text, check=True):
        """Runs a block; what it prints."""
        text = text.replace("/var/lib/calotype", str(self.data))
        text = re.sub(r"(?<![\w/-])/backup", str(self.folder / "backup"), text)
        text = re.sub(r"calotype up --detach$", "calotype up --detach --port 0", text, flags=re.M)
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", text], env=self.env, capture_output=True, text=True)
        if check and done.returncode:
            raise AssertionError(f"{text}ended with {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def cloud(self, data=None):
        """For clients of the daemon that runs on data; it is not started here."""
        cloud = Cloud(data=data or self.data)
        cloud.endpoint = cloud.exports()["AWS_ENDPOINT_URL"]
        cloud.access_key, cloud.secret_key = (cloud.exports()[f"AWS_{n}"] for n in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY"))
        return cloud


class Operations(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        need_boto3()
        if not shutil.which("aws"):
            raise unittest.SkipTest("there is no aws")
        cls.folder = tempfile.TemporaryDirectory(prefix="calotype-operations-")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.m = Machine(pathlib.Path(cls.folder.name))
        cls.addClassCleanup(lambda: cls.m.sh("calotype down", check=False))
        cls.m.sh("calotype up --detach\n")
        s3 = cls.m.cloud().client("s3")
        s3.create_bucket(Bucket="photos")
        for size in (10, 100_000):
            s3.put_object(Bucket="photos", Key=str(size), Body=b"x" * size)

    def check_whole(self, data=None):
        s3 = self.m.cloud(data).client("s3")
        sizes = {o["Key"]: len(s3.get_object(Bucket="photos", Key=o["Key"])["Body"].read()) for o in s3.list_objects_v2(Bucket="photos")["Contents"]}
        self.assertEqual(sizes, {"10": 10, "100000": 100_000})

    # ---- what each section is to have done ----
    def after_the_first(self, out):
        self.assertEqual(out, "")

    def after_status(self, out):
        self.assertRegex(out, r"(?m)^status +ok$")

    def after_full(self, out):
        self.assertRegex(out, r"(?m)/blobs$")

    def after_scrub(self, out):
        self.assertIn("nothing damaged", out)

    def after_format(self, out):
        self.assertRegex(out, r"calotype-data \d+")

    def after_log(self, _):
        moved, new = (self.m.data / n for n in ("calotype.log.moved", "calotype.log"))
        wait_for(new.exists)
        self.assertTrue(moved.exists())

    SECTIONS = {"Running it": after_the_first, "How is it?": after_status, "The disk is full": after_full, "An error of the disk": None,
                "A damaged file": after_scrub, "Copying and backing up": None, "Upgrade and downgrade": after_format,
                "Keys": None, "The log": after_log, "It was killed": None}

    def test_the_commands_of_the_page(self):
        found = blocks()
        self.assertEqual(list(dict.fromkeys(s for s, _ in found)), list(self.SECTIONS))
        for section, commands in found:
            if section == "It was killed":
                self.kill()
            out = self.m.sh(commands)
            if after := self.SECTIONS[section]:
                after(self, out)
            self.check_whole()
        copies = sorted(p for p in (self.m.folder / "backup").iterdir())
        self.assertEqual([p.name.split("-")[0] for p in copies], ["before", "calotype", "frozen"])
        for data in copies:
            self.m.sh(f"calotype up --detach --port 0 --data {data}")
            self.check_whole(data)
            self.m.sh(f"calotype down --data {data}")

    def kill(self):
        pid = json.loads(self.m.sh("calotype status --json"))["ProcessId"]
        os.kill(pid, 9)
        stat = pathlib.Path(f"/proc/{pid}/stat")
        wait_for(lambda: not stat.exists() or stat.read_text().rsplit(")", 1)[1].split()[0] == "Z")  # pid 1 may not reap

    def test_a_body_is_put_back(self):
        body = max((self.m.data / "blobs").glob("??/*"), key=lambda p: p.stat().st_size)
        whole = body.read_bytes()
        body.write_bytes(whole[:70_000] + bytes([whole[70_000] ^ 1]) + whole[70_001:])
        try:
            self.assertIn(f"blobs/{body.parent.name}/{body.name}", self.m.sh("calotype scrub --rate 1000", check=False))
        finally:
            body.write_bytes(whole)
        self.assertIn("nothing damaged", self.m.sh("calotype scrub --rate 1000"))
        self.check_whole()

    def test_verbs_and_flags_exist(self):
        """In the text too: `calotype VERB --flag`."""
        named = re.findall(r"(?<![/\w])calotype (?!-)([a-z]+)((?: +(?:--[a-z-]+|[A-Za-z0-9./$\"{}_-]+))*)", "\n".join(re.findall(r"`([^`]+)`", PAGE)) + "".join(t for _, t in blocks()))
        self.assertGreater(len(named), 10)
        for verb, rest in named:
            about = subprocess.run([binary(), verb, "--help"], capture_output=True, text=True)
            self.assertEqual(about.returncode, 0, f"there is no calotype {verb}")
            for flag in () if verb == "with" else re.findall(r"--[a-z-]+", rest):
                self.assertIn(flag + " ", about.stdout.replace("\n", " "), f"calotype {verb} {flag}")


if __name__ == "__main__":
    main()
