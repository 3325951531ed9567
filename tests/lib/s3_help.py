"""What the wire tests of S3 share."""
import itertools

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
