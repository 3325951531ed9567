"""What the port answers itself: /health, and the doors below /_calotype/."""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import CloudCase, main

ANSWER = "/_calotype/cfn-response/" + "0" * 64


class Doors(CloudCase):
    def refused(self, method, path, status, words, **kw):
        got, headers, body = self.cloud.http(method, path, **kw)
        self.assertEqual((got, headers["Content-Type"]), (status, "application/json"), path)
        self.assertIn(words, json.loads(body)["error"])
        return headers

    def test_an_unknown_door(self):
        for path in ("/_calotype", "/_calotype/", "/_calotype/nothing", "/_calotype/health", "/_calotype/cfn-response"):
            for method in ("GET", "PUT", "POST", "DELETE"):
                self.refused(method, path, 404, "nothing at this path")
        status, headers, body = self.cloud.http("HEAD", "/_calotype/nothing")
        self.assertEqual((status, body), (404, b""))

    def test_a_wrong_method(self):
        for method in ("GET", "POST", "DELETE"):
            self.assertEqual(self.refused(method, ANSWER, 405, "does not take the method")["Allow"], "PUT")

    def test_an_answer_to_a_custom_resource(self):
        self.assertEqual(self.cloud.http("PUT", ANSWER, body=b'{"Status":"SUCCESS"}')[0], 403)  # no such token

    def test_a_body_that_is_too_large(self):
        self.assertEqual(self.cloud.http("PUT", ANSWER, body=b"x" * 65536)[0], 403)
        self.refused("PUT", ANSWER, 413, "too large", body=b"x" * 65537)
        self.refused("PUT", ANSWER, 413, "too large", body=iter([b"x" * 65537]))  # chunked

    def test_the_connection_goes_on(self):
        import contextlib
        import http.client
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.cloud.port, timeout=30)) as c:
            for method, path, want in (("PUT", ANSWER, 403), ("PUT", "/_calotype/x", 404), ("POST", ANSWER, 405),
                                       ("GET", "/health", 200), ("PUT", ANSWER, 403)):
                c.request(method, path, body=b"{}" * 500)
                answer = c.getresponse()
                answer.read()
                self.assertEqual(answer.status, want, (method, path))

    def test_what_no_door_is(self):
        """A bucket may be called health, none _calotype; and what only begins so is no door."""
        s3 = self.cloud.client("s3")
        s3.create_bucket(Bucket="health")
        self.assertEqual(s3.list_objects_v2(Bucket="health")["KeyCount"], 0)
        self.assertEqual(self.cloud.http("GET", "/health")[0], 200)
        self.assertEqual(self.cloud.http("GET", "/health?list-type=2")[0], 403)
        self.assertIn(b"<Code>MethodNotAllowed</Code>", self.cloud.http("POST", "/health")[2])
        for path, code in ("/healthy", b"NoSuchBucket"), ("/health/", b"AccessDenied"), ("/_calotypes/x", b"NoSuchBucket"):
            self.assertIn(b"<Code>%s</Code>" % code, self.cloud.http("GET", path)[2], path)
        from botocore.exceptions import ClientError, ParamValidationError
        with self.assertRaises((ClientError, ParamValidationError)) as refused:
            s3.create_bucket(Bucket="_calotype")
        if isinstance(refused.exception, ClientError):
            self.assertEqual(refused.exception.response["Error"]["Code"], "InvalidBucketName")

    def test_keys_of_a_bucket_in_the_host_name_are_no_doors(self):
        s3 = self.cloud.client("s3")
        s3.create_bucket(Bucket="photos")
        s3.delete_public_access_block(Bucket="photos")
        s3.put_bucket_policy(Bucket="photos", Policy=json.dumps({"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::photos/*"}}))
        for key in ("health", "_calotype/cfn-response/x"):
            s3.put_object(Bucket="photos", Key=key, Body=key.encode())
            status, headers, body = self.cloud.http("GET", "/" + key, headers={"Host": "photos.s3.localhost"})
            self.assertEqual((status, body), (200, key.encode()))

    def test_the_admin_socket(self):
        self.assertEqual(self.cloud.admin("DELETE", "/clock"), (405, {"error": "this path does not take the method"}))
        self.assertEqual(self.cloud.admin("GET", "/_calotype/x"), (404, {"error": "there is nothing at this path"}))
        self.assertEqual(self.cloud.admin("GET", "/"), (404, {"error": "there is nothing at this path"}))
        self.assertEqual(self.cloud.admin("POST", "/clock", {"advance_ms": 1, "x": "y" * 4096})[0], 413)


if __name__ == "__main__":
    main()
