"""The main job, end to end: uploads of every kind of picture and of what is none, to their rows."""
import concurrent.futures
import io
import json
import pathlib
import random
import struct
import sys
import unittest
import zlib

HERE = pathlib.Path(__file__).resolve()
sys.path[:0] = [str(HERE.parents[1] / "lib"), str(HERE.parents[1] / "crash")]
from cloud import CloudCase, main, wait_for  # noqa: E402
import pictures  # noqa: E402

ORIGINALS = "image-storage-bucket-dev-000000000000"
DERIVATIVES = "image-derivatives-bucket-dev-000000000000"
TABLE = "ImageMetadata-dev"
FINAL = ("processed", "rejected", "failed")


def png_claiming(width, height):
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + header +
            struct.pack(">I", zlib.crc32(b"IHDR" + header)) + struct.pack(">I", 8) + b"IDAT")


class Zeros(io.RawIOBase):
    """A body of n zero bytes that is never in memory; boto3 may seek it."""

    def __init__(self, n):
        self.n, self.at = n, 0

    def readable(self):
        return True

    def seekable(self):
        return True

    def seek(self, offset, whence=0):
        self.at = offset + (0, self.at, self.n)[whence]
        return self.at

    def tell(self):
        return self.at

    def readinto(self, to):
        n = max(0, min(len(to), self.n - self.at))
        to[:n] = bytes(n)
        self.at += n
        return n


