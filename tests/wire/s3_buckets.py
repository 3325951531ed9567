"""S3: buckets and their configurations, as boto3 sees them."""
# also with Debian's boto3
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import main, wait_for
from s3_help import S3Case, code_of, error_of


class Buckets(S3Case):
    def test_create_head_list_delete(self):
        made = self.s3.create_bucket(Bucket="alpha-one")
        self.assertEqual(made["Location"], "/alpha-one")
        head = self.s3.head_bucket(Bucket="alpha-one")
        self.assertEqual(head["ResponseMetadata"]["HTTPHeaders"]["x-amz-bucket-region"], "us-east-1")
        names = [b["Name"] for b in self.s3.list_buckets()["Buckets"]]
        self.assertIn("alpha-one", names)
        self.assertEqual(self.s3.get_bucket_location(Bucket="alpha-one")["LocationConstraint"], None)
        self.s3.create_bucket(Bucket="alpha-one")  # us-east-1 answers as if it were new
        self.s3.delete_bucket(Bucket="alpha-one")
        self.assertEqual(code_of(self.s3.head_bucket, Bucket="alpha-one"), "404")

    def test_regions(self):
        west = self.cloud.client("s3", region="eu-west-1")
        self.assertEqual(code_of(west.create_bucket, Bucket="alpha-west"), "IllegalLocationConstraintException")
        where = {"LocationConstraint": "eu-west-1"}
        west.create_bucket(Bucket="alpha-west", CreateBucketConfiguration=where)
        self.assertEqual(west.get_bucket_location(Bucket="alpha-west")["LocationConstraint"], "eu-west-1")
        head = west.head_bucket(Bucket="alpha-west")
        self.assertEqual(head["ResponseMetadata"]["HTTPHeaders"]["x-amz-bucket-region"], "eu-west-1")
        self.assertEqual(code_of(west.create_bucket, Bucket="alpha-west", CreateBucketConfiguration=where),
                         "BucketAlreadyOwnedByYou")
        west.delete_bucket(Bucket="alpha-west")

    def test_names(self):
        for bad in ("ab", "Capital", "a..b", "192.168.1.1", "xn--abc", "end-", "a" * 64):
            with self.subTest(bad):
                client = self.cloud.client("s3", s3={"addressing_style": "path"})
                client.meta.events.unregister("before-parameter-build.s3", __import__("botocore.handlers").handlers.validate_bucket_name)
                self.assertEqual(code_of(client.create_bucket, Bucket=bad), "InvalidBucketName")

    def test_refused_by_name(self):
        self.assertEqual(code_of(self.s3.create_bucket, Bucket="alpha-lock", ObjectLockEnabledForBucket=True), "NotImplemented")
        for more in {}, {"ObjectOwnership": "BucketOwnerEnforced"}:
            for acl in {"ACL": "public-read"}, {"GrantRead": "id=x"}:
                self.assertEqual(code_of(self.s3.create_bucket, Bucket="alpha-acl", **acl, **more), "InvalidBucketAclWithObjectOwnership")
        for location in "us-east-1", "moon-1":
            self.assertEqual(code_of(self.s3.create_bucket, Bucket="alpha-there", CreateBucketConfiguration={"LocationConstraint": location}),
                             "InvalidLocationConstraint")
        self.s3.create_bucket(Bucket="alpha-acl", ACL="private")

    def refused(self, words, call, **kw):
        e = error_of(call, **kw)
        self.assertEqual((e["Code"], e["Status"]), ("NotImplemented", 501), e)
        self.assertIn(words, e["Message"])

    def test_ownership(self):
        """ObjectWriter is refused, for ACLs are; under BucketOwnerPreferred the ones that are not private are refused by name."""
        self.refused("ObjectWriter", self.s3.create_bucket, Bucket="alpha-writer", ObjectOwnership="ObjectWriter")
        self.assertEqual(code_of(self.s3.head_bucket, Bucket="alpha-writer"), "404")
        b = self.bucket()
        controls = lambda name: {"Bucket": b, "OwnershipControls": {"Rules": [{"ObjectOwnership": name}]}}
        self.refused("ObjectWriter", self.s3.put_bucket_ownership_controls, **controls("ObjectWriter"))
        self.s3.put_object(Bucket=b, Key="k", Body=b"x")
        public = {"Bucket": b, "Key": "k", "ACL": "public-read"}
        for call in self.s3.put_object, self.s3.put_object_acl, self.s3.create_multipart_upload:
            self.assertEqual(code_of(call, **public), "AccessControlListNotSupported")
        self.s3.put_bucket_ownership_controls(**controls("BucketOwnerPreferred"))
        self.assertEqual(self.s3.get_bucket_ownership_controls(Bucket=b)["OwnershipControls"]["Rules"], [{"ObjectOwnership": "BucketOwnerPreferred"}])
        for call in self.s3.put_object, self.s3.put_object_acl, self.s3.create_multipart_upload:
            self.refused("x-amz-acl: public-read", call, **public)
            call(Bucket=b, Key="k", ACL="bucket-owner-full-control")
        self.refused("x-amz-acl: public-read", self.s3.put_bucket_acl, Bucket=b, ACL="public-read")
        self.refused("x-amz-grant-read: id=x", self.s3.put_bucket_acl, Bucket=b, GrantRead="id=x")
        self.s3.put_bucket_acl(Bucket=b, ACL="private")
        self.refused("x-amz-acl: public-read", self.s3.create_bucket, Bucket="alpha-preferred", ACL="public-read", ObjectOwnership="BucketOwnerPreferred")

    def test_list_pages(self):
        for i in range(5):
            self.s3.create_bucket(Bucket=f"paged-{i}")
        got = []
        for page in self.s3.get_paginator("list_buckets").paginate(Prefix="paged-", PaginationConfig={"PageSize": 2}):
            self.assertLessEqual(len(page["Buckets"]), 2)
            got += [b["Name"] for b in page["Buckets"]]
        self.assertEqual(got, [f"paged-{i}" for i in range(5)])
        for token in "", "none":
            self.assertEqual(code_of(self.s3.list_buckets, MaxBuckets=2, ContinuationToken=token), "InvalidArgument", token)

    def test_not_empty(self):
        b = self.bucket()
        self.s3.put_object(Bucket=b, Key="k", Body=b"x")
        self.assertEqual(code_of(self.s3.delete_bucket, Bucket=b), "BucketNotEmpty")
        self.s3.delete_object(Bucket=b, Key="k")
        self.s3.delete_bucket(Bucket=b)
        self.assertEqual(code_of(self.s3.put_object, Bucket=b, Key="k", Body=b"x"), "NoSuchBucket")
        self.s3.create_bucket(Bucket=b)
        self.assertNotIn("Contents", self.s3.list_objects_v2(Bucket=b))

    def bodies(self):
        """Names of the files of bodies."""
        return {p.name for p in (self.cloud.data / "blobs").rglob("*") if p.is_file()}

    def test_open_uploads(self):
        """They go with the bucket, as on AWS, and their parts' bodies with them; what holds versions stays."""
        before, b = self.bodies(), self.bucket("Enabled")
        uploads = {key: self.s3.create_multipart_upload(Bucket=b, Key=key)["UploadId"] for key in ("k", "k2", "none")}
        for key in "k", "k2":
            for part in 1, 2:
                self.s3.upload_part(Bucket=b, Key=key, UploadId=uploads[key], PartNumber=part, Body=b"x" * 100000)
        marker = self.s3.delete_object(Bucket=b, Key="k")["VersionId"]
        self.assertEqual(len(self.bodies() - before), 4)
        self.assertEqual(code_of(self.s3.delete_bucket, Bucket=b), "BucketNotEmpty")
        self.assertEqual(len(self.s3.list_parts(Bucket=b, Key="k", UploadId=uploads["k"])["Parts"]), 2)
        self.s3.delete_object(Bucket=b, Key="k", VersionId=marker)
        self.s3.delete_bucket(Bucket=b)
        wait_for(lambda: self.bodies() <= before)
        part = {"Bucket": b, "Key": "k", "UploadId": uploads["k"]}
        self.assertEqual(code_of(self.s3.upload_part, PartNumber=3, Body=b"x", **part), "NoSuchBucket")
        self.s3.create_bucket(Bucket=b)
        self.assertNotIn("Uploads", self.s3.list_multipart_uploads(Bucket=b))
        for call in self.s3.list_parts, self.s3.abort_multipart_upload:
            self.assertEqual(code_of(call, **part), "NoSuchUpload")
        self.assertEqual(code_of(self.s3.upload_part, PartNumber=3, Body=b"x", **part), "NoSuchUpload")
        self.cloud.restart()
        self.s3.delete_bucket(Bucket=b)
        self.assertLessEqual(self.bodies(), before)

    def test_expected_owner(self):
        b = self.bucket()
        self.s3.head_bucket(Bucket=b, ExpectedBucketOwner="000000000000")
        self.assertEqual(code_of(self.s3.list_objects_v2, Bucket=b, ExpectedBucketOwner="111111111111"), "AccessDenied")


