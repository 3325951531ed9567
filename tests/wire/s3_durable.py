"""S3: what was answered is there after kill -9, what was cut off never was."""
import concurrent.futures
import hashlib
import os
import pathlib
import socket
import sys
import threading
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import main, wait_for
from s3_help import S3Case


class Durable(S3Case):
    def body_files(self):
        return [p for p in (self.cloud.data / "blobs").rglob("*") if p.is_file()]

    def test_answered_writes_survive(self):
        b = self.bucket("Enabled")
        answered, stop = {}, threading.Event()
        def write(worker):
            client, i = self.cloud.client("s3", tls=False), 0
            while not stop.is_set():
                body = os.urandom((300, 20_000, 90_000)[i % 3])
                key = f"{worker}/{i % 5}"
                try:
                    version = client.put_object(Bucket=b, Key=key, Body=body)["VersionId"]
                except Exception:
                    return
                answered[version] = (key, hashlib.md5(body).hexdigest())
                i += 1
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            workers = [pool.submit(write, n) for n in range(6)]
            wait_for(lambda: len(answered) > 100)
            self.cloud.kill9()
            stop.set()
            concurrent.futures.wait(workers)
        self.cloud.restart()
        type(self).s3 = self.cloud.client("s3")
        listed = {}
        for page in self.s3.get_paginator("list_object_versions").paginate(Bucket=b):
            for v in page["Versions"]:
                listed[v["VersionId"]] = (v["Key"], v["ETag"].strip('"'))
        self.assertEqual({v: listed.get(v) for v in answered}, answered)
        for version, (key, md5) in listed.items():  # those not answered too are whole
            body = self.s3.get_object(Bucket=b, Key=key, VersionId=version)["Body"].read()
            self.assertEqual(hashlib.md5(body).hexdigest(), md5)

    def test_cut_off_upload_leaves_nothing(self):
        b = self.bucket()
        before = len(self.body_files())
        plain = self.cloud.client("s3", tls=False)
        url = urllib.parse.urlsplit(plain.generate_presigned_url("put_object", Params={"Bucket": b, "Key": "k"}))
        for _ in range(3):
            with socket.create_connection(("127.0.0.1", self.cloud.port)) as s:
                s.sendall(f"PUT {url.path}?{url.query} HTTP/1.1\r\nHost: 127.0.0.1:{self.cloud.port}\r\n"
                          "Content-Length: 10000000\r\n\r\n".encode() + os.urandom(3_000_000))
                time.sleep(0.1)
        self.assertNotIn("Contents", self.s3.list_objects_v2(Bucket=b))
        wait_for(lambda: len(self.body_files()) == before)
        # The same when the daemon dies in the middle: its next start sweeps.
        s = socket.create_connection(("127.0.0.1", self.cloud.port))
        s.sendall(f"PUT {url.path}?{url.query} HTTP/1.1\r\nHost: 127.0.0.1:{self.cloud.port}\r\n"
                  "Content-Length: 10000000\r\n\r\n".encode() + os.urandom(3_000_000))
        time.sleep(0.2)
        self.cloud.kill9()
        s.close()
        self.cloud.restart()
        type(self).s3 = self.cloud.client("s3")
        self.assertEqual(len(self.body_files()), before)
        self.assertNotIn("Contents", self.s3.list_objects_v2(Bucket=b))


if __name__ == "__main__":
    main()
