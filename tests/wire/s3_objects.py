"""S3: objects, as boto3 sees them: put, get, ranges, conditions, copies, lists, multipart uploads."""
# also with Debian's boto3
import base64
import concurrent.futures
import datetime
import hashlib
import io
import os
import pathlib
import sys
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import main
from s3_help import S3Case, code_of, error_of

MIB = 1 << 20


class Objects(S3Case):
    def test_sizes_come_back_whole(self):
        b = self.bucket()
        for n in (0, 1, 100, 400, 600, 10240, 32768, 32769, 65536, 65537, 3 * MIB + 7):
            for client in (self.s3, self.plain):
                with self.subTest(n=n, tls=client is self.s3):
                    body = os.urandom(n)
                    put = client.put_object(Bucket=b, Key="k", Body=body)
                    self.assertEqual(put["ETag"], '"%s"' % hashlib.md5(body).hexdigest())
                    got = client.get_object(Bucket=b, Key="k")
                    self.assertEqual(got["Body"].read(), body)
                    self.assertEqual((got["ContentLength"], got["ETag"]), (n, put["ETag"]))
                    self.assertEqual(client.head_object(Bucket=b, Key="k")["ContentLength"], n)

    def test_one_after_an_empty_one(self):
        """On one connection, in clear, where the client waits for 100 Continue before each."""
        b = self.bucket()
        for body in (b"", b"x" * 300, b"", b"y" * 70000):
            self.plain.put_object(Bucket=b, Key="k", Body=body)
        self.assertEqual(self.plain.get_object(Bucket=b, Key="k")["Body"].read(), b"y" * 70000)

    def test_headers_and_metadata(self):
        b = self.bucket()
        when = datetime.datetime(2030, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)
        self.s3.put_object(Bucket=b, Key="k", Body=b"x", ContentType="image/jpeg", CacheControl="max-age=1",
                           ContentDisposition="inline", ContentEncoding="gzip", ContentLanguage="de", Expires=when,
                           Metadata={"Camera": "Leica", "no-ascii": "=?UTF-8?B?w6Q=?="}, StorageClass="STANDARD_IA", Tagging="a=b&c=d%20e")
        h = self.s3.head_object(Bucket=b, Key="k")
        self.assertEqual((h["ContentType"], h["CacheControl"], h["ContentDisposition"], h["ContentEncoding"],
                          h["ContentLanguage"], h["StorageClass"], h["ServerSideEncryption"]),
                         ("image/jpeg", "max-age=1", "inline", "gzip", "de", "STANDARD_IA", "AES256"))
        self.assertEqual(h["Metadata"], {"camera": "Leica", "no-ascii": "=?UTF-8?B?w6Q=?="})
        self.assertEqual(h["ResponseMetadata"]["HTTPHeaders"]["expires"], "Wed, 02 Jan 2030 03:04:05 GMT")
        self.assertEqual(h["ResponseMetadata"]["HTTPHeaders"]["x-amz-tagging-count"], "2")
        g = self.s3.get_object(Bucket=b, Key="k", ResponseContentType="text/x", ResponseContentDisposition="attachment")
        self.assertEqual((g["ContentType"], g["ContentDisposition"]), ("text/x", "attachment"))
        self.assertEqual(self.s3.get_object_tagging(Bucket=b, Key="k")["TagSet"],
                         [{"Key": "a", "Value": "b"}, {"Key": "c", "Value": "d e"}])
        self.s3.put_object(Bucket=b, Key="k", Body=b"x")
        h = self.s3.head_object(Bucket=b, Key="k")
        self.assertEqual((h["ContentType"], h["Metadata"]), ("binary/octet-stream", {}))
        self.assertNotIn("ContentEncoding", h)  # aws-chunked was about the way here
        self.assertEqual(code_of(self.s3.put_object, Bucket=b, Key="k", Body=b"", Metadata={"a": "x" * 2048}), "MetadataTooLarge")

    def test_keys(self):
        b = self.bucket()
        keys = ["a b", "a+b", "a%20b", "ä/ö/ü.jpg", "x?y=z&w", "quote'\"<>", "//double", "./dot", "a/../b", "~tilde*", "日本",
                "trailing/", "semi;colon", "é" * 500]
        for k in keys:
            self.s3.put_object(Bucket=b, Key=k, Body=k.encode())
        for k in keys:
            with self.subTest(k):
                self.assertEqual(self.s3.get_object(Bucket=b, Key=k)["Body"].read().decode(), k)
        listed = [o["Key"] for o in self.s3.list_objects_v2(Bucket=b)["Contents"]]
        self.assertEqual(listed, sorted(keys, key=lambda k: k.encode()))
        self.assertEqual(code_of(self.s3.put_object, Bucket=b, Key="x" * 1025, Body=b""), "KeyTooLongError")

    def test_checksums(self):
        b = self.bucket()
        body = os.urandom(70000)
        for client in (self.s3, self.plain):
            for algorithm in ("CRC32", "SHA1", "SHA256"):
                client.put_object(Bucket=b, Key="k", Body=body, ChecksumAlgorithm=algorithm)
                got = client.get_object(Bucket=b, Key="k", ChecksumMode="ENABLED")
                self.assertEqual(got["Body"].read(), body)
                self.assertIn("Checksum" + algorithm, got)
        sha = base64.b64encode(hashlib.sha256(body).digest()).decode()
        self.s3.put_object(Bucket=b, Key="k", Body=body, ChecksumSHA256=sha)
        self.assertEqual(self.s3.head_object(Bucket=b, Key="k", ChecksumMode="ENABLED")["ChecksumSHA256"], sha)
        wrong = base64.b64encode(hashlib.sha256(b"other").digest()).decode()
        self.assertEqual(error_of(self.s3.put_object, Bucket=b, Key="bad", Body=body, ChecksumSHA256=wrong)["Status"], 400)
        md5 = base64.b64encode(hashlib.md5(b"other").digest()).decode()
        self.assertEqual(code_of(self.s3.put_object, Bucket=b, Key="bad", Body=body, ContentMD5=md5), "BadDigest")
        self.assertEqual(code_of(self.s3.head_object, Bucket=b, Key="bad"), "404")
        # Without one from the client S3 makes a CRC64NVME.
        url = self.s3.generate_presigned_url("put_object", Params={"Bucket": b, "Key": "check"})
        self.follow("PUT", url, b"123456789")
        got = self.s3.get_object_attributes(Bucket=b, Key="check", ObjectAttributes=["Checksum", "ObjectSize", "ETag"])
        self.assertEqual(got["Checksum"]["ChecksumCRC64NVME"], base64.b64encode(bytes.fromhex("AE8B14860A799888")).decode())
        self.assertEqual((got["ObjectSize"], got["ETag"]), (9, hashlib.md5(b"123456789").hexdigest()))

    def test_content_md5(self):
        """Of objects and parts of every kind of size: inline, a file, one that other threads hash."""
        b = self.bucket()
        upload = self.s3.create_multipart_upload(Bucket=b, Key="parts")["UploadId"]
        digest = lambda body: base64.b64encode(hashlib.md5(body).digest()).decode()
        for size in 0, 1, 32768, 32769, 65536, 65537, 131072, 131073, 400000:
            body = os.urandom(size)
            for call, more in ((self.s3.put_object, {"Key": f"k{size}"}),
                               (self.s3.upload_part, {"Key": "parts", "UploadId": upload, "PartNumber": 1})):
                with self.subTest(size=size, call=call.__name__):
                    error = error_of(call, Bucket=b, Body=body, ContentMD5=digest(body + b"x"), **more)
                    self.assertEqual((error["Code"], error["ExpectedDigest"], error["CalculatedDigest"]),
                                     ("BadDigest", digest(body + b"x"), digest(body)))
                    self.assertEqual(call(Bucket=b, Body=body, ContentMD5=digest(body), **more)["ETag"],
                                     '"' + hashlib.md5(body).hexdigest() + '"')
            self.assertEqual(self.s3.get_object(Bucket=b, Key=f"k{size}")["Body"].read(), body)
        self.assertEqual(len(self.s3.list_parts(Bucket=b, Key="parts", UploadId=upload)["Parts"]), 1)

    def follow(self, method, url, body=None):
        """What a client without an SDK does with a presigned URL."""
        return self.cloud.http(method, url[len(self.cloud.endpoint):], body=body, tls=True)

    def test_presigned(self):
        b = self.bucket()
        for version in ("s3v4", "s3"):
            with self.subTest(version):
                client = self.cloud.client("s3", signature_version=version)
                put = client.generate_presigned_url("put_object", Params={"Bucket": b, "Key": "p q"})
                self.assertEqual(self.follow("PUT", put, b"signed" * 999)[0], 200)
                get = client.generate_presigned_url("get_object", Params={"Bucket": b, "Key": "p q"})
                self.assertEqual(self.follow("GET", get)[2], b"signed" * 999)
                self.assertEqual(self.follow("GET", get.replace("p%20q", "other"))[0], 403)

    def test_ranges(self):
        b = self.bucket()
        body = os.urandom(200000)
        self.s3.put_object(Bucket=b, Key="k", Body=body)
        for header, want in {"bytes=0-0": body[:1], "bytes=100-70000": body[100:70001], "bytes=199990-": body[199990:],
                             "bytes=-5": body[-5:], "bytes=-999999": body, "bytes=65535-65536": body[65535:65537],
                             "bytes=100-999999": body[100:]}.items():
            with self.subTest(header):
                got = self.s3.get_object(Bucket=b, Key="k", Range=header)
                self.assertEqual(got["Body"].read(), want)
                self.assertEqual(got["ResponseMetadata"]["HTTPStatusCode"], 206)
                self.assertTrue(got["ContentRange"].endswith("/200000"))
        for header in ("bytes=1-2,5-6", "bytes=5-1", "lines=1-2", "bytes=x"):
            with self.subTest(header):
                got = self.s3.get_object(Bucket=b, Key="k", Range=header)
                self.assertEqual((got["ResponseMetadata"]["HTTPStatusCode"], got["Body"].read()), (200, body))
        for header in ("bytes=200000-", "bytes=-0"):
            self.assertEqual(code_of(self.s3.get_object, Bucket=b, Key="k", Range=header), "InvalidRange")
        head = self.s3.head_object(Bucket=b, Key="k", Range="bytes=0-9")
        self.assertEqual((head["ContentLength"], head["ResponseMetadata"]["HTTPHeaders"]["content-range"]),
                         (10, "bytes 0-9/200000"))

    def test_conditional_reads(self):
        b = self.bucket()
        tag = self.s3.put_object(Bucket=b, Key="k", Body=b"x")["ETag"]
        past = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=1)
        get = lambda **kw: self.s3.get_object(Bucket=b, Key="k", **kw)["ResponseMetadata"]["HTTPStatusCode"]
        bad = lambda **kw: error_of(self.s3.get_object, Bucket=b, Key="k", **kw)["Status"]
        self.assertEqual(get(IfMatch=tag), 200)
        self.assertEqual(bad(IfMatch='"no"'), 412)
        self.assertEqual(bad(IfNoneMatch=tag), 304)
        self.assertEqual(get(IfNoneMatch='"no"'), 200)
        self.assertEqual(get(IfModifiedSince=past), 200)
        self.assertEqual(bad(IfModifiedSince=datetime.datetime.now(datetime.timezone.utc)), 304)
        self.assertEqual(bad(IfUnmodifiedSince=past), 412)
        self.assertEqual(get(IfUnmodifiedSince=past, IfMatch=tag), 200)
        self.assertEqual(bad(IfNoneMatch=tag, IfModifiedSince=past), 304)
        self.assertEqual(error_of(self.s3.head_object, Bucket=b, Key="k", IfNoneMatch=tag)["Status"], 304)

    def test_conditional_writes(self):
        b = self.bucket()
        tag = self.s3.put_object(Bucket=b, Key="lock", Body=b"1", IfNoneMatch="*")["ETag"]
        self.assertEqual(error_of(self.s3.put_object, Bucket=b, Key="lock", Body=b"2", IfNoneMatch="*")["Status"], 412)
        self.assertEqual(code_of(self.s3.put_object, Bucket=b, Key="none", Body=b"2", IfMatch=tag), "NoSuchKey")
        self.assertEqual(code_of(self.s3.put_object, Bucket=b, Key="lock", Body=b"2", IfMatch='"x"'), "PreconditionFailed")
        self.s3.put_object(Bucket=b, Key="lock", Body=b"2", IfMatch=tag)
        self.assertEqual(code_of(self.s3.delete_object, Bucket=b, Key="lock", IfMatch=tag), "PreconditionFailed")
        self.assertEqual(self.s3.get_object(Bucket=b, Key="lock")["Body"].read(), b"2")

    def test_one_of_many_wins(self):
        b = self.bucket()
        def attempt(i):
            try:
                self.plain.put_object(Bucket=b, Key="lock", Body=b"%d" % i, IfNoneMatch="*")
                return i
            except self.plain.exceptions.ClientError as e:
                self.assertEqual(e.response["Error"]["Code"], "PreconditionFailed")
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            winners = [i for i in pool.map(attempt, range(24)) if i is not None]
        self.assertEqual(len(winners), 1)
        self.assertEqual(self.s3.get_object(Bucket=b, Key="lock")["Body"].read(), b"%d" % winners[0])

    def test_overwrites_under_readers(self):
        """Readers of a key that is overwritten all the time see one whole body or another."""
        b = self.bucket()
        bodies = [bytes([65 + i]) * (100_000 + i) for i in range(6)]
        self.plain.put_object(Bucket=b, Key="k", Body=bodies[0])
        def write(i):
            self.plain.put_object(Bucket=b, Key="k", Body=bodies[i % 6])
        def read(_):
            return self.plain.get_object(Bucket=b, Key="k")["Body"].read() in bodies
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            writes = pool.map(write, range(60))
            self.assertTrue(all(pool.map(read, range(60))))
            list(writes)

    def test_errors(self):
        b = self.bucket()
        e = error_of(self.s3.get_object, Bucket=b, Key="none")
        self.assertEqual((e["Code"], e["Key"], e["Status"]), ("NoSuchKey", "none", 404))
        self.assertEqual(code_of(self.s3.get_object, Bucket="no-such-bucket-here", Key="k"), "NoSuchBucket")
        self.assertEqual(code_of(self.s3.put_object, Bucket=b, Key="k", Body=b"", ServerSideEncryption="aws:kms"), "NotImplemented")
        self.assertEqual(code_of(self.s3.put_object, Bucket=b, Key="k", Body=b"", ACL="public-read"), "AccessControlListNotSupported")
        self.assertEqual(code_of(self.s3.put_object, Bucket=b, Key="k", Body=b"", StorageClass="GLACIER"), "NotImplemented")
        self.assertEqual(code_of(self.s3.put_object, Bucket=b, Key="k", Body=b"", Tagging="a=1&a=2"), "InvalidTag")
        self.s3.put_object(Bucket=b, Key="k", Body=b"", ServerSideEncryption="AES256", ACL="private", StorageClass="STANDARD")
        self.assertEqual(code_of(self.s3.get_object, Bucket=b, Key="k", VersionId="nonsense"), "InvalidArgument")

    def test_copy(self):
        b, c = self.bucket(), self.bucket()
        body = os.urandom(100_000)
        tag = self.s3.put_object(Bucket=b, Key="src ä+b", Body=body, ContentType="image/png", Metadata={"a": "1"}, Tagging="t=1")["ETag"]
        done = self.s3.copy_object(Bucket=c, Key="dst", CopySource={"Bucket": b, "Key": "src ä+b"})
        self.assertEqual(done["CopyObjectResult"]["ETag"], tag)
        h = self.s3.get_object(Bucket=c, Key="dst")
        self.assertEqual((h["Body"].read(), h["ContentType"], h["Metadata"]), (body, "image/png", {"a": "1"}))
        self.assertEqual(self.s3.get_object_tagging(Bucket=c, Key="dst")["TagSet"], [{"Key": "t", "Value": "1"}])
        self.s3.copy_object(Bucket=c, Key="dst", CopySource={"Bucket": b, "Key": "src ä+b"}, MetadataDirective="REPLACE",
                            Metadata={"b": "2"}, ContentType="text/plain", TaggingDirective="REPLACE", Tagging="u=2")
        h = self.s3.head_object(Bucket=c, Key="dst")
        self.assertEqual((h["ContentType"], h["Metadata"]), ("text/plain", {"b": "2"}))
        self.assertEqual(code_of(self.s3.copy_object, Bucket=c, Key="dst", CopySource=f"{c}/dst"), "InvalidRequest")
        self.s3.copy_object(Bucket=c, Key="dst", CopySource=f"{c}/dst", MetadataDirective="REPLACE", Metadata={"c": "3"})
        self.assertEqual(self.s3.get_object(Bucket=c, Key="dst")["Body"].read(), body)
        self.assertEqual(code_of(self.s3.copy_object, Bucket=c, Key="x", CopySource={"Bucket": b, "Key": "src ä+b"},
                                 CopySourceIfMatch='"no"'), "PreconditionFailed")
        self.assertEqual(code_of(self.s3.copy_object, Bucket=c, Key="x", CopySource={"Bucket": b, "Key": "src ä+b"},
                                 CopySourceIfNoneMatch=tag), "PreconditionFailed")
        self.assertEqual(code_of(self.s3.copy_object, Bucket=c, Key="x", CopySource=f"{b}/none"), "NoSuchKey")

    def test_tags(self):
        b = self.bucket()
        self.s3.put_object(Bucket=b, Key="k", Body=b"x")
        self.assertEqual(self.s3.get_object_tagging(Bucket=b, Key="k")["TagSet"], [])
        tags = [{"Key": f"k{i}", "Value": "v"} for i in range(10)]
        self.s3.put_object_tagging(Bucket=b, Key="k", Tagging={"TagSet": tags})
        self.assertEqual(self.s3.get_object_tagging(Bucket=b, Key="k")["TagSet"], tags)
        self.assertEqual(code_of(self.s3.put_object_tagging, Bucket=b, Key="k", Tagging={"TagSet": tags + [{"Key": "z", "Value": ""}]}), "BadRequest")
        self.s3.delete_object_tagging(Bucket=b, Key="k")
        self.assertEqual(self.s3.get_object_tagging(Bucket=b, Key="k")["TagSet"], [])
        self.assertEqual(self.s3.get_object(Bucket=b, Key="k")["Body"].read(), b"x")

    def test_delete_many(self):
        b = self.bucket()
        for i in range(5):
            self.s3.put_object(Bucket=b, Key=f"k{i}", Body=b"x")
        done = self.s3.delete_objects(Bucket=b, Delete={"Objects": [{"Key": f"k{i}"} for i in range(4)] + [{"Key": "k0"}, {"Key": "none"}]})
        self.assertEqual(len(done["Deleted"]), 6)
        quiet = self.s3.delete_objects(Bucket=b, Delete={"Objects": [{"Key": "k4"}], "Quiet": True})
        self.assertNotIn("Deleted", quiet)
        self.assertNotIn("Contents", self.s3.list_objects_v2(Bucket=b))

    def test_acl(self):
        b = self.bucket()
        self.s3.put_object(Bucket=b, Key="k", Body=b"x")
        self.assertEqual(self.s3.get_object_acl(Bucket=b, Key="k")["Grants"][0]["Permission"], "FULL_CONTROL")
        self.s3.put_object_acl(Bucket=b, Key="k", ACL="bucket-owner-full-control")
        self.assertEqual(code_of(self.s3.put_object_acl, Bucket=b, Key="k", ACL="public-read"), "AccessControlListNotSupported")