class Configurations(S3Case):
    def test_unset_ones_answer_as_s3_does(self):
        b = self.bucket()
        for op, code in {
                "get_bucket_cors": "NoSuchCORSConfiguration",
                "get_bucket_website": "NoSuchWebsiteConfiguration",
                "get_bucket_replication": "ReplicationConfigurationNotFoundError",
                "get_object_lock_configuration": "ObjectLockConfigurationNotFoundError",
                "get_bucket_tagging": "NoSuchTagSet",
                "get_bucket_lifecycle_configuration": "NoSuchLifecycleConfiguration",
                "get_bucket_policy": "NoSuchBucketPolicy",
                "get_bucket_policy_status": "NoSuchBucketPolicy"}.items():
            with self.subTest(op):
                self.assertEqual(code_of(getattr(self.s3, op), Bucket=b), code)
        self.assertNotIn("LoggingEnabled", self.s3.get_bucket_logging(Bucket=b))
        self.assertNotIn("Status", self.s3.get_bucket_accelerate_configuration(Bucket=b))
        self.assertNotIn("Status", self.s3.get_bucket_versioning(Bucket=b))
        self.assertEqual(self.s3.get_bucket_request_payment(Bucket=b)["Payer"], "BucketOwner")
        self.assertEqual(self.s3.get_bucket_ownership_controls(Bucket=b)["OwnershipControls"]["Rules"],
                         [{"ObjectOwnership": "BucketOwnerEnforced"}])
        acl = self.s3.get_bucket_acl(Bucket=b)
        self.assertEqual([g["Permission"] for g in acl["Grants"]], ["FULL_CONTROL"])
        self.assertEqual(acl["Grants"][0]["Grantee"]["Type"], "CanonicalUser")
        for op in ("get_bucket_notification_configuration",):
            left = set(getattr(self.s3, op)(Bucket=b)) - {"ResponseMetadata"}
            self.assertEqual(left, set())

    def test_what_is_not_supported_says_so(self):
        b = self.bucket()
        self.assertEqual(code_of(self.s3.put_bucket_cors, Bucket=b, CORSConfiguration={"CORSRules": [
            {"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]}), "NotImplemented")
        self.assertEqual(code_of(self.s3.put_bucket_encryption, Bucket=b, ServerSideEncryptionConfiguration={"Rules": [
            {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]}), "NotImplemented")
        self.assertEqual(code_of(self.s3.put_bucket_acl, Bucket=b, ACL="public-read"), "AccessControlListNotSupported")
        self.s3.put_bucket_acl(Bucket=b, ACL="private")

    def test_acceleration(self):
        b, dotted = self.bucket(), "with.periods"
        self.s3.create_bucket(Bucket=dotted)
        put = lambda Bucket, **how: self.s3.put_bucket_accelerate_configuration(Bucket=Bucket, AccelerateConfiguration=how)
        self.assertEqual(code_of(put, Bucket=b, Status="Enabled"), "NotImplemented")
        self.assertEqual(code_of(put, Bucket=b), "MalformedXML")
        self.assertEqual(code_of(put, Bucket=dotted, Status="Suspended"), "InvalidRequest")
        self.assertEqual(code_of(put, Bucket="nobody-has-this", Status="Suspended"), "NoSuchBucket")
        self.assertNotIn("Status", self.s3.get_bucket_accelerate_configuration(Bucket=b))
        put(b, Status="Suspended")
        self.cloud.restart()
        self.assertEqual(self.s3.get_bucket_accelerate_configuration(Bucket=b)["Status"], "Suspended")

    def test_encryption(self):
        b = self.bucket()
        rules = self.s3.get_bucket_encryption(Bucket=b)["ServerSideEncryptionConfiguration"]["Rules"]
        self.assertEqual(rules[0]["ApplyServerSideEncryptionByDefault"], {"SSEAlgorithm": "AES256"})
        self.s3.put_bucket_encryption(Bucket=b, ServerSideEncryptionConfiguration={"Rules": [
            {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": True}]})
        rules = self.s3.get_bucket_encryption(Bucket=b)["ServerSideEncryptionConfiguration"]["Rules"]
        self.assertTrue(rules[0]["BucketKeyEnabled"])
        self.s3.delete_bucket_encryption(Bucket=b)

    def test_public_access_block_and_policy(self):
        b = self.bucket()
        block = self.s3.get_public_access_block(Bucket=b)["PublicAccessBlockConfiguration"]
        self.assertEqual(set(block.values()), {True})
        public = json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{b}/*"}]})
        self.assertEqual(code_of(self.s3.put_bucket_policy, Bucket=b, Policy=public), "AccessDenied")
        self.s3.put_public_access_block(Bucket=b, PublicAccessBlockConfiguration={"BlockPublicAcls": True})
        self.assertFalse(self.s3.get_public_access_block(Bucket=b)["PublicAccessBlockConfiguration"]["BlockPublicPolicy"])
        self.s3.put_bucket_policy(Bucket=b, Policy=public)
        self.assertEqual(json.loads(self.s3.get_bucket_policy(Bucket=b)["Policy"]), json.loads(public))
        self.assertTrue(self.s3.get_bucket_policy_status(Bucket=b)["PolicyStatus"]["IsPublic"])
        self.s3.put_object(Bucket=b, Key="open.txt", Body=b"for all")
        # An unsigned client reads what the policy opens, and nothing else.
        self.assertEqual(self.cloud.http("GET", f"/{b}/open.txt")[::2], (200, b"for all"))
        self.assertEqual(self.cloud.http("PUT", f"/{b}/open.txt", body=b"x")[0], 403)
        self.assertEqual(self.cloud.http("GET", f"/{b}?list-type=2")[0], 403)
        self.assertEqual(self.cloud.http("GET", f"/{b}/missing.txt")[0], 403)  # may not list, so may not know
        # RestrictPublicBuckets closes it again, though the policy stays.
        self.s3.put_public_access_block(Bucket=b, PublicAccessBlockConfiguration={"RestrictPublicBuckets": True})
        self.assertEqual(self.cloud.http("GET", f"/{b}/open.txt")[0], 403)
        self.s3.delete_public_access_block(Bucket=b)
        self.assertEqual(code_of(self.s3.get_public_access_block, Bucket=b), "NoSuchPublicAccessBlockConfiguration")
        self.assertEqual(self.cloud.http("GET", f"/{b}/open.txt")[0], 200)
        self.s3.delete_bucket_policy(Bucket=b)
        self.assertEqual(self.cloud.http("GET", f"/{b}/open.txt")[0], 403)
        self.assertEqual(code_of(self.s3.get_bucket_policy, Bucket=b), "NoSuchBucketPolicy")

    def test_malformed_policies(self):
        b = self.bucket()
        def policy(**statement):
            return json.dumps({"Version": "2012-10-17", "Statement": {
                "Effect": "Allow", "Principal": {"AWS": "000000000000"}, "Action": "s3:*",
                "Resource": f"arn:aws:s3:::{b}", **statement}})
        for text in ("[]", "{", policy(Resource="arn:aws:s3:::other"), policy(Action="sqs:SendMessage"),
                     policy(Effect="Maybe")):
            with self.subTest(text):
                self.assertEqual(code_of(self.s3.put_bucket_policy, Bucket=b, Policy=text), "MalformedPolicy")

    def test_tls_only_policy_is_in_force(self):
        b = self.bucket()
        self.s3.put_object(Bucket=b, Key="k", Body=b"x")
        self.s3.put_bucket_policy(Bucket=b, Policy=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Sid": "Tls", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
             "Resource": [f"arn:aws:s3:::{b}", f"arn:aws:s3:::{b}/*"],
             "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]}))
        plain = self.cloud.client("s3", tls=False)
        self.assertEqual(code_of(plain.get_object, Bucket=b, Key="k"), "AccessDenied")
        self.assertEqual(self.s3.get_object(Bucket=b, Key="k")["Body"].read(), b"x")

    def test_tagging(self):
        b = self.bucket()
        tags = [{"Key": "Team", "Value": "photo"}, {"Key": "Env", "Value": "dev"}]
        self.s3.put_bucket_tagging(Bucket=b, Tagging={"TagSet": tags})
        self.assertEqual(self.s3.get_bucket_tagging(Bucket=b)["TagSet"], tags)
        self.assertEqual(code_of(self.s3.put_bucket_tagging, Bucket=b, Tagging={"TagSet": tags + tags[:1]}), "InvalidTag")
        self.s3.delete_bucket_tagging(Bucket=b)
        self.assertEqual(code_of(self.s3.get_bucket_tagging, Bucket=b), "NoSuchTagSet")

    def test_lifecycle(self):
        b = self.bucket()
        rules = [
            {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": ""},
             "NoncurrentVersionExpiration": {"NoncurrentDays": 30}},
            {"ID": "cool", "Status": "Enabled", "Filter": {"Prefix": "uploads/"},
             "Transitions": [{"Days": 90, "StorageClass": "STANDARD_IA"}]},
            {"ID": "abort", "Status": "Enabled", "Filter": {"Prefix": ""},
             "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}},
            {"ID": "both", "Status": "Disabled", "Expiration": {"Days": 1},
             "Filter": {"And": {"Prefix": "x", "Tags": [{"Key": "a", "Value": "b"}]}}},
        ]
        self.s3.put_bucket_lifecycle_configuration(Bucket=b, LifecycleConfiguration={"Rules": rules})
        self.assertEqual(self.s3.get_bucket_lifecycle_configuration(Bucket=b)["Rules"], rules)
        self.assertEqual(code_of(self.s3.put_bucket_lifecycle_configuration, Bucket=b, LifecycleConfiguration={"Rules": [
            {"ID": "x", "Status": "Enabled", "Filter": {"Prefix": ""},
             "Transitions": [{"Days": 3, "StorageClass": "STANDARD_IA"}]}]}), "InvalidArgument")
        self.s3.delete_bucket_lifecycle(Bucket=b)

    def test_notification(self):
        b = self.bucket()
        queue = "arn:aws:sqs:us-east-1:000000000000:no-such-queue"
        config = {"QueueConfigurations": [{"QueueArn": queue, "Events": ["s3:ObjectCreated:*"], "Id": "q", "Filter": {
            "Key": {"FilterRules": [{"Name": "suffix", "Value": ".jpg"}]}}}]}
        said = self.error_of(self.s3.put_bucket_notification_configuration, Bucket=b, NotificationConfiguration=config)
        self.assertEqual((said["Code"], said["Message"]),
                         ("InvalidArgument", "Unable to validate the following destination configurations"))
        self.s3.put_bucket_notification_configuration(Bucket=b, NotificationConfiguration=config,
                                                      SkipDestinationValidation=True)
        got = self.s3.get_bucket_notification_configuration(Bucket=b)["QueueConfigurations"]
        self.assertEqual(got[0]["Filter"]["Key"]["FilterRules"], [{"Name": "Suffix", "Value": ".jpg"}])
        self.assertEqual(got[0]["Id"], "q")
        clash = {"QueueConfigurations": config["QueueConfigurations"] + [
            {"QueueArn": queue, "Events": ["s3:ObjectCreated:Put"]}]}
        said = self.error_of(self.s3.put_bucket_notification_configuration, Bucket=b, NotificationConfiguration=clash,
                             SkipDestinationValidation=True)
        self.assertIn("ambiguously defined", said["Message"])
        self.s3.put_bucket_notification_configuration(Bucket=b, NotificationConfiguration={})
        self.assertNotIn("QueueConfigurations", self.s3.get_bucket_notification_configuration(Bucket=b))


if __name__ == "__main__":
    main()
