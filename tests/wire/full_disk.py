"""A disk without room while work is under way: nothing that was acknowledged is lost or given up."""
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve()
sys.path[:0] = [str(HERE.parents[1] / "lib"), str(HERE.parents[1] / "crash")]
from cloud import Cloud, main, wait_for  # noqa: E402
from functions import Functions, need_functions  # noqa: E402
import pictures  # noqa: E402
from check_pictures import ORIGINALS, TABLE  # noqa: E402

SIZE_MIB, RESERVE_MIB, LEFT_MIB = 320, 64, 40


class SmallDisk:
    """A folder on a file system of its own, which can be filled to below the reserve, and freed."""

    def __enter__(self):
        if os.geteuid() != 0:
            raise unittest.SkipTest("a small file system takes root")
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="calotype-disk-"))
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE_MIB}m", "none", self.path], capture_output=True)
        if done.returncode:
            self.path.rmdir()
            raise unittest.SkipTest(f"no file system can be mounted here: {done.stderr.decode().strip()}")
        return self

    def __exit__(self, *_):
        subprocess.run(["umount", "-l", self.path], check=True)
        self.path.rmdir()

    def free(self):
        fs = os.statvfs(self.path)
        return fs.f_bavail * fs.f_frsize

    def fill(self, left_mib=LEFT_MIB):
        with open(self.path / "ballast", "ab") as ballast:
            size = ballast.tell()
            os.posix_fallocate(ballast.fileno(), size, max(1, self.free() - (left_mib << 20)))

    def empty(self):
        (self.path / "ballast").unlink()


class Uploads(unittest.TestCase):
    N = 12

    def statuses(self):
        pages = self.ddb.get_paginator("scan").paginate(TableName=TABLE, ConsistentRead=True)
        return sorted((row["ObjectKey"]["S"], row["Status"]["S"]) for page in pages for row in page["Items"])

    def put(self, names):
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda name: self.s3.put_object(
                Bucket=ORIGINALS, Key=f"uploads/{name}.png", Body=pictures.png(name, 96)), names))
        self.uploaded += [f"uploads/{name}.png" for name in names]

    def processed(self):
        return self.statuses() == sorted((key, "processed") for key in self.uploaded)

    def waiting(self):
        kinds = {kind["kind"]: kind["waiting"] for kind in self.cloud.admin("GET", "/health")[1]["queue"]["kinds"]}
        return kinds["event"], kinds["invoke"]

    def dead_letters(self):
        sqs = self.cloud.client("sqs")
        url, = (url for url in sqs.list_queues()["QueueUrls"] if "dead-letters" in url)
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        return sum(int(n) for n in sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"].values())

    def occupy(self):
        """Takes all places of asynchronous invocations for three seconds, so that what comes then waits in line."""
        places = self.cloud.admin("GET", "/health")[1]["functions"]["async_at_once"]
        for _ in range(places):
            self.functions.client.invoke(FunctionName="slow", InvocationType="Event", Payload='{"do":"sleep"}')
        wait_for(lambda: self.cloud.admin("GET", "/health")[1]["functions"]["environments"] >= places)
        return places

    def check_full(self, n):
        c = self.cloud
        wait_for(lambda: c.http("GET", "/health")[0] == 503)
        self.assertEqual(json.loads(c.http("GET", "/health")[2]), {
            "status": "full", "version": c.admin("GET", "/health")[1]["version"], "isolation": "full"})
        wait_for(lambda: self.waiting() == (0, n))
        done = c.run("status", check=False)
        self.assertEqual((done.returncode, done.stderr), (1, ""))
        self.assertRegex(done.stdout, r"(?m)^status +full: \d+ MiB are free under .*, and 64 MiB are kept free: changes are refused until there is more$")
        self.assertRegex(done.stdout, r"(?m)^disk +\d+ MiB free, 64 MiB of it kept free; changes are refused$")
        self.assertRegex(done.stdout, rf"(?m)^queue +{n} invocations; the oldest since \d")
        self.assertRegex(done.stdout, r"(?m)^.* hub: free space is below the reserve: ")

    def stay_full(self, n):
        """Beyond every delay of retries and the six hours that Lambda keeps an event, nothing is given up."""
        for _ in range(4):
            self.cloud.advance(4 * 3600)
            wait_for(lambda: self.waiting() == (0, n))
        self.assertEqual((self.waiting(), self.dead_letters()), ((0, n), 0))

    def go_on(self, disk):
        disk.empty()
        wait_for(self.processed, seconds=60)
        wait_for(lambda: self.waiting() == (0, 0))
        self.assertEqual(self.dead_letters(), 0)
        wait_for(lambda: self.cloud.http("GET", "/health")[0] == 200)

    def test_acknowledged_uploads_wait_for_room(self):
        with SmallDisk() as disk, Cloud("--reserve-mib", str(RESERVE_MIB), data=disk.path / "data") as c:
            need_functions(c)
            c.run("deploy")
            self.cloud, self.uploaded, self.functions = c, [], Functions(c)
            self.functions.make("slow", Timeout=3)
            self.functions.client.put_function_event_invoke_config(FunctionName="slow", MaximumRetryAttempts=0)
            self.ddb, self.s3 = c.client("dynamodb"), c.client("s3", max_pool_connections=16)
            self.put([0])  # its environment has keys from here on, so it can start on a full disk
            wait_for(self.processed, seconds=60)
            with self.subTest("attempts are refused"):
                self.occupy()
                self.put(range(1, 1 + self.N))
                disk.fill()
                wait_for(lambda: re.search('"room":"aws","msg":"request .*free space under', c.stderr), seconds=60)
                self.check_full(self.N)
                self.stay_full(self.N)
                self.go_on(disk)
            with self.subTest("a start on a full disk, where no environment can be made"):
                places = self.occupy()
                self.put(range(100, 100 + self.N))
                c.kill9()
                disk.fill()
                c.start()
                self.check_full(places + self.N)  # those of the function that occupies them wait too
                self.stay_full(places + self.N)
                self.go_on(disk)


if __name__ == "__main__":
    main()