class Lists(S3Case):
    def setUp(self):
        self.keys = sorted(f"{d}/{i}.jpg" for d in ("2024", "2025/a", "2025/b") for i in range(3)) + ["top.txt", "zz é.txt"]
        self.b = self.bucket()
        for k in self.keys:
            self.plain.put_object(Bucket=self.b, Key=k, Body=b"x")

    def names(self, page):
        return [o["Key"] for o in page.get("Contents", [])] + [p["Prefix"] for p in page.get("CommonPrefixes", [])]

    def test_v2(self):
        page = self.s3.list_objects_v2(Bucket=self.b, Delimiter="/")
        self.assertEqual(self.names(page), ["top.txt", "zz é.txt", "2024/", "2025/"])
        self.assertEqual((page["KeyCount"], page["IsTruncated"]), (4, False))
        self.assertEqual(self.names(self.s3.list_objects_v2(Bucket=self.b, Delimiter="/", Prefix="2025/")), ["2025/a/", "2025/b/"])
        self.assertEqual(self.names(self.s3.list_objects_v2(Bucket=self.b, Prefix="2025/b")), self.keys[6:9])
        self.assertEqual(self.names(self.s3.list_objects_v2(Bucket=self.b, StartAfter=self.keys[6])), self.keys[7:])
        self.assertEqual(self.names(self.s3.list_objects_v2(Bucket=self.b, Prefix="nope")), [])
        self.assertEqual(self.names(self.s3.list_objects_v2(Bucket=self.b, MaxKeys=0)), [])
        self.assertIn("Owner", self.s3.list_objects_v2(Bucket=self.b, FetchOwner=True)["Contents"][0])
        self.assertEqual(code_of(self.s3.list_objects_v2, Bucket=self.b, ContinuationToken="nonsense!"), "InvalidArgument")

    def test_pages(self):
        for size in (1, 2, 3, 100):
            for kw in ({}, {"Delimiter": "/"}, {"Prefix": "2025/"}, {"Prefix": "2025/", "Delimiter": "/"}):
                for op in ("list_objects_v2", "list_objects", "list_object_versions"):
                    with self.subTest(op=op, size=size, **kw):
                        paged = self.s3.get_paginator(op).paginate(Bucket=self.b, PaginationConfig={"PageSize": size}, **kw)
                        got = []
                        for page in paged:
                            page.setdefault("Contents", page.get("Versions", []))
                            self.assertLessEqual(len(self.names(page)), size)
                            got += self.names(page)
                        self.assertEqual(sorted(got), sorted(self.names(self.s3.list_objects_v2(Bucket=self.b, **kw))))

    def test_v1(self):
        page = self.s3.list_objects(Bucket=self.b, MaxKeys=2, Delimiter="/")
        self.assertEqual((page["NextMarker"], page["IsTruncated"]), ("2025/", True))
        page = self.s3.list_objects(Bucket=self.b, Marker="2025/", Delimiter="/")
        self.assertEqual(self.names(page), ["top.txt", "zz é.txt"])
        self.assertNotIn("NextMarker", self.s3.list_objects(Bucket=self.b, MaxKeys=2))


