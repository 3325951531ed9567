"""Headers byte by byte: metadata, codings, checksums of parts, what an operation does not take."""
# also with Debian's boto3
import base64
import datetime
import hashlib
import hmac
import os
import pathlib
import re
import sys
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import main
from s3_help import S3Case, code_of

MIB = 1 << 20


def crc32(body):
    return base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode()


class Metadata(S3Case):
    # Sent as bytes of a header, and what S3 answers: the first is the example of "Working with object metadata" in its user guide,
    # the next two were seen (minio/minio, pull request 21282).
    SEEN = {"ÄMÄZÕÑ S3".encode(): "=?UTF-8?B?w4PChE3Dg8KEWsODwpXDg8KRIFMz?=", "Miniö".encode(): "=?UTF-8?Q?Mini=C3=83=C2=B6?=",
            "ö".encode(): "=?UTF-8?B?w4PCtg==?=", "Zürich".encode("latin-1"): "=?UTF-8?Q?Z=C3=BCrich?=", b"AMAZONS3": "AMAZONS3", b"": "",
            b"=?UTF-8?B?w6Q=?=": "=?UTF-8?B?w6Q=?=", b"a=b_c? d": "a=b_c? d"}

    def setUp(self):
        self.b = self.bucket()

    def metadata(self, key="k"):
        """As HEAD has it on the wire, and GET too."""
        path = f"/{self.b}/{key}"
        both = [{n[len("x-amz-meta-"):]: v for n, v in self.call(method, path)[2].items() if n.startswith("x-amz-meta-")} for method in ("HEAD", "GET")]
        self.assertEqual(both[0], both[1])
        return both[0]

    def test_in_headers(self):
        for sent, answered in self.SEEN.items():
            with self.subTest(sent):
                answer = self.send("PUT", *self.signed_bytes(("x-amz-meta-name", sent.decode("latin-1"))), body=b"x")
                self.assertEqual(answer[0], 200, answer)
                self.assertEqual(self.metadata(), {"name": answered})

    def signed_bytes(self, header):
        """Path and headers of a PUT whose header has these bytes, signed by hand: botocore would sign their UTF-8."""
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        host = self.cloud.plain_endpoint.split("//")[1]
        headers = [("host", host), ("x-amz-content-sha256", "UNSIGNED-PAYLOAD"), ("x-amz-date", now), header]
        names = ";".join(sorted(n for n, _ in headers))
        canonical = "\n".join(["PUT", f"/{self.b}/k", "", *(f"{n}:{v}" for n, v in sorted(headers)), "", names, "UNSIGNED-PAYLOAD"])
        scope = f"{now[:8]}/us-east-1/s3/aws4_request"
        text = "\n".join(["AWS4-HMAC-SHA256", now, scope, hashlib.sha256(canonical.encode("latin-1")).hexdigest()])
        key = b"AWS4" + self.cloud.secret_key.encode()
        for piece in (*scope.split("/"), text):
            key = hmac.digest(key, piece.encode(), "sha256")
        credential = f"Credential={self.cloud.access_key}/{scope}, SignedHeaders={names}, Signature={key.hex()}"
        return f"/{self.b}/k", *headers[1:], ("Authorization", "AWS4-HMAC-SHA256 " + credential)

    def test_in_a_query(self):
        """Text is UTF-8 there, and long ones are cut in halves (aws-amplify/aws-sdk-ios, issue 241)."""
        for value, answered in (("Z%C3%BCrich", "=?UTF-8?Q?Z=C3=BCrich?="), ("", ""), ("%E4%B8%AD", "=?UTF-8?B?5Lit?="),
                                ("%F0%9F%93%88", "=?UTF-8?B?8J+TiA==?="),
                                ("a%20" * 40 + "%E2%80%9C", "=?UTF-8?Q?" + "a_" * 20 + "?= =?UTF-8?Q?" + "a_" * 20 + "=E2=80=9C?=")):
            with self.subTest(value):
                answer = self.send("PUT", self.hoisted("PUT", f"/{self.b}/k?x-amz-meta-name={value}"), body=b"x")
                self.assertEqual(answer[0], 200, answer)
                self.assertEqual(self.metadata(), {"name": answered})

    def test_empty_ones_are_kept(self):
        given = {"one": "", "two": "2", "three": ""}
        self.s3.put_object(Bucket=self.b, Key="k", Body=b"x", Metadata=given)
        self.s3.copy_object(Bucket=self.b, Key="c", CopySource=f"{self.b}/k")
        up = self.s3.create_multipart_upload(Bucket=self.b, Key="m", Metadata=given)["UploadId"]
        part = {"PartNumber": 1, "ETag": self.s3.upload_part(Bucket=self.b, Key="m", UploadId=up, PartNumber=1, Body=b"x")["ETag"]}
        self.s3.complete_multipart_upload(Bucket=self.b, Key="m", UploadId=up, MultipartUpload={"Parts": [part]})
        for key in "k", "c", "m":
            self.assertEqual(self.metadata(key), given)
            for client in self.s3, self.plain:
                self.assertEqual(client.head_object(Bucket=self.b, Key=key)["Metadata"], given)
        self.cloud.restart()
        self.assertEqual(self.metadata(), given)


