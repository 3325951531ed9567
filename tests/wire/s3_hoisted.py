"""x-amz-* in the query of a URL is taken as headers, as presigners mean it: by every operation, in condition keys, and refused by name
where it is not built. Checksums in a presigned URL are those of no body: they are not verified, and nothing about them refuses."""
# also with Debian's boto3
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import unittest
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import build_dir, main
from s3_help import S3Case

# What the presigner of the JavaScript SDK, 3.1169, adds to each PUT: the checksum of no bytes.
EMPTY = "x-amz-checksum-crc32=AAAAAA%3D%3D&x-amz-sdk-checksum-algorithm=CRC32&X-Amz-Content-Sha256=UNSIGNED-PAYLOAD"
JAVASCRIPT = "3.1169.0"
PRESIGN = """
import * as s3 from '@aws-sdk/client-s3';
import {getSignedUrl} from '@aws-sdk/s3-request-presigner';
const asked = JSON.parse(process.argv[2]);
const client = new s3.S3Client({forcePathStyle: true, endpoint: asked.endpoint, region: 'us-east-1',
    credentials: {accessKeyId: asked.keys[0], secretAccessKey: asked.keys[1]}});
const urls = [];
for (const [command, input] of asked.requests)
    urls.push(await getSignedUrl(client, new s3[command + 'Command'](input), {expiresIn: 60}));
console.log(JSON.stringify(urls));
"""


def javascript():
    """A folder with the SDK; skips where npm or what it needs is not to be had."""
    folder = build_dir() / f"tests/javascript-{JAVASCRIPT}"
    if not shutil.which("node") or not shutil.which("npm"):
        raise unittest.SkipTest("node and npm are not installed")
    if not (folder / "presign.mjs").exists():
        folder.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(["npm", "install", "--prefix", folder, "--no-save", "--no-audit", "--no-fund", "--fetch-retries=0",
                               f"@aws-sdk/client-s3@{JAVASCRIPT}", f"@aws-sdk/s3-request-presigner@{JAVASCRIPT}"],
                              capture_output=True, text=True, timeout=300)
        if done.returncode:
            raise unittest.SkipTest("npm has no SDK for JavaScript: " + done.stderr.strip()[-200:])
        (folder / "presign.mjs").write_text(PRESIGN)
    return folder


