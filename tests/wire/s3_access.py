"""S3 under IAM: each question of a request is decided by what it is about."""
# also with Debian's boto3
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import main
from s3_help import S3Case, code_of, error_of


class Access(S3Case):
    def user(self, *statements):
        """A client of a new user with these statements: (action, resource[, condition]), "!action" denies."""
        iam = self.cloud.client("iam")
        name = f"user-{next(self._names)}"
        iam.create_user(UserName=name)
        document = {"Version": "2012-10-17", "Statement": [
            {"Effect": "Deny" if s[0].startswith("!") else "Allow", "Action": s[0].lstrip("!"), "Resource": s[1],
             **({"Condition": s[2]} if len(s) > 2 else {})} for s in statements]}
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=json.dumps(document))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return self.cloud.client("s3", keys=(key["AccessKeyId"], key["SecretAccessKey"]))

    def secretless(self):
        """May everything but read what is tagged secret=yes."""
        secret = {"StringEquals": {"s3:ExistingObjectTag/secret": "yes"}}
        return self.user(("s3:*", "*"), ("!s3:GetObject", "*", secret), ("!s3:GetObjectVersion", "*", secret))

    def copy(self, client, source, **kw):
        return client.copy_object(Bucket=source["Bucket"], Key="copy", CopySource=source, TaggingDirective="REPLACE", **kw)

    def copy_part(self, client, source):
        b = source["Bucket"]
        upload = client.create_multipart_upload(Bucket=b, Key="parts")["UploadId"]
        return client.upload_part_copy(Bucket=b, Key="parts", UploadId=upload, PartNumber=1, CopySource=source)

    def assert_denied(self, action, call, **kw):
        e = error_of(call, **kw)
        self.assertEqual(e["Code"], "AccessDenied", e)
        self.assertIn(action + " on resource", e["Message"])

    def test_tags_of_a_copys_source(self):
        b = self.bucket()
        who = self.secretless()
        self.s3.put_object(Bucket=b, Key="secret", Body=b"x", Tagging="secret=yes")
        self.s3.put_object(Bucket=b, Key="open", Body=b"x", Tagging="secret=no")
        self.assert_denied("s3:GetObject", who.get_object, Bucket=b, Key="secret")
        for copy in self.copy, self.copy_part:
            with self.subTest(copy.__name__):
                copy(who, {"Bucket": b, "Key": "open"})
                self.assert_denied("s3:GetObject", copy, client=who, source={"Bucket": b, "Key": "secret"})
        # The tags of what is overwritten are no matter.
        self.s3.put_object(Bucket=b, Key="copy", Body=b"x", Tagging="secret=yes")
        self.copy(who, {"Bucket": b, "Key": "open"})

    def test_tags_of_a_copied_version(self):
        b = self.bucket("Enabled")
        who = self.secretless()
        put = lambda tag: self.s3.put_object(Bucket=b, Key="k", Body=b"x", Tagging="secret=" + tag)["VersionId"]
        secret, plain = put("yes"), put("no")
        source = lambda version: {"Bucket": b, "Key": "k", "VersionId": version}
        who.get_object(**source(plain))
        self.assert_denied("s3:GetObjectVersion", who.get_object, **source(secret))
        for copy in self.copy, self.copy_part:
            with self.subTest(copy.__name__):
                copy(who, source(plain))
                copy(who, {"Bucket": b, "Key": "k"})
                self.assert_denied("s3:GetObjectVersion", copy, client=who, source=source(secret))
        put("yes")
        self.assert_denied("s3:GetObject", self.copy, client=who, source={"Bucket": b, "Key": "k"})
        self.copy(who, source(plain))


if __name__ == "__main__":
    main()