class Codings(S3Case):
    def setUp(self):
        self.b = self.bucket()
        self.path = f"/{self.b}/k"

    def test_kept_as_sent(self):
        for encoding in "deflate, gzip", "deflate,gzip", "gzip , br", "aws-chunked", "gzip, aws-chunked":
            with self.subTest(encoding):
                self.assertEqual(self.call("PUT", self.path, ("Content-Encoding", encoding), body=b"x")[0], 200)
                self.assertEqual(self.call("HEAD", self.path)[2]["Content-Encoding"], encoding)

    def framed(self, encoding, form="STREAMING-UNSIGNED-PAYLOAD-TRAILER"):
        headers = [("x-amz-content-sha256", form), ("x-amz-decoded-content-length", "5")]
        if encoding:
            headers.append(("Content-Encoding", encoding))
        # The query's signature covers them as headers.
        return self.send("PUT", self.hoisted("PUT", self.path, *headers), *headers, body=b"5\r\nhello\r\n0\r\n\r\n")

    def test_frames_are_taken_off(self):
        for sent, kept in (("aws-chunked", None), (None, None), ("aws-chunked, deflate, gzip", "deflate, gzip"), ("gzip,aws-chunked", "gzip")):
            with self.subTest(sent):
                self.assertEqual(self.framed(sent)[0], 200)
                got = self.call("GET", self.path)
                self.assertEqual((got[1], got[2]["Content-Encoding"]), ("hello", kept))

    def test_frames_that_nobody_takes_off(self):
        self.s3.put_object(Bucket=self.b, Key="k", Body=b"old")
        for encoding in "aws-chunked", "gzip, AWS-Chunked":
            answer = self.framed(encoding, "UNSIGNED-PAYLOAD")
            self.assertEqual((answer[0], self.code_in(answer)), (400, "InvalidArgument"), answer)
            self.assertIn("<Message>aws-chunked encoding is not supported when x-amz-content-sha256 UNSIGNED-PAYLOAD is supplied</Message>", answer[1])
        # A presigned URL's body is unsigned where nothing says otherwise, in both versions; likewise a part's.
        url = self.cloud.client("s3", tls=False, signature_version="s3").generate_presigned_url("put_object", Params={"Bucket": self.b, "Key": "k"})
        self.assertIn("AWSAccessKeyId", url)
        answer = self.send("PUT", url[len(self.cloud.plain_endpoint):], ("Content-Encoding", "aws-chunked"), body=b"5\r\nhello\r\n0\r\n\r\n")
        self.assertEqual(self.code_in(answer), "InvalidArgument", answer)
        upload = self.s3.create_multipart_upload(Bucket=self.b, Key="k")["UploadId"]
        for path in self.path, f"{self.path}?partNumber=1&uploadId={upload}":
            answer = self.send("PUT", self.hoisted("PUT", path), ("Content-Encoding", "aws-chunked"), body=b"5\r\nhello\r\n0\r\n\r\n")
            self.assertEqual(self.code_in(answer), "InvalidArgument", answer)
        self.assertEqual(self.s3.get_object(Bucket=self.b, Key="k")["Body"].read(), b"old")

    def test_lists(self):
        """A space is "+" in encoding-type=url, and so in prefixes and markers (brekkylab/backlot, issue 178)."""
        encoded = {"100%.csv": "100%25.csv", "a b.txt": "a+b.txt", "a+b.txt": "a%2Bb.txt", "run books/x y": "run+books/x+y",
                   "한글/x.txt": "%ED%95%9C%EA%B8%80/x.txt"}
        for key in encoded:
            self.s3.put_object(Bucket=self.b, Key=key, Body=b"x")
        words = lambda element, answer: re.findall(f"<{element}>(.*?)</{element}>", answer[1])
        for query in "list-type=2&", "", "versions&":
            with self.subTest(query):
                self.assertEqual(words("Key", self.call("GET", f"/{self.b}?{query}encoding-type=url")), list(encoded.values()))
                rolled = self.call("GET", f"/{self.b}?{query}delimiter=%20&encoding-type=url&prefix=run%20")
                self.assertEqual(words("Prefix", rolled), ["run+", "run+books/x+"])
                self.assertEqual(words("Delimiter", rolled), ["+"])
                self.assertEqual(words("Key", self.call("GET", f"/{self.b}?{query}".rstrip("?&"))), list(encoded))
        after = self.call("GET", f"/{self.b}?list-type=2&encoding-type=url&start-after=a%20b")
        self.assertEqual(words("StartAfter", after), ["a+b"])
        self.s3.create_multipart_upload(Bucket=self.b, Key="a b")
        self.assertEqual(words("Key", self.call("GET", f"/{self.b}?uploads&encoding-type=url")), ["a+b"])
        self.assertEqual([o["Key"] for o in self.s3.list_objects_v2(Bucket=self.b)["Contents"]], list(encoded))