class Hoisted(S3Case):
    def setUp(self):
        self.b = self.bucket()
        self.body = pathlib.Path(__file__).read_bytes()

    def path(self, key, query):
        return f"/{self.b}/{key}?{query}"

    def send_hoisted(self, method, key, query, body=None, **more):
        return self.send(method, self.hoisted(method, self.path(key, query), **more), body=body)

    def check_stored(self, key, metadata, tags, storage_class=None):
        got = self.s3.get_object(Bucket=self.b, Key=key)
        self.assertEqual((got["Body"].read(), got["Metadata"], got.get("StorageClass")), (self.body, metadata, storage_class))
        self.assertEqual(self.s3.get_object_tagging(Bucket=self.b, Key=key)["TagSet"], [{"Key": k, "Value": v} for k, v in tags])

    # ---- as the SDKs make them ----
    def test_javascript(self):
        endpoint = self.cloud.plain_endpoint
        put = {"Bucket": self.b, "Key": "js", "Metadata": {"one": "1", "two": "a b", "empty": ""}, "Tagging": "a=1&b=x%20y",
               "StorageClass": "STANDARD_IA"}
        requests = [("PutObject", put), ("GetObject", {"Bucket": self.b, "Key": "js"}), ("HeadObject", {"Bucket": self.b, "Key": "js"}),
                    ("GetObject", {"Bucket": self.b, "Key": "js", "ResponseContentType": "a/b"}),
                    ("PutObject", {"Bucket": self.b, "Key": "sha", "ChecksumAlgorithm": "SHA256"}),
                    ("CopyObject", {"Bucket": self.b, "Key": "copy", "CopySource": self.b + "/js", "MetadataDirective": "REPLACE",
                                    "Metadata": {"three": "3"}})]
        folder = javascript()
        asked = {"endpoint": endpoint, "keys": [self.cloud.access_key, self.cloud.secret_key], "requests": requests}
        done = subprocess.run(["node", "presign.mjs", json.dumps(asked)], cwd=folder, capture_output=True, text=True, timeout=60,
                              env={**os.environ, "NODE_NO_WARNINGS": "1"})
        self.assertEqual(done.returncode, 0, done.stderr)
        urls = [u[len(endpoint):] for u in json.loads(done.stdout)]
        self.assertIn("x-amz-checksum-crc32=AAAAAA%3D%3D&", urls[0])
        answers = [self.send({"G": "GET", "H": "HEAD"}.get(name[0], "PUT"), url, body=self.body if name == "PutObject" else None)
                   for (name, _), url in zip(requests, urls)]
        self.assertEqual([a[0] for a in answers], [200] * len(urls), answers)
        self.check_stored("js", put["Metadata"], [("a", "1"), ("b", "x y")], "STANDARD_IA")
        self.assertEqual(answers[1][1].encode(), self.body)
        self.assertEqual(answers[3][2]["Content-Type"], "a/b")
        self.assertEqual(self.s3.head_object(Bucket=self.b, Key="copy")["Metadata"], {"three": "3"})

    def test_as_javascript_makes_them(self):
        """The same without the SDK."""
        put = self.send_hoisted("PUT", "k", EMPTY + "&x-amz-meta-empty=&x-amz-meta-one=1&x-amz-meta-two=a%20b&x-amz-storage-class=STANDARD_IA"
                                "&x-amz-tagging=a%3D1%26b%3Dx%2520y&x-id=PutObject", body=self.body)
        self.assertEqual(put[0], 200, put)
        self.check_stored("k", {"empty": "", "one": "1", "two": "a b"}, [("a", "1"), ("b", "x y")], "STANDARD_IA")
        get = self.send_hoisted("GET", "k", "x-amz-checksum-mode=ENABLED&x-id=GetObject")
        self.assertEqual((get[0], get[1].encode()), (200, self.body))
        self.assertEqual(get[2]["x-amz-checksum-crc64nvme"], put[2]["x-amz-checksum-crc64nvme"])

    def test_boto3(self):
        """As boto3 makes them by default, and in version 4, where metadata are headers to be sent."""
        put = {"Bucket": self.b, "Key": "boto", "Metadata": {"one": "1", "two": "a, b"}, "Tagging": "a=1", "StorageClass": "STANDARD_IA"}
        for version in {}, {"signature_version": "s3v4"}:
            with self.subTest(version=version):
                client = self.cloud.client("s3", tls=False, **version)
                url = client.generate_presigned_url("put_object", Params=put)
                signed = re.search("SignedHeaders=([^&]*)", url)
                given = {"x-amz-meta-one": "1", "x-amz-meta-two": "a, b", "x-amz-tagging": "a=1", "x-amz-storage-class": "STANDARD_IA"}
                headers = [(n, v) for n, v in given.items() if signed and n in urllib.parse.unquote(signed[1]).split(";")]
                answer = self.send("PUT", url[len(self.cloud.plain_endpoint):], *headers, body=self.body)
                self.assertEqual(answer[0], 200, answer)
                self.check_stored("boto", put["Metadata"], [("a", "1")], "STANDARD_IA")
                url = client.generate_presigned_url("get_object", Params={"Bucket": self.b, "Key": "boto", "ResponseContentType": "a/b"})
                got = self.send("GET", url[len(self.cloud.plain_endpoint):])
                self.assertEqual((got[0], got[1].encode(), got[2]["Content-Type"]), (200, self.body, "a/b"))
                self.s3.delete_object(Bucket=self.b, Key="boto")

    # ---- every operation that takes them ----
    def test_uploads(self):
        answer = self.send_hoisted("POST", "k", "uploads=&x-amz-checksum-algorithm=SHA256&x-amz-meta-m=1&x-amz-tagging=t%3Dv&"
                                   "x-amz-storage-class=STANDARD_IA&x-amz-checksum-crc32=AAAAAA%3D%3D")
        self.assertEqual((answer[0], answer[2]["x-amz-checksum-algorithm"]), (200, "SHA256"), answer)
        upload = re.search("<UploadId>(.*)</UploadId>", answer[1])[1]
        part = f"partNumber=%d&uploadId={upload}&"
        first = self.send_hoisted("PUT", "k", part % 1 + EMPTY, body=self.body * 1000)
        self.assertEqual(first[0], 200, first)
        self.s3.put_object(Bucket=self.b, Key="source", Body=b"0123456789")
        copy = part % 2 + f"x-amz-copy-source={self.b}/source&x-amz-copy-source-range=bytes%3D2-4"
        self.assertEqual(self.code_in(self.send_hoisted("PUT", "k", copy + "&x-amz-copy-source-if-match=none")), "PreconditionFailed")
        second = self.send_hoisted("PUT", "k", copy)
        self.assertIn("CopyPartResult", second[1])
        tags = first[2]["ETag"], re.search("&quot;(.*?)&quot;", second[1])[1]
        sums = [p["ChecksumSHA256"] for p in self.s3.list_parts(Bucket=self.b, Key="k", UploadId=upload)["Parts"]]
        parts = "".join(f"<Part><PartNumber>{i + 1}</PartNumber><ETag>{t}</ETag><ChecksumSHA256>{s}</ChecksumSHA256></Part>"
                        for i, (t, s) in enumerate(zip(tags, sums)))
        whole = f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>".encode()
        size = len(self.body) * 1000 + 3
        complete = f"uploadId={upload}&x-amz-checksum-sha256=AAAA&x-amz-mp-object-size="
        self.assertEqual(self.code_in(self.send_hoisted("POST", "k", complete + str(size + 1), body=whole)), "InvalidRequest")
        answer = self.send_hoisted("POST", "k", complete + str(size), body=whole)
        self.assertEqual((answer[0], self.code_in(answer)), (200, None), answer)
        self.body = self.body * 1000 + b"234"
        self.check_stored("k", {"m": "1"}, [("t", "v")], "STANDARD_IA")

    def test_copies(self):
        self.s3.put_object(Bucket=self.b, Key="source", Body=self.body, Metadata={"old": "1"}, Tagging="old=1")
        etag = urllib.parse.quote(self.s3.head_object(Bucket=self.b, Key="source")["ETag"])
        source = f"x-amz-copy-source={self.b}/source"
        for query, metadata, tags in (
                (source, {"old": "1"}, [("old", "1")]),
                (source + "&x-amz-meta-new=2&x-amz-metadata-directive=REPLACE", {"new": "2"}, [("old", "1")]),
                (source + "&x-amz-tagging=new%3D2&x-amz-tagging-directive=REPLACE", {"old": "1"}, [("new", "2")]),
                (source + "&x-amz-copy-source-if-match=" + etag, {"old": "1"}, [("old", "1")])):
            with self.subTest(query):
                answer = self.send_hoisted("PUT", "copy", query + "&x-amz-checksum-crc32=AAAA&x-amz-storage-class=ONEZONE_IA")
                self.assertIn("CopyObjectResult", answer[1])
                self.check_stored("copy", metadata, tags, "ONEZONE_IA")
                self.s3.delete_object(Bucket=self.b, Key="copy")
        refused = self.send_hoisted("PUT", "copy", source + "&x-amz-copy-source-if-none-match=" + etag)
        self.assertEqual((refused[0], self.code_in(refused)), (412, "PreconditionFailed"))
        other = self.send_hoisted("GET", "source", "x-amz-expected-bucket-owner=111122223333")
        self.assertEqual((other[0], self.code_in(other)), (403, "AccessDenied"))

    # ---- what is not built ----
    def test_refused_by_name(self):
        self.s3.put_object(Bucket=self.b, Key="k", Body=b"old")
        until = "x-amz-object-lock-retain-until-date"
        for method, query, code, name in (
                ("PUT", "x-amz-acl=public-read", "AccessControlListNotSupported", ""),
                ("PUT", "x-amz-grant-read=id%3Dx", "AccessControlListNotSupported", ""),
                ("PUT", "x-amz-server-side-encryption=aws:kms", "NotImplemented", "aws:kms"),
                ("PUT", "x-amz-server-side-encryption-customer-algorithm=AES256", "NotImplemented", "customer-algorithm"),
                ("PUT", "x-amz-server-side-encryption-aws-kms-key-id=k", "NotImplemented", "kms-key-id"),
                ("PUT", "x-amz-object-lock-mode=GOVERNANCE", "NotImplemented", "x-amz-object-lock-mode"),
                ("PUT", until + "=2030-01-01T00:00:00Z", "NotImplemented", until),
                ("PUT", "x-amz-object-lock-legal-hold=ON", "NotImplemented", "x-amz-object-lock-legal-hold"),
                ("PUT", "x-amz-write-offset-bytes=1", "NotImplemented", "x-amz-write-offset-bytes"),
                ("PUT", "x-amz-storage-class=GLACIER", "NotImplemented", "GLACIER"),
                ("PUT", "x-amz-storage-class=NONE", "InvalidStorageClass", ""),
                ("PUT", "x-amz-tagging=%25zz", "InvalidArgument", "x-amz-tagging"),
                ("PUT", "x-amz-website-redirect-location=x", "InvalidArgument", "redirect"),
                ("GET", "x-amz-server-side-encryption=AES256", "InvalidArgument", "x-amz-server-side-encryption"),
                ("DELETE", "x-amz-mfa=1%202", "NotImplemented", "x-amz-mfa"),
                ("POST", "uploads=&x-amz-checksum-algorithm=SHA512", "NotImplemented", "SHA512")):
            with self.subTest(query):
                answer = self.send_hoisted(method, "k", query, body=b"new" if method == "PUT" else None)
                self.assertEqual(self.code_in(answer), code, answer)
                self.assertIn(name, answer[1])
        self.assertEqual(self.s3.get_object(Bucket=self.b, Key="k")["Body"].read(), b"old")
        self.assertNotIn("Uploads", self.s3.list_multipart_uploads(Bucket=self.b))

    def test_checksums_never_refuse(self):
        upload = self.s3.create_multipart_upload(Bucket=self.b, Key="up", ChecksumAlgorithm="CRC32")["UploadId"]
        algorithms = "crc32", "crc32c", "crc64nvme", "sha1", "sha256", "sha512", "md5", "xxhash64", "unheard-of"
        queries = [f"x-amz-checksum-{a}={v}" for a, v in zip(algorithms, ("AAAAAA%3D%3D", "", "none") * 3)]
        queries += [f"x-amz-sdk-checksum-algorithm={v}" for v in ("CRC32", "SHA512", "none", "")]
        queries += [f"x-amz-checksum-mode={v}" for v in ("ENABLED", "none", "")]
        queries += ["x-amz-checksum-crc32=AAAAAA%3D%3D&x-amz-checksum-sha1=none", "x-amz-trailer=x-amz-checksum-crc32"]
        for query in queries:
            for method, key, more, body in (("PUT", "k", "", b"body"), ("GET", "k", "", None), ("HEAD", "k", "", None),
                                            ("PUT", "up", f"partNumber=1&uploadId={upload}&", b"body"),
                                            ("PUT", "c", f"x-amz-copy-source={self.b}/k&", None),
                                            ("POST", "u", "uploads=&", None), ("PUT", "k", "tagging=&", b"<Tagging><TagSet/></Tagging>")):
                with self.subTest(query, method=method, more=more):
                    answer = self.send_hoisted(method, key, more + query, body=body)
                    self.assertEqual((answer[0], self.code_in(answer)), (200, None), answer)
        self.assertEqual(self.s3.get_object(Bucket=self.b, Key="k")["Body"].read(), b"body")
        # A header beside it is verified as ever.
        signed = "x-amz-checksum-crc32", "AAAAAA=="
        answer = self.send("PUT", self.hoisted("PUT", self.path("k", "x-amz-sdk-checksum-algorithm=CRC32"), signed), signed, body=b"body")
        self.assertEqual(self.code_in(answer), "BadDigest")

    # ---- beside other signatures ----
    def test_signed_in_the_header(self):
        """They mean the same there, but a checksum is one of the body that comes with it."""
        stored = self.call("PUT", self.path("k", "x-amz-meta-one=%C3%B6&x-amz-tagging=a%3D1&x-amz-storage-class=STANDARD_IA&x-id=PutObject"), body=self.body)
        self.assertEqual(stored[0], 200, stored)
        self.check_stored("k", {"one": "=?UTF-8?B?w7Y=?="}, [("a", "1")], "STANDARD_IA")
        for query, code in (("x-amz-acl=public-read", "AccessControlListNotSupported"), ("x-amz-server-side-encryption=aws%3Akms", "NotImplemented"),
                            ("x-amz-expected-bucket-owner=111122223333", "AccessDenied"), ("x-amz-checksum-crc32=AAAAAA%3D%3D", "BadDigest"),
                            ("x-amz-sdk-checksum-algorithm=SHA512", "NotImplemented"), ("x-amz-acl=private&x-amz-acl=public-read", "InvalidRequest"),
                            ("X-Amz-Date=20200101T000000Z", "InvalidRequest"), (f"x-amz-copy-source={self.b}%2Fnone", "NoSuchKey")):
            with self.subTest(query):
                answer = self.call("PUT", self.path("k", query), body=b"" if "copy-source" in query else b"new")
                self.assertEqual(self.code_in(answer), code, answer)
        self.check_stored("k", {"one": "=?UTF-8?B?w7Y=?="}, [("a", "1")], "STANDARD_IA")
        beside = self.call("GET", self.path("k", "x-amz-expected-bucket-owner=111122223333"), ("x-amz-expected-bucket-owner", "000000000000"))
        self.assertEqual(self.code_in(beside), "InvalidRequest")
        self.assertEqual(self.call("GET", self.path("k", "x-amz-target=DynamoDB_20120810.ListTables"))[1].encode(), self.body)

    def test_unsigned(self):
        self.s3.delete_public_access_block(Bucket=self.b)
        statement = {"Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": f"arn:aws:s3:::{self.b}/*"}
        self.s3.put_bucket_policy(Bucket=self.b, Policy=json.dumps({"Version": "2012-10-17", "Statement": statement}))
        self.assertEqual(self.send("PUT", self.path("k", "x-amz-meta-one=1"), body=self.body)[0], 200)
        self.check_stored("k", {"one": "1"}, [])
        for query, code in (("x-amz-object-lock-mode=GOVERNANCE", "NotImplemented"), ("x-amz-tagging=a%3D1", "AccessDenied"),
                            ("x-amz-meta-a=1&x-amz-meta-a=2", "InvalidRequest")):
            self.assertEqual(self.code_in(self.send("PUT", self.path("k", query), body=b"new")), code)
        self.check_stored("k", {"one": "1"}, [])

    # ---- who may ----
    def test_condition_keys(self):
        self.s3.put_object(Bucket=self.b, Key="source", Body=b"x")
        iam = self.cloud.client("iam")
        for key, value, good, bad in (
                ("x-amz-storage-class", "STANDARD_IA", "x-amz-storage-class=STANDARD_IA", "x-amz-storage-class=ONEZONE_IA"),
                ("x-amz-acl", "private", "x-amz-acl=private", "x-amz-acl=public-read"),
                ("x-amz-server-side-encryption", "AES256", "x-amz-server-side-encryption=AES256", "x-amz-server-side-encryption=aws:kms"),
                ("RequestObjectTag/team", "red", "x-amz-tagging=team%3Dred", "x-amz-tagging=team%3Dblue"),
                ("x-amz-copy-source", f"{self.b}/source", f"x-amz-copy-source={self.b}/source", f"x-amz-copy-source={self.b}/other"),
                ("x-amz-metadata-directive", "REPLACE", f"x-amz-copy-source={self.b}/source&x-amz-metadata-directive=REPLACE",
                 f"x-amz-copy-source={self.b}/source&x-amz-metadata-directive=COPY")):
            name = f"user-{next(self._names)}"
            iam.create_user(UserName=name)
            statements = [{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*", "Condition": {"StringEquals": {"s3:" + key: value}}},
                          {"Effect": "Allow", "Action": ["s3:Get*", "s3:PutObjectTagging"], "Resource": "*"}]
            iam.put_user_policy(UserName=name, PolicyName="p",
                                PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statements}))
            made = iam.create_access_key(UserName=name)["AccessKey"]
            keys = made["AccessKeyId"], made["SecretAccessKey"]
            for query, code in (good, None), (bad, "AccessDenied"), ("x-id=PutObject", "AccessDenied"):
                with self.subTest(query):
                    answer = self.send_hoisted("PUT", "k", query, body=None if "copy-source" in query else b"x", keys=keys)
                    self.assertEqual(self.code_in(answer), code, answer)


if __name__ == "__main__":
    main()
