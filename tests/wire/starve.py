"""No request waits for another's work: with one thread for all connections, small requests are answered while a large
body is copied. Writers of one row line up, and each has its turn."""
import os
import pathlib
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import CloudCase, main

LARGE = 96 << 20
ENOUGH = 5  # answers: without workers it is one at most, whose request was read before the long one's


class OneThread(CloudCase):
    cloud_args = ("--threads", "1")

    def answered_during(self, work):
        """How many small requests were sent and answered on a connection of their own while `work` ran."""
        sts = self.cloud.client("sts")
        sts.get_caller_identity()  # the connection is there
        ran = threading.Event()
        spans = []

        def run():
            begin = time.monotonic()
            try:
                work()
            finally:
                spans.append((begin, time.monotonic()))
                ran.set()

        thread = threading.Thread(target=run)
        thread.start()
        asked = []
        while not ran.is_set():
            sent = time.monotonic()
            sts.get_caller_identity()
            asked.append((sent, time.monotonic()))
        thread.join()
        begin, end = spans[0]
        return sum(begin < sent and answered < end for sent, answered in asked)

    def test_copy_and_upload(self):
        s3 = self.cloud.client("s3", read_timeout=300)
        s3.create_bucket(Bucket="starve")
        body = os.urandom(1 << 20) * (LARGE >> 20)
        s3.put_object(Bucket="starve", Key="large", Body=body)
        source = {"Bucket": "starve", "Key": "large"}
        with self.subTest("CopyObject"):
            self.assertGreaterEqual(
                self.answered_during(lambda: s3.copy_object(Bucket="starve", Key="copy", CopySource=source)), ENOUGH)
        upload = s3.create_multipart_upload(Bucket="starve", Key="parts")["UploadId"]
        with self.subTest("UploadPartCopy"):
            self.assertGreaterEqual(self.answered_during(lambda: s3.upload_part_copy(
                Bucket="starve", Key="parts", UploadId=upload, PartNumber=1, CopySource=source)), ENOUGH)
        self.assertEqual(s3.head_object(Bucket="starve", Key="copy")["ContentLength"], LARGE)


class Turns(CloudCase):
    def test_one_row(self):
        """Eight clients add to one item: each add counts once, and nobody is told to come back."""
        clients, adds = 8, 40
        ddb = self.cloud.client("dynamodb", retries={"max_attempts": 0})
        ddb.create_table(TableName="hot", BillingMode="PAY_PER_REQUEST",
                         KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                         AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}])
        failures = []

        def add():
            own = self.cloud.client("dynamodb", retries={"max_attempts": 0})
            try:
                for _ in range(adds):
                    own.update_item(TableName="hot", Key={"id": {"S": "one"}}, UpdateExpression="ADD n :one",
                                    ExpressionAttributeValues={":one": {"N": "1"}})
            except Exception as failure:  # noqa: BLE001: told below
                failures.append(failure)

        threads = [threading.Thread(target=add) for _ in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        item = ddb.get_item(TableName="hot", Key={"id": {"S": "one"}})["Item"]
        self.assertEqual(item["n"]["N"], str(clients * adds))


if __name__ == "__main__":
    main()