class Pipeline(CloudCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        try:
            cls.cloud.run("deploy")
            cls.s3, cls.ddb = cls.cloud.client("s3"), cls.cloud.client("dynamodb")
        except BaseException:
            super().tearDownClass()
            raise

    def row(self, key):
        def find():
            for page in self.ddb.get_paginator("scan").paginate(TableName=TABLE, ConsistentRead=True):
                for row in page["Items"]:
                    if row["ObjectKey"]["S"] == key and row["Status"]["S"] in FINAL:
                        return row
            return None
        return wait_for(find, seconds=120, every=0.1)

    def upload(self, name, body, **more):
        key = f"uploads/{name}"
        self.s3.put_object(Bucket=ORIGINALS, Key=key, Body=body, **more)
        return key

    def assert_rejected(self, name, body, reason):
        key = self.upload(name, body)
        row = self.row(key)
        self.assertEqual(row["Status"]["S"], "rejected")
        self.assertRegex(row["Reason"]["S"], reason)
        self.assertEqual(row["Derivatives"]["L"], [])
        for attribute in ("UploadTimestamp", "UploadDay", "UploadDate", "FileSize", "BucketName", "ImageId"):
            self.assertIn(attribute, row)
        return key

    def test_a_picture_becomes_a_row_and_three_derivatives(self):
        body = pictures.png(7, 900)
        key = self.upload("with space & ä.png", body, ContentType="image/png")
        row = self.row(key)
        self.assertEqual((row["Status"]["S"], row["Format"]["S"]), ("processed", "png"))
        self.assertEqual((row["Width"]["N"], row["Height"]["N"]), ("900", "900"))
        self.assertEqual(row["ContentType"]["S"], "image/png")
        self.assertEqual(int(row["FileSize"]["N"]), len(body))
        head = self.s3.head_object(Bucket=ORIGINALS, Key=key)
        self.assertEqual((row["VersionId"]["S"], row["ETag"]["S"]), (head["VersionId"], head["ETag"].strip('"')))
        sizes = []
        for d in row["Derivatives"]["L"]:
            d = d["M"]
            self.assertEqual(d["Bucket"]["S"], DERIVATIVES)
            got = self.s3.get_object(Bucket=DERIVATIVES, Key=d["Key"]["S"])
            self.assertEqual(got["ContentLength"], int(d["FileSize"]["N"]))
            self.assertEqual(got["ContentType"], "image/jpeg")
            sizes.append(int(d["Width"]["N"]))
        self.assertEqual(sizes, [900, 800, 200])

    def test_every_client_that_is_installed(self):
        """Each uploads over TLS through `calotype with`, finds its row, and fetches a derivative."""
        import shutil
        import tempfile
        photo = next(iter(sorted((HERE.parents[3] / "shared/images/photos").glob("*.jpg"))), None)
        clients = {f"aws-{i}": p for i, p in enumerate(dict.fromkeys(filter(None, (
            shutil.which("aws"), shutil.which("/usr/bin/aws")))))}
        clients |= {name: name for name in ("rclone", "s3cmd") if shutil.which(name)}
        if not clients:
            self.skipTest("no client is installed")
        with tempfile.TemporaryDirectory() as folder:
            for number, (name, program) in enumerate(clients.items()):
                file = pathlib.Path(folder, f"{name}.{'jpg' if photo else 'png'}")
                file.write_bytes(photo.read_bytes() if photo else pictures.png(40 + number, 60))
                key = f"uploads/{file.name}"
                put, get = {
                    "rclone": (["copyto", str(file), f"calotype:{ORIGINALS}/{key}"], lambda k, to: ["copyto", f"calotype:{DERIVATIVES}/{k}", to]),
                    "s3cmd": (["put", str(file), f"s3://{ORIGINALS}/{key}"], lambda k, to: ["get", f"s3://{DERIVATIVES}/{k}", to]),
                }.get(program, (["s3", "cp", str(file), f"s3://{ORIGINALS}/{key}"], lambda k, to: ["s3", "cp", f"s3://{DERIVATIVES}/{k}", to]))
                self.cloud.run("with", program, *put)
                row = self.row(key)
                self.assertEqual((row["Status"]["S"], len(row["Derivatives"]["L"])), ("processed", 3), name)
                small = row["Derivatives"]["L"][-1]["M"]
                back = pathlib.Path(folder, f"{name}.out")
                self.cloud.run("with", program, *get(small["Key"]["S"], str(back)))
                self.assertEqual(back.stat().st_size, int(small["FileSize"]["N"]), name)
                if name.startswith("aws"):
                    found = self.cloud.run(
                        "with", program, "dynamodb", "query", "--table-name", TABLE, "--index-name", "UploadDayIndex",
                        "--key-condition-expression", "UploadDay = :d AND UploadTimestamp >= :t",
                        "--expression-attribute-values",
                        '{":d":{"S":"%s"},":t":{"N":"%s"}}' % (row["UploadDay"]["S"], row["UploadTimestamp"]["N"]),
                        "--query", "Items[].ObjectKey.S", "--output", "text")
                    self.assertIn(key, found.stdout)

    def test_both_indexes_find_it(self):
        key = self.upload("indexed.png", pictures.png(8, 40))
        row = self.row(key)
        stamp, day = row["UploadTimestamp"], row["UploadDay"]
        by_moment = self.ddb.query(TableName=TABLE, IndexName="UploadTimestampIndex",
                                   KeyConditionExpression="UploadTimestamp = :t", ExpressionAttributeValues={":t": stamp})
        self.assertIn(key, [i["ObjectKey"]["S"] for i in by_moment["Items"]])
        by_day = self.ddb.query(TableName=TABLE, IndexName="UploadDayIndex",
                                KeyConditionExpression="UploadDay = :d AND UploadTimestamp BETWEEN :a AND :b",
                                ExpressionAttributeValues={":d": day, ":a": {"N": str(int(stamp["N"]) - 5)},
                                                           ":b": {"N": str(int(stamp["N"]) + 5)}})
        self.assertIn(key, [i["ObjectKey"]["S"] for i in by_day["Items"]])

    def test_text_named_jpg(self):
        self.assert_rejected("notes.jpg", b"Dear diary,\nno picture today.\n", "text")

    def test_a_zero_byte_file(self):
        self.assert_rejected("empty.png", b"", "empty")

    def test_a_bomb(self):
        self.assert_rejected("bomb.png", png_claiming(100000, 100000), "100000 x 100000")

    def test_a_jpeg_cut_before_its_scan(self):
        self.assert_rejected("cut.jpg", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00", "before its first scan")

    def test_300_megabytes(self):
        self.assert_rejected("huge.jpg", Zeros(300_000_000), "300.0 MB; the limit is")

    def test_a_picture_cut_in_its_middle(self):
        body = pictures.png(9, 300)
        row = self.row(self.upload("half.png", body[:len(body) // 2]))
        self.assertEqual((row["Status"]["S"], row["Truncated"]["BOOL"]), ("processed", True))

    def test_cameras_write_their_suffixes_large(self):
        row = self.row(self.upload("DSC_0001.PNG", pictures.png(14, 30)))
        self.assertEqual(row["Status"]["S"], "processed")

    def test_other_names_are_left_alone(self):
        self.upload("readme.txt", b"hello")
        key = self.upload("after.png", pictures.png(10, 30))
        self.row(key)
        rows = self.ddb.scan(TableName=TABLE, ConsistentRead=True)["Items"]
        self.assertNotIn("uploads/readme.txt", [r["ObjectKey"]["S"] for r in rows])

    def test_the_original_stays_as_it_was(self):
        garbage = random.Random(3).randbytes(50000)
        key = self.assert_rejected("garbage.jpg", garbage, "Not an image")
        self.assertEqual(self.s3.get_object(Bucket=ORIGINALS, Key=key)["Body"].read(), garbage)

    def test_a_second_upload_of_a_key_replaces_row_and_derivatives(self):
        key = self.upload("twice.png", pictures.png(11, 50))
        first = self.row(key)
        self.upload("twice.png", pictures.png(12, 60))
        second = wait_for(lambda: (lambda r: r if r["Width"]["N"] == "60" else None)(self.row(key)), seconds=60)
        self.assertGreater(second["Sequencer"]["S"], first["Sequencer"]["S"])
        old = [d["M"]["Key"]["S"] for d in first["Derivatives"]["L"]]
        wait_for(lambda: not any(o["Key"] in old for o in self.s3.list_objects_v2(
            Bucket=DERIVATIVES, Prefix=first["ImageId"]["S"]).get("Contents", [])), seconds=30)

    def attempt(self, key, version, sequencer):
        record = {"eventName": "ObjectCreated:Put", "eventTime": "2026-01-02T03:04:05Z",
                  "s3": {"bucket": {"name": ORIGINALS},
                         "object": {"key": key, "versionId": version, "sequencer": sequencer}}}
        answer = self.cloud.client("lambda").invoke(FunctionName="ImageProcessor-dev",
                                                    Payload=json.dumps({"Records": [record]}))
        self.assertNotIn("FunctionError", answer)
        return json.load(answer["Payload"])

    def test_attempts_of_one_event_at_once(self):
        """Some find a picture and some none: the first row stands, all tell of it, and what it names is there."""
        versions = [self.s3.put_object(Bucket=ORIGINALS, Key="attempts.png", Body=body)["VersionId"]
                    for body in (pictures.png(13, 300), b"This is no picture at all, nor was it ever one.")]
        self.row("attempts.png")
        for sequencer in ("F0", "F1", "F2", "F3", "F4", "F5"):
            with self.subTest(sequencer), concurrent.futures.ThreadPoolExecutor(6) as pool:
                jobs = [pool.submit(self.attempt, "attempts.png", version, sequencer * 8) for version in versions * 3]
                counts = [job.result() for job in jobs]
                row = self.row("attempts.png")
                self.assertEqual(row["Sequencer"]["S"].lstrip("0"), sequencer * 8)
                want = {"processed": 0, "rejected": 0, "failed": 0, "skipped": 0, row["Status"]["S"]: 1}
                self.assertEqual(counts, [want] * 6)
                there = [o["Key"] for o in self.s3.list_objects_v2(
                    Bucket=DERIVATIVES, Prefix=row["ImageId"]["S"]).get("Contents", [])]
                self.assertEqual(sorted(there), sorted(d["M"]["Key"]["S"] for d in row["Derivatives"]["L"]))

    def test_logs_and_metrics_tell_of_it(self):
        key = self.upload("watched.png", pictures.png(13, 30))
        self.row(key)
        logs, watch = self.cloud.client("logs"), self.cloud.client("cloudwatch")
        group = "/aws/lambda/ImageProcessor-dev"
        lines = wait_for(lambda: logs.filter_log_events(logGroupName=group, filterPattern='"watched.png"')["events"])
        told, = (json.loads(e["message"]) for e in lines if '"spans"' in e["message"])
        self.assertEqual((told["outcome"], told["format"], told["key"]), ("processed", "png", key))
        steps = [span["step"] for span in told["spans"]]
        self.assertEqual(sorted(set(steps)), ["fetch", "get", "guard", "look", "put", "store", "worker"])
        self.assertEqual({span["outcome"] for span in told["spans"]}, {"ok"})
        reports = wait_for(lambda: logs.filter_log_events(logGroupName=group, filterPattern="REPORT")["events"])
        self.assertRegex(reports[0]["message"], r"Duration: [\d.]+ ms\tBilled Duration: \d+ ms\tMemory Size: 512 MB")
        import datetime
        now = datetime.datetime.now(datetime.timezone.utc)

        def invocations():
            points = watch.get_metric_statistics(
                Namespace="AWS/Lambda", MetricName="Invocations", Period=60, Statistics=["Sum"],
                Dimensions=[{"Name": "FunctionName", "Value": "ImageProcessor-dev"}],
                StartTime=now - datetime.timedelta(minutes=10), EndTime=now + datetime.timedelta(minutes=10))
            return sum(p["Sum"] for p in points["Datapoints"]) >= 1
        wait_for(invocations)

        def counted(*more):
            points = watch.get_metric_statistics(
                Namespace="Calotype", MetricName="ImagesProcessed", Period=60, Statistics=["Sum"],
                Dimensions=[{"Name": "Environment", "Value": "dev"}, *more],
                StartTime=now - datetime.timedelta(minutes=10), EndTime=now + datetime.timedelta(minutes=10))
            return sum(p["Sum"] for p in points["Datapoints"])
        wait_for(lambda: counted({"Name": "Format", "Value": "png"}) >= 1 and counted() >= 1)

    @unittest.skipUnless((HERE.parents[3] / "shared/images/photos").is_dir(), "no photographs beside this checkout")
    def test_photographs(self):
        paths = sorted((HERE.parents[3] / "shared/images/photos").glob("*.jpg"))[:4]
        self.assertEqual(len(paths), 4)
        for path in paths:
            row = self.row(self.upload(path.name, path.read_bytes(), ContentType="image/jpeg"))
            self.assertEqual((row["Status"]["S"], len(row["Derivatives"]["L"])), ("processed", 3), row)
            self.assertIn("Make", row)
            self.assertNotIn("Latitude", row)


if __name__ == "__main__":
    main()
