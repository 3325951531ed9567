"""What the port answers itself: /health, the page for browsers, and the doors below /_calotype/."""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import CloudCase, main

ANSWER = "/_calotype/cfn-response/" + "0" * 64
CODE = "/_calotype/function-code/"


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

        for method in ("PUT", "POST", "DELETE"):
            self.assertEqual(self.refused(method, CODE, 405, "does not take the method")["Allow"], "GET, HEAD")

    def test_a_link_to_code_that_was_made_up(self):
        for path in (CODE, CODE + "00" * 200 + "/f.zip", CODE + "ff" * 2000 + "/f.zip", CODE + "/f.zip", CODE + "%00/f.zip"):
            status, headers, body = self.cloud.http("GET", path)
            self.assertEqual((status, headers["Content-Type"]), (403, "application/xml"), path)
            self.assertIn(b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>", body)
            status, _, body = self.cloud.http("HEAD", path)
            self.assertEqual((status, body), (403, b""))

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

    def test_a_browser_at_the_root(self):
        browser = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
        for tls in (False, True):
            status, headers, body = self.cloud.http("GET", "/", headers=browser, tls=tls)
            self.assertEqual((status, headers["Content-Type"]), (200, "text/html; charset=utf-8"))
            self.assertIn(b"calotype env", body)
            self.assertIn("default-src 'none'", headers["Content-Security-Policy"])
        status, headers, body = self.cloud.http("HEAD", "/", headers=browser)
        self.assertEqual((status, body, headers["Content-Length"] > "0"), (200, b"", True))
        # Everybody else gets what S3 says: clients without a signature, with one that is wrong, and queries.
        for method, path, headers in (("GET", "/", {}), ("GET", "/", {"Accept": "*/*"}), ("GET", "/", {"Accept": "application/xml"}),
                                      ("GET", "/?x-id=ListBuckets", browser), ("GET", "/x", browser), ("GET", "/_calotype.html", browser),
                                      ("GET", "/", {**browser, "Host": "photos.s3.amazonaws.com"}),
                                      ("GET", "/", {**browser, "Authorization": "AWS4-HMAC-SHA256 Credential=x"})):
            status, got, body = self.cloud.http(method, path, headers=headers)
            self.assertNotIn(b"<html", body, (path, headers))
            self.assertIn(b"<Error>", body, (path, headers))
            self.assertGreaterEqual(status, 400)
        self.assertNotIn(b"<html", self.cloud.http("POST", "/", headers=browser)[2])
        self.assertEqual(self.cloud.http("GET", "/_calotype/x", headers=browser)[0], 404)
        s3 = self.cloud.client("s3")
        s3.meta.events.register("before-sign.s3", lambda request, **_: request.headers.add_header("Accept", browser["Accept"]))
        self.assertIn("Owner", s3.list_buckets())

    def test_what_no_door_is(self):
        """A bucket may be called health, none _calotype; and what only begins so is no door."""
        s3 = self.cloud.client("s3")
        s3.create_bucket(Bucket="health")
        self.assertEqual(s3.list_objects_v2(Bucket="health")["KeyCount"], 0)
        self.assertEqual(self.cloud.http("GET", "/health")[0], 200)
        self.assertEqual(self.cloud.http("GET", "/health?list-type=2")[0], 403)
        self.assertIn(b"<Code>MethodNotAllowed</Code>", self.cloud.http("POST", "/health")[2])
        for path, code in (("/healthy", "NoSuchBucket"), ("/health/", "AccessDenied"), ("/_calotypes/x", "NoSuchBucket")):
            self.assertIn(f"<Code>{code}</Code>".encode(), self.cloud.http("GET", path)[2], path)
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
