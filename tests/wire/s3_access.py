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
        """A client of a new user with these statements: (action or actions, resource[, condition]), "!action" denies."""
        iam = self.cloud.client("iam")
        name = f"user-{next(self._names)}"
        iam.create_user(UserName=name)
        actions = lambda s: s[0] if isinstance(s[0], list) else [s[0]]
        document = {"Version": "2012-10-17", "Statement": [
            {"Effect": "Deny" if actions(s)[0].startswith("!") else "Allow", "Action": [a.lstrip("!") for a in actions(s)],
             "Resource": s[1], **({"Condition": s[2]} if len(s) > 2 else {})} for s in statements]}
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

    def test_rights_to_copied_tags(self):
        b = self.bucket()
        self.s3.put_object(Bucket=b, Key="k", Body=b"x", Tagging="a=b")
        source = {"Bucket": b, "Key": "k"}
        plain = self.user((["s3:PutObject", "s3:GetObject"], "*"))
        self.assert_denied("s3:GetObjectTagging", plain.copy_object, Bucket=b, Key="c", CopySource=source)
        plain.copy_object(Bucket=b, Key="c", CopySource=source, TaggingDirective="REPLACE")
        self.assert_denied("s3:PutObjectTagging", plain.copy_object, Bucket=b, Key="c", CopySource=source,
                           TaggingDirective="REPLACE", Tagging="a=b")
        reader = self.user((["s3:PutObject", "s3:GetObject", "s3:GetObjectTagging"], "*"))
        self.assert_denied("s3:PutObjectTagging", reader.copy_object, Bucket=b, Key="c", CopySource=source)
        writer = self.user((["s3:PutObject", "s3:GetObject", "s3:GetObjectTagging", "s3:PutObjectTagging"], "*"))
        writer.copy_object(Bucket=b, Key="c", CopySource=source)
        self.assertEqual(self.s3.get_object_tagging(Bucket=b, Key="c")["TagSet"], [{"Key": "a", "Value": "b"}])

    def test_what_is_told_to_whom(self):
        b = self.bucket()
        self.s3.put_object(Bucket=b, Key="k", Body=b"x", Tagging="a=b")
        get = self.user(("s3:GetObject", "*"))
        self.assertNotIn("TagCount", get.get_object(Bucket=b, Key="k"))
        self.assertEqual(self.user((["s3:GetObject", "s3:GetObjectTagging"], "*")).get_object(Bucket=b, Key="k")["TagCount"], 1)
        self.assert_denied("s3:ListBucket", get.get_object, Bucket=b, Key="none")
        self.assertEqual(code_of(self.user((["s3:GetObject", "s3:ListBucket"], "*")).get_object, Bucket=b, Key="none"), "NoSuchKey")
        # A copy's source: the right to list its bucket, not the target's.
        other = self.bucket()
        rights = (["s3:GetObject", "s3:PutObject"], "*"), ("s3:ListBucket", "arn:aws:s3:::" + other)
        for bucket, code in (b, "AccessDenied"), (other, "NoSuchKey"):
            self.assertEqual(code_of(self.user(*rights).copy_object, Bucket=b, Key="c", CopySource={"Bucket": bucket, "Key": "none"}), code)

    def test_acls_and_owners(self):
        b = self.bucket()
        put = self.user((["s3:PutObject", "s3:CreateBucket"], "*"))
        put.put_object(Bucket=b, Key="k", Body=b"x", ACL="private")
        for acl in "bucket-owner-full-control", "public-read":
            self.assert_denied("s3:PutObjectAcl", put.put_object, Bucket=b, Key="k", Body=b"x", ACL=acl)
            self.assert_denied("s3:PutObjectAcl", put.create_multipart_upload, Bucket=b, Key="k", ACL=acl)
        self.assert_denied("s3:PutObjectAcl", put.put_object, Bucket=b, Key="k", Body=b"x", GrantRead="id=x")
        put.create_bucket(Bucket=b + "-private", ACL="private")
        self.assert_denied("s3:PutBucketAcl", put.create_bucket, Bucket=b + "-read", ACL="public-read")
        self.assert_denied("s3:PutBucketOwnershipControls", put.create_bucket, Bucket=b + "-own", ObjectOwnership="BucketOwnerEnforced")
        self.user((["s3:CreateBucket", "s3:PutBucketOwnershipControls"], "*")).create_bucket(
            Bucket=b + "-own", ObjectOwnership="BucketOwnerEnforced")

    def test_deleted_versions_item_by_item(self):
        b = self.bucket("Enabled")
        version = self.s3.put_object(Bucket=b, Key="k", Body=b"x")["VersionId"]
        items = [{"Key": "k"}, {"Key": "k", "VersionId": version}, {"Key": "other"}]
        who = self.user(("s3:DeleteObject", f"arn:aws:s3:::{b}/k"))
        answer = who.delete_objects(Bucket=b, Delete={"Objects": items})
        self.assertEqual([d["Key"] for d in answer["Deleted"]], ["k"])
        self.assertEqual([(e["Key"], e.get("VersionId"), e["Code"]) for e in answer["Errors"]],
                         [("k", version, "AccessDenied"), ("other", None, "AccessDenied")])
        self.assertIn("s3:DeleteObjectVersion on resource", answer["Errors"][0]["Message"])

    def test_request_tags(self):
        b = self.bucket()
        red = self.user(("s3:*", "*", {"StringEquals": {"s3:RequestObjectTag/team": "red"}}))
        red.put_object(Bucket=b, Key="k", Body=b"x", Tagging="team=red")
        self.assert_denied("s3:PutObject", red.put_object, Bucket=b, Key="k", Body=b"x", Tagging="team=blue")
        red.put_object_tagging(Bucket=b, Key="k", Tagging={"TagSet": [{"Key": "team", "Value": "red"}]})
        self.assert_denied("s3:GetObject", red.get_object, Bucket=b, Key="k")  # nothing is given there


if __name__ == "__main__":
    main()