class Parts(S3Case):
    def upload(self, bodies, **kw):
        up = self.s3.create_multipart_upload(Bucket=self.b, Key="k", **kw)["UploadId"]
        parts = [{"PartNumber": i, **{k: v for k, v in self.s3.upload_part(
            Bucket=self.b, Key="k", UploadId=up, PartNumber=i, Body=body,
            **({"ChecksumAlgorithm": kw["ChecksumAlgorithm"]} if "ChecksumAlgorithm" in kw else {})).items()
            if k == "ETag" or k.startswith("Checksum") and kw}} for i, body in enumerate(bodies, 1)]
        self.s3.complete_multipart_upload(Bucket=self.b, Key="k", UploadId=up, MultipartUpload={"Parts": parts})

    def check(self, bodies, member, sum_of, kind):
        for i, body in enumerate(bodies, 1):
            for call in self.s3.get_object, self.s3.head_object:
                with self.subTest(part=i, call=call.__name__):
                    got = call(Bucket=self.b, Key="k", PartNumber=i, ChecksumMode="ENABLED")
                    headers = got["ResponseMetadata"]["HTTPHeaders"]
                    self.assertEqual((got["ContentLength"], headers["x-amz-checksum-type"]), (len(body), kind))
                    self.assertEqual(headers["x-amz-checksum-" + member], sum_of(body))
                    if "Body" in got:
                        self.assertEqual(got["Body"].read(), body)

    def test_part_number(self):
        """GET and HEAD of a part tell the part's own checksum, and the type of the object's."""
        self.b = self.bucket()
        bodies = os.urandom(5 * MIB), b"the rest"
        sha = lambda body: base64.b64encode(hashlib.sha256(body).digest()).decode()
        self.upload(bodies, ChecksumAlgorithm="SHA256")
        self.check(bodies, "sha256", sha, "COMPOSITE")
        self.upload(bodies, ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT")
        self.check(bodies, "crc32", crc32, "FULL_OBJECT")
        self.s3.put_object(Bucket=self.b, Key="k", Body=b"single", ChecksumAlgorithm="CRC32")
        self.check([b"single"], "crc32", crc32, "FULL_OBJECT")
        self.assertNotIn("x-amz-checksum-crc32", self.s3.get_object(Bucket=self.b, Key="k", Range="bytes=0-1", ChecksumMode="ENABLED")
                         ["ResponseMetadata"]["HTTPHeaders"])


class Refusals(S3Case):
    def test_encryption_where_it_has_no_place(self):
        b = self.bucket()
        self.s3.put_object(Bucket=b, Key="k", Body=b"x")
        upload = self.s3.create_multipart_upload(Bucket=b, Key="k")["UploadId"]
        sse = "x-amz-server-side-encryption", "AES256"
        for method, path in (("GET", f"/{b}/k"), ("HEAD", f"/{b}/k"), ("GET", f"/{b}?list-type=2"), ("GET", "/"), ("DELETE", f"/{b}/k"),
                             ("PUT", f"/{b}/k?partNumber=1&uploadId={upload}"), ("POST", f"/{b}/k?uploadId={upload}")):
            with self.subTest(method=method, path=path):
                answer = self.call(method, path, sse, body=b"x" if method in ("PUT", "POST") else b"")
                self.assertEqual(answer[0], 400, answer)
                if method != "HEAD":
                    self.assertIn("<Code>InvalidArgument</Code><Message>x-amz-server-side-encryption header is not supported for this operation."
                                  "</Message><ArgumentName>x-amz-server-side-encryption</ArgumentName><ArgumentValue>AES256</ArgumentValue>", answer[1])
        for method, path in ("PUT", f"/{b}/k"), ("POST", f"/{b}/k?uploads"):
            self.assertEqual(self.call(method, path, sse, body=b"x" if method == "PUT" else b"")[0], 200)
        self.assertEqual(self.s3.get_object(Bucket=b, Key="k")["Body"].read(), b"x")

    def test_uploads_said_to_be_otherwise(self):
        """Conditions and checksums that nobody would look at are refused by name."""
        b = self.bucket()
        upload = self.s3.create_multipart_upload(Bucket=b, Key="k")["UploadId"]
        tag = self.s3.upload_part(Bucket=b, Key="k", UploadId=upload, PartNumber=1, Body=b"x")["ETag"]
        path = f"/{b}/k?uploadId={upload}"
        body = f"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{tag}</ETag></Part></CompleteMultipartUpload>".encode()
        for method, header, value, name in (("POST", "x-amz-checksum-sha512", "AAAA", "SHA512"), ("POST", "x-amz-checksum-xxhash3", "AAAA", "XXHASH3"),
                                            ("DELETE", "x-amz-if-match-initiated-time", "Fri, 27 Nov 2026 00:00:00 GMT", "initiated-time")):
            answer = self.call(method, path, (header, value), body=body if method == "POST" else b"")
            self.assertEqual((answer[0], self.code_in(answer)), (501, "NotImplemented"), answer)
            self.assertIn(name, answer[1])
        self.assertEqual(self.call("POST", path, body=body)[0], 200)

    def test_deletions_without_a_digest(self):
        b = self.bucket()
        self.s3.put_object(Bucket=b, Key="k", Body=b"x")
        body = b"<Delete><Object><Key>k</Key></Object></Delete>"
        path = f"/{b}?delete"
        md5 = base64.b64encode(hashlib.md5(body).digest()).decode()
        for headers in [], [("x-amz-sdk-checksum-algorithm", "CRC32")]:
            answer = self.call("POST", path, *headers, body=body)
            self.assertEqual((answer[0], self.code_in(answer)), (400, "InvalidRequest"), answer)
        self.assertIn("Missing required header for this request: Content-MD5 OR x-amz-checksum-*", self.call("POST", path, body=body)[1])
        self.assertEqual(self.code_in(self.call("POST", path, ("Content-MD5", md5), body=body + b" ")), "BadDigest")
        self.assertEqual(self.s3.head_object(Bucket=b, Key="k")["ContentLength"], 1)
        for header in ("Content-MD5", md5), ("x-amz-checksum-crc32", crc32(body)):
            self.s3.put_object(Bucket=b, Key="k", Body=b"x")
            self.assertIn("<Deleted><Key>k</Key>", self.call("POST", path, header, body=body)[1])
        # In a URL a checksum is said, and not verified.
        url = self.hoisted("POST", path + "=&x-amz-checksum-crc32=AAAAAA%3D%3D&x-amz-sdk-checksum-algorithm=CRC32")
        self.assertIn("<Deleted>", self.send("POST", url, body=body)[1])

    def test_configurations_without_a_digest(self):
        b = self.bucket()
        rule = "<ID>i</ID><Filter><Prefix>p</Prefix></Filter><Status>Enabled</Status><Expiration><Days>1</Days></Expiration>"
        tags = b"<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>"
        for query, body, status, missing in (
                ("tagging", tags, 204, "NoSuchTagSet"),
                ("lifecycle", f"<LifecycleConfiguration><Rule>{rule}</Rule></LifecycleConfiguration>".encode(), 200, "NoSuchLifecycleConfiguration")):
            with self.subTest(query):
                path = f"/{b}?{query}"
                answer = self.call("PUT", path, body=body)
                self.assertEqual((answer[0], self.code_in(answer)), (400, "InvalidRequest"), answer)
                self.assertIn("Missing required header for this request: Content-MD5 OR x-amz-checksum-*", answer[1])
                self.assertEqual(self.code_in(self.call("GET", path)), missing)
                self.assertEqual(self.call("PUT", path, ("x-amz-checksum-crc32", crc32(body)), body=body)[0], status)
                self.assertEqual(self.call("GET", path)[0], 200)
        # Those of objects, and policies, go without, as on AWS.
        self.s3.put_object(Bucket=b, Key="k", Body=b"x")
        self.assertEqual(self.call("PUT", f"/{b}/k?tagging", body=tags)[0], 200)
        policy = '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"s3:Nothing*","Resource":"arn:aws:s3:::%s"}}' % b
        self.assertEqual(self.call("PUT", f"/{b}?policy", body=policy.encode())[0], 204)

    def test_strangers_and_buckets_that_are_not_there(self):
        b = self.bucket()
        # Of those that take unsigned requests, and of those that never do; without a body, and with one.
        for method, more in (("GET", ""), ("GET", "/k"), ("PUT", "/k"), ("DELETE", "/k"), ("GET", "?acl"), ("GET", "?policy"), ("DELETE", ""),
                             ("POST", "/k?uploads"), ("PUT", "?tagging"), ("POST", "?delete")):
            with self.subTest(method=method, more=more):
                body = {"PUT": b"x", "POST": b"<Delete><Object><Key>k</Key></Object></Delete>"}.get(method)
                answer = self.send(method, "/no-such-bucket" + more, body=body)
                self.assertEqual((answer[0], self.code_in(answer)), (404, "NoSuchBucket"), answer)
                self.assertIn("<BucketName>no-such-bucket</BucketName>", answer[1])
                answer = self.send(method, f"/{b}{more}", body=body)
                if more != "?delete":  # which asks for each item
                    self.assertEqual((answer[0], self.code_in(answer)), (403, "AccessDenied"), answer)
        self.assertEqual([self.send("HEAD", "/" + name)[0] for name in ("no-such-bucket", b, "no-such-bucket/k", b + "/k")], [404, 403, 404, 403])
        for method, path in ("PUT", "/no-such-bucket"), ("GET", "/"):  # which need no bucket
            self.assertEqual(self.send(method, path)[0], 403)
        self.assertEqual(code_of(self.s3.head_bucket, Bucket="no-such-bucket"), "404")


if __name__ == "__main__":
    main()
