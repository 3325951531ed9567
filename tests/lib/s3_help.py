"""What the wire tests of S3 share."""
import http.client
import itertools
import re
import urllib.parse

from cloud import CloudCase, need_boto3


def error_of(call, **kw):
    """The error that the call ends in: {"Code", "Message", …, "Status"}."""
    import botocore.exceptions
    try:
        call(**kw)
    except botocore.exceptions.ClientError as e:
        return {**e.response["Error"], "Status": e.response["ResponseMetadata"]["HTTPStatusCode"],
                "Headers": e.response["ResponseMetadata"]["HTTPHeaders"]}
    raise AssertionError("no error")


def code_of(call, **kw):
    return error_of(call, **kw)["Code"]


class S3Case(CloudCase):
    _names = itertools.count()

    @classmethod
    def setUpClass(cls):
        need_boto3()
        super().setUpClass()
        cls.s3 = cls.cloud.client("s3")
        cls.plain = cls.cloud.client("s3", tls=False)

    error_of = staticmethod(error_of)

    def bucket(self, versioning=None):
        name = f"test-{next(self._names)}-{self._testMethodName.replace('_', '-')[:40]}".strip("-")
        self.s3.create_bucket(Bucket=name)
        if versioning:
            self.s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": versioning})
        return name

    # ---- requests by hand, over the plain port ----
    def send(self, method, path, *headers, body=None):
        """Headers are pairs, in their order; a name may come twice. (status, text, headers)"""
        host = urllib.parse.urlsplit(self.cloud.plain_endpoint).netloc
        connection = http.client.HTTPConnection(host, timeout=30)
        try:
            connection.putrequest(method, path, skip_accept_encoding=True)
            for name, value in headers:
                connection.putheader(name, value)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            return answer.status, answer.read().decode(errors="replace"), answer.headers
        finally:
            connection.close()

    def _keys(self, keys):
        from botocore.credentials import Credentials
        return Credentials(*(keys or (self.cloud.access_key, self.cloud.secret_key)))

    def signed(self, method, path, *headers, body=b"", keys=None):
        """The headers of a request that is signed in its Authorization header."""
        from botocore.auth import S3SigV4Auth
        from botocore.awsrequest import AWSRequest
        request = AWSRequest(method, self.cloud.plain_endpoint + path, headers=dict(headers), data=body)
        request.context["payload_signing_enabled"] = True
        S3SigV4Auth(self._keys(keys), "s3", "us-east-1").add_auth(request)
        return list(request.headers.items())

    def hoisted(self, method, path, *headers, keys=None):
        """A URL of SigV4 with headers in its query, as the SDKs for JavaScript and Go make them; headers that are signed besides."""
        from botocore.auth import S3SigV4QueryAuth
        from botocore.awsrequest import AWSRequest
        request = AWSRequest(method, self.cloud.plain_endpoint + path, headers=dict(headers))
        S3SigV4QueryAuth(self._keys(keys), "s3", "us-east-1", expires=60).add_auth(request)
        return request.url[len(self.cloud.plain_endpoint):]

    def call(self, method, path, *headers, body=b""):
        """One signed request: (status, text, headers)."""
        return self.send(method, path, *self.signed(method, path, *headers, body=body), body=body or None)

    @staticmethod
    def code_in(answer):
        """The error code of an answer to send or call."""
        found = re.search("<Code>(.*?)</Code>", answer[1])
        return found and found[1]
