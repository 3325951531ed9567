"""What a signature covers is what is executed: presigned URLs and signed requests that somebody changed on their way."""
# also with Debian's boto3
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import main
from s3_help import S3Case


class Presigned(S3Case):
    def client(self, version):
        return self.cloud.client("s3", tls=False, signature_version=version)

    def url(self, operation, version="s3", **params):
        """Path and query of a presigned URL."""
        full = self.client(version).generate_presigned_url(operation, Params=params)
        return full[len(self.cloud.plain_endpoint):]

    def refused(self, code, answer):
        self.assertEqual(re.findall("<Code>(.*?)</Code>", answer[1]), [code], answer)
        self.assertIn(answer[0], (400, 403))

    def test_another_operation(self):
        b = self.bucket()
        self.s3.put_object(Bucket=b, Key="k", Body=b"text")
        self.s3.put_public_access_block(Bucket=b, PublicAccessBlockConfiguration={"BlockPublicAcls": True})
        parameters = {
            ("GET", "list_objects"): ["publicAccessBlock", "encryption", "ownershipControls", "policyStatus", "encryption=",
                                      "%65ncryption", "abac", "intelligent-tiering"],
            ("DELETE", "delete_bucket"): ["publicAccessBlock", "encryption", "ownershipControls"],
            ("PUT", "create_bucket"): ["publicAccessBlock", "encryption", "ownershipControls", "abac"],
        }
        for (method, operation), names in parameters.items():
            url = self.url(operation, Bucket=b)
            for name in names:
                with self.subTest(operation=operation, parameter=name):
                    self.refused("AccessDenied", self.send(method, url + "&" + name))
        url = self.url("get_object", Bucket=b, Key="k")
        for name in "attributes", "retention", "legal-hold":
            with self.subTest(operation="get_object", parameter=name):
                self.refused("AccessDenied", self.send("GET", url + "&" + name))
        self.assertTrue(self.s3.get_public_access_block(Bucket=b)["PublicAccessBlockConfiguration"]["BlockPublicAcls"])
        # A signed one is another string, and version 4 signs all.
        self.refused("SignatureDoesNotMatch", self.send("GET", url + "&acl"))
        self.refused("SignatureDoesNotMatch", self.send("GET", self.url("list_objects", "s3v4", Bucket=b) + "&encryption"))

    def test_what_version_2_leaves_unsigned(self):
        """As S3 has it: whoever may list a bucket may list all of it, and what nobody reads is no matter."""
        b = self.bucket()
        for key in "a/1", "a/2", "b":
            self.s3.put_object(Bucket=b, Key=key, Body=key.encode())
        keys = lambda answer: re.findall("<Key>(.*?)</Key>", answer[1])
        url = self.url("list_objects", Bucket=b)
        self.assertEqual(keys(self.send("GET", url)), ["a/1", "a/2", "b"])
        self.assertEqual(keys(self.send("GET", url + "&prefix=a/&max-keys=1")), ["a/1"])
        self.assertEqual(keys(self.send("GET", url + "&list-type=2&prefix=a/&start-after=a/1")), ["a/2"])
        get = self.url("get_object", Bucket=b, Key="b")
        self.assertEqual(self.send("GET", get + "&x-id=GetObject&nobody=1&nobody=2")[1], "b")
        self.assertEqual(self.send("GET", get, ("Range", "bytes=0-0"))[0], 206)

    def test_content_type(self):
        b = self.bucket()
        url = self.url("put_object", Bucket=b, Key="k", ContentType="text/plain")
        self.assertIn("content-type=text", url)
        kind = lambda: self.s3.head_object(Bucket=b, Key="k")["ContentType"]
        for headers in [], [("Content-Type", "text/plain")]:
            with self.subTest(headers):
                self.s3.put_object(Bucket=b, Key="k", Body=b"", ContentType="a/b")
                self.assertEqual(self.send("PUT", url, *headers, body=b"x")[0], 200)
                self.assertEqual(kind(), "text/plain")
        self.refused("InvalidRequest", self.send("PUT", url, ("Content-Type", "text/html"), body=b"x"))
        self.refused("InvalidRequest", self.send("PUT", url + "&content-type=text/plain", body=b"x"))
        self.refused("SignatureDoesNotMatch", self.send("PUT", url.replace("text%2Fplain", "text%2Fhtml"), body=b"x"))
        # Where none is signed none may be sent; in version 4 it stands in a header alone.
        none = self.url("put_object", Bucket=b, Key="k")
        self.refused("SignatureDoesNotMatch", self.send("PUT", none, ("Content-Type", "text/html"), body=b"x"))
        self.refused("SignatureDoesNotMatch", self.send("PUT", none + "&content-type=text/html", body=b"x"))
        self.assertEqual(kind(), "text/plain")

    def test_headers_in_the_query(self):
        b = self.bucket()
        self.s3.put_object(Bucket=b, Key="source", Body=b"of the source")
        url = self.url("put_object", Bucket=b, Key="k", Metadata={"one": "1", "two": "a, b"}, Tagging="t=v",
                       ContentMD5="sU8rFn8SzG3tMyZYP4bd9w==", ServerSideEncryption="AES256")
        self.refused("BadDigest", self.send("PUT", url, body=b"another"))
        for where, path in ("version 2", url), ("version 4", self.hoisted("PUT", f"/{b}/k?x-amz-meta-one=1&X-Amz-Meta-Two=a,%20b&"
                                                                          "x-amz-tagging=t%3Dv&x-amz-server-side-encryption=AES256")):
            with self.subTest(where):
                self.assertEqual(self.send("PUT", path, body=b"moved")[0], 200 if where == "version 4" else 400)
        url = self.url("put_object", Bucket=b, Key="k2", Metadata={"one": "1", "two": "a, b"}, Tagging="t=v")
        self.assertEqual(self.send("PUT", url, body=b"moved")[0], 200)
        for key in "k", "k2":
            with self.subTest(key):
                got = self.s3.get_object(Bucket=b, Key=key)
                self.assertEqual((got["Metadata"], got["TagCount"], got["Body"].read()), ({"one": "1", "two": "a, b"}, 1, b"moved"))
        # A copy, and not an object of no bytes.
        for version in "s3", "hoisted":
            with self.subTest(version):
                copy = (self.url("copy_object", Bucket=b, Key="copy", CopySource=f"{b}/source") if version == "s3"
                        else self.hoisted("PUT", f"/{b}/copy?x-amz-copy-source={b}/source"))
                self.s3.put_object(Bucket=b, Key="copy", Body=b"")
                self.assertIn("CopyObjectResult", self.send("PUT", copy)[1])
                self.assertEqual(self.s3.get_object(Bucket=b, Key="copy")["Body"].read(), b"of the source")
        # S3 ignores checksums there: they are of no body.
        path = self.hoisted("PUT", f"/{b}/k?x-amz-checksum-crc32=AAAAAA%3D%3D&x-amz-sdk-checksum-algorithm=CRC32")
        self.assertEqual(self.send("PUT", path, body=b"text")[0], 200)

    def test_said_twice(self):
        b = self.bucket()
        self.s3.put_object(Bucket=b, Key="k", Body=b"text")
        v2, v4 = (self.url("get_object", version, Bucket=b, Key="k") for version in ("s3", "s3v4"))
        signature = re.search("&X-Amz-Signature=[0-9a-f]+", v4)[0]
        for more in signature, "&X-Amz-Signature=", "&X-Amz-Signature=%zz", "&X-Amz-Signatur%65=0", "&X-Amz-Expires=60", "&X-Amz-Date=x":
            for path in (v4 + more, v4.replace("?", "?" + more[1:] + "&")):
                with self.subTest(path=path):
                    self.refused("AuthorizationQueryParametersError", self.send("GET", path))
        self.refused("AuthorizationQueryParametersError", self.send("GET", v4.replace(signature, "&X-Amz-Signature=%zz")))
        for more in "&Signature=x", "&Signature=%zz", "&AWSAccessKeyId=x", "&Expires=1":
            with self.subTest(more):
                self.refused("InvalidRequest", self.send("GET", v2 + more))
        # Two ways to sign, each of them complete or not.
        self.refused("InvalidArgument", self.send("GET", v4 + "&Signature=x"))
        headers = self.signed("GET", f"/{b}/k")
        self.assertEqual(self.send("GET", f"/{b}/k", *headers)[0], 200)
        for more in "?X-Amz-Signature=%zz", "?X-Amz-Signature=0", "?Signature=%zz", "?AWSAccessKeyId=x":
            with self.subTest(more):
                self.refused("InvalidArgument", self.send("GET", f"/{b}/k{more}", *headers))
        for name, value in ("x-amz-date", "20200101T000000Z"), ("x-amz-content-sha256", "UNSIGNED-PAYLOAD"):
            with self.subTest(name):
                self.assertIn(self.send("GET", f"/{b}/k", *headers, (name, value))[0], (400, 403))
                self.assertIn(self.send("GET", f"/{b}/k", (name, value), *headers)[0], (400, 403))

    def test_parameters_that_read_as_others(self):
        b = self.bucket()
        upload = self.s3.create_multipart_upload(Bucket=b, Key="k")["UploadId"]
        url = self.url("upload_part", Bucket=b, Key="k", UploadId=upload, PartNumber=1)
        part = f"partNumber=1&uploadId={upload}" if "?partNumber" in url else f"uploadId={upload}&partNumber=1"
        self.assertIn(part, url)
        # In the string to sign both are the same, and the second is an object and not a part.
        self.refused("InvalidRequest", self.send("PUT", url.replace(part, f"partNumber=1%26uploadId%3D{upload}"), body=b"x"))
        self.assertEqual(self.s3.list_objects_v2(Bucket=b)["KeyCount"], 0)
        self.assertEqual(self.send("PUT", url, body=b"x")[0], 200)
        url = self.url("put_object", Bucket=b, Key="k", Metadata={"a": "1", "b": "2"})
        both = next(x for x in ("x-amz-meta-a=1&x-amz-meta-b=2", "x-amz-meta-b=2&x-amz-meta-a=1") if x in url)
        self.refused("InvalidRequest", self.send("PUT", url.replace(both, "x-amz-meta-a=1%0Ax-amz-meta-b:2"), body=b"x"))
        # A file name with an ampersand is an honest one.
        self.s3.put_object(Bucket=b, Key="k", Body=b"text")
        name = 'attachment; filename="terms&policies=all.txt"'
        got = self.send("GET", self.url("get_object", Bucket=b, Key="k", ResponseContentDisposition=name))
        self.assertEqual((got[0], got[2].get("Content-Disposition")), (200, name))

    def test_headers_of_one_name(self):
        """They are signed as one: the key of the source is the same however it is cut."""
        b = self.bucket()
        self.s3.put_object(Bucket=b, Key="k,x", Body=b"meant")
        self.s3.put_object(Bucket=b, Key="k", Body=b"not meant")
        headers = self.signed("PUT", f"/{b}/copy", ("x-amz-copy-source", f"/{b}/k,x"))
        cut = [h for name, value in headers for h in
               ([(name, f"/{b}/k"), (name, "x")] if name.lower() == "x-amz-copy-source" else [(name, value)])]
        for each in headers, cut:
            self.assertEqual(self.send("PUT", f"/{b}/copy", *each, ("Content-Length", "0"))[0], 200)
            self.assertEqual(self.s3.get_object(Bucket=b, Key="copy")["Body"].read(), b"meant")

    def test_parameters_of_one_name(self):
        """Version 4 signs them sorted, so nobody may read the last one, or the first."""
        b = self.bucket("Enabled")
        first, last = (self.s3.put_object(Bucket=b, Key="k", Body=body)["VersionId"] for body in (b"1", b"2"))
        path = f"/{b}/k?versionId={first}&versionId={last}"
        self.refused("InvalidArgument", self.send("GET", path, *self.signed("GET", path)))


if __name__ == "__main__":
    main()