class Multipart(S3Case):
    def parts(self, client, b, key, pieces, **kw):
        up = client.create_multipart_upload(Bucket=b, Key=key, **kw)["UploadId"]
        done = []
        for n, piece in enumerate(pieces, 1):
            r = client.upload_part(Bucket=b, Key=key, UploadId=up, PartNumber=n, Body=piece,
                                   **{k: v for k, v in kw.items() if k == "ChecksumAlgorithm"})
            done.append({"PartNumber": n, "ETag": r["ETag"], **{k: v for k, v in r.items() if k.startswith("Checksum")}})
        return up, done

    def test_upload(self):
        b = self.bucket()
        pieces = [os.urandom(5 * MIB), os.urandom(5 * MIB + 3), os.urandom(1000)]
        whole = b"".join(pieces)
        etag = hashlib.md5(b"".join(hashlib.md5(p).digest() for p in pieces)).hexdigest() + "-3"
        crc = base64.b64encode(zlib.crc32(whole).to_bytes(4, "big")).decode()
        cases = [({}, None), ({"ChecksumAlgorithm": "CRC32"}, "COMPOSITE"), ({"ChecksumAlgorithm": "SHA256"}, "COMPOSITE"),
                 ({"ChecksumAlgorithm": "CRC32", "ChecksumType": "FULL_OBJECT"}, "FULL_OBJECT")]
        for client in (self.s3, self.plain):
            for kw, kind in cases:
                with self.subTest(tls=client is self.s3, **kw):
                    up, done = self.parts(client, b, "k", pieces, **kw)
                    self.assertEqual(code_of(client.head_object, Bucket=b, Key="k"), "404")  # nothing before complete
                    listed = client.list_parts(Bucket=b, Key="k", UploadId=up)
                    self.assertEqual([p["Size"] for p in listed["Parts"]], [len(p) for p in pieces])
                    extra = {"ChecksumType": "FULL_OBJECT", "ChecksumCRC32": crc} if kind == "FULL_OBJECT" else {}
                    r = client.complete_multipart_upload(Bucket=b, Key="k", UploadId=up, MultipartUpload={"Parts": done}, **extra)
                    self.assertEqual(r["ETag"], f'"{etag}"')
                    if kind:
                        self.assertEqual(r["ChecksumType"], kind)
                    if kind == "FULL_OBJECT":
                        self.assertEqual(r["ChecksumCRC32"], crc)
                    elif kind:
                        self.assertTrue(r["Checksum" + kw["ChecksumAlgorithm"]].endswith("-3"))
                    again = client.complete_multipart_upload(Bucket=b, Key="k", UploadId=up, MultipartUpload={"Parts": done})
                    self.assertEqual(again["ETag"], r["ETag"])
                    self.assertEqual(client.get_object(Bucket=b, Key="k")["Body"].read(), whole)
                    at = 5 * MIB
                    got = client.get_object(Bucket=b, Key="k", Range=f"bytes={at - 2}-{at + 1}")["Body"].read()
                    self.assertEqual(got, whole[at - 2:at + 2])
                    part = client.get_object(Bucket=b, Key="k", PartNumber=2)
                    self.assertEqual((part["Body"].read(), part["PartsCount"]), (pieces[1], 3))
                    self.assertEqual(code_of(client.get_object, Bucket=b, Key="k", PartNumber=4), "InvalidPartNumber")
                    client.delete_object(Bucket=b, Key="k")
        self.s3.delete_bucket(Bucket=b)

    def test_reader_keeps_what_it_began(self):
        """An overwrite in the middle of a GET does not disturb it, parts included."""
        b = self.bucket()
        pieces = [bytes([i]) * (5 * MIB) for i in range(1, 6)]
        up, done = self.parts(self.plain, b, "k", pieces)
        self.plain.complete_multipart_upload(Bucket=b, Key="k", UploadId=up, MultipartUpload={"Parts": done})
        body = self.plain.get_object(Bucket=b, Key="k")["Body"]
        head = body.read(1000)
        self.s3.put_object(Bucket=b, Key="k", Body=b"new")
        self.assertEqual(head + body.read(), b"".join(pieces))
        self.assertEqual(self.s3.get_object(Bucket=b, Key="k")["Body"].read(), b"new")

    def test_refusals(self):
        b = self.bucket()
        up, done = self.parts(self.s3, b, "k", [b"small", b"small"])
        complete = lambda parts, **kw: code_of(self.s3.complete_multipart_upload, Bucket=b, Key="k", UploadId=up,
                                               MultipartUpload={"Parts": parts}, **kw)
        self.assertEqual(complete(done), "EntityTooSmall")
        self.assertEqual(complete(done[::-1]), "InvalidPartOrder")
        self.assertEqual(complete([{**done[0], "ETag": '"x"'}]), "InvalidPart")
        self.assertEqual(complete([{"PartNumber": 9, "ETag": '"x"'}]), "InvalidPart")
        self.assertEqual(code_of(self.s3.upload_part, Bucket=b, Key="k", UploadId=up, PartNumber=10001, Body=b""), "InvalidArgument")
        self.assertEqual(code_of(self.s3.upload_part, Bucket=b, Key="k", UploadId="x" * 32, PartNumber=1, Body=b""), "NoSuchUpload")
        self.s3.abort_multipart_upload(Bucket=b, Key="k", UploadId=up)
        self.assertEqual(complete(done), "NoSuchUpload")
        self.assertEqual(code_of(self.s3.abort_multipart_upload, Bucket=b, Key="k", UploadId=up), "NoSuchUpload")
        self.assertNotIn("Uploads", self.s3.list_multipart_uploads(Bucket=b))
        self.s3.delete_bucket(Bucket=b)

    def test_part_again_and_fewer_parts(self):
        b = self.bucket()
        up, done = self.parts(self.s3, b, "k", [b"one", b"two", b"three"])
        r = self.s3.upload_part(Bucket=b, Key="k", UploadId=up, PartNumber=2, Body=b"two again")
        self.s3.complete_multipart_upload(Bucket=b, Key="k", UploadId=up,
                                          MultipartUpload={"Parts": [{"PartNumber": 2, "ETag": r["ETag"]}]})
        self.assertEqual(self.s3.get_object(Bucket=b, Key="k")["Body"].read(), b"two again")

    def test_part_copy(self):
        b = self.bucket()
        body = os.urandom(6 * MIB)
        self.s3.put_object(Bucket=b, Key="src", Body=body)
        up = self.s3.create_multipart_upload(Bucket=b, Key="dst")["UploadId"]
        first = self.s3.upload_part_copy(Bucket=b, Key="dst", UploadId=up, PartNumber=1, CopySource=f"{b}/src")
        second = self.s3.upload_part_copy(Bucket=b, Key="dst", UploadId=up, PartNumber=2, CopySource=f"{b}/src",
                                          CopySourceRange="bytes=10-19")
        self.s3.complete_multipart_upload(Bucket=b, Key="dst", UploadId=up, MultipartUpload={"Parts": [
            {"PartNumber": i, "ETag": r["CopyPartResult"]["ETag"]} for i, r in ((1, first), (2, second))]})
        self.assertEqual(self.s3.get_object(Bucket=b, Key="dst")["Body"].read(), body + body[10:20])
        self.s3.create_multipart_upload(Bucket=b, Key="dst")

    def test_list_uploads(self):
        b = self.bucket()
        ids = [(k, self.s3.create_multipart_upload(Bucket=b, Key=k)["UploadId"]) for k in ("a/1", "a/2", "b", "b", "c é")]
        page = self.s3.list_multipart_uploads(Bucket=b)
        self.assertEqual([(u["Key"], u["UploadId"]) for u in page["Uploads"]], ids)
        got = []
        for page in self.s3.get_paginator("list_multipart_uploads").paginate(Bucket=b, PaginationConfig={"PageSize": 2}):
            got += [(u["Key"], u["UploadId"]) for u in page.get("Uploads", [])]
        self.assertEqual(got, ids)
        page = self.s3.list_multipart_uploads(Bucket=b, Delimiter="/")
        self.assertEqual([p["Prefix"] for p in page["CommonPrefixes"]], ["a/"])

    def test_managed_transfer(self):
        b = self.bucket()
        body = os.urandom(20 * MIB + 1)
        self.s3.upload_fileobj(io.BytesIO(body), b, "big")
        out = io.BytesIO()
        self.s3.download_fileobj(b, "big", out)
        self.assertEqual(out.getvalue(), body)
        self.s3.copy({"Bucket": b, "Key": "big"}, b, "copy")
        self.assertEqual(self.s3.head_object(Bucket=b, Key="copy")["ContentLength"], len(body))


if __name__ == "__main__":
    main()
