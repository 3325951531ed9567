"""A disk without room while work is under way: nothing that was acknowledged is lost or given up."""
import concurrent.futures
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve()
sys.path[:0] = [str(HERE.parents[1] / "lib"), str(HERE.parents[1] / "crash")]
from cloud import Cloud, main, wait_for  # noqa: E402
from functions import Functions, need_functions  # noqa: E402
import pictures  # noqa: E402

ORIGINALS = "image-storage-bucket-dev-000000000000"
TABLE = "ImageMetadata-dev"
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


def spawner_of(pid):
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return next(int(child) for child in children if pathlib.Path(f"/proc/{child}/comm").read_text().strip() == "sandbox-spawner")


def seconds_of_cpu(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Uploads(unittest.TestCase):
    N = 24

    def rows(self):
        pages = self.ddb.get_paginator("scan").paginate(TableName=TABLE, ConsistentRead=True)
        return [row for page in pages for row in page["Items"]]

    def statuses(self):
        return sorted(row["Status"]["S"] for row in self.rows())

    def test_acknowledged_uploads_wait_for_room(self):
        with SmallDisk() as disk, Cloud("--reserve-mib", str(RESERVE_MIB), data=disk.path / "data") as c:
            need_functions(c)
            c.run("deploy")
            self.ddb, s3, sqs = c.client("dynamodb"), c.client("s3", max_pool_connections=16), c.client("sqs")
            functions = Functions(c)
            functions.make("slow", Timeout=30)
            s3.put_object(Bucket=ORIGINALS, Key="uploads/first.png", Body=pictures.png(99, 160))
            wait_for(lambda: self.statuses() == ["processed"], seconds=60)
            for _ in range(max(4, 2 * os.cpu_count())):
                functions.client.invoke(FunctionName="slow", InvocationType="Event", Payload=json.dumps({"do": "sleep", "ms": 4000}, separators=(",", ":")))
            time.sleep(1)
            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                list(pool.map(lambda i: s3.put_object(Bucket=ORIGINALS, Key=f"uploads/{i}.png", Body=pictures.png(i, 160)), range(self.N)))
            print(self.statuses())
            disk.fill()
            time.sleep(6)
            t0=seconds_of_cpu(c.pid)
            time.sleep(20)
            print("cpu in 20 s", seconds_of_cpu(c.pid)-t0)
            for _ in range(8):
                time.sleep(4)
                c.advance(300)
                print(self.statuses(), disk.free() >> 20)
            disk.empty()
            for _ in range(30):
                time.sleep(1)
                print(len(self.statuses()), set(self.statuses()))
            for url in sqs.list_queues().get("QueueUrls", []):
                print(url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"])
            print(c.stderr[-6000:])


if __name__ == "__main__":
    main()
