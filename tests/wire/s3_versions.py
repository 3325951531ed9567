"""S3: versioning, as boto3 sees it."""
# also with Debian's boto3
import concurrent.futures
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import main
from s3_help import S3Case, code_of, error_of


class Versions(S3Case):
    def put(self, b, body, key="k"):
        return self.s3.put_object(Bucket=b, Key=key, Body=body).get("VersionId")

    def get(self, b, version=None, key="k"):
        kw = {"VersionId": version} if version else {}
        return self.s3.get_object(Bucket=b, Key=key, **kw)["Body"].read()

    def listed(self, b):
        """[(kind, key, version, latest)] newest first."""
        page = self.s3.list_object_versions(Bucket=b)
        rows = [("v", v["Key"], v["VersionId"], v["IsLatest"]) for v in page.get("Versions", [])]
        rows += [("m", v["Key"], v["VersionId"], v["IsLatest"]) for v in page.get("DeleteMarkers", [])]
        return sorted(rows)

    def suspend(self, b):
        self.s3.put_bucket_versioning(Bucket=b, VersioningConfiguration={"Status": "Suspended"})

    def enable(self, b):
        self.s3.put_bucket_versioning(Bucket=b, VersioningConfiguration={"Status": "Enabled"})

    def test_enabled(self):
        b = self.bucket("Enabled")
        self.assertEqual(self.s3.get_bucket_versioning(Bucket=b)["Status"], "Enabled")
        one, two = self.put(b, b"1"), self.put(b, b"2")
        self.assertNotEqual(one, two)
        self.assertEqual((self.get(b), self.get(b, one), self.get(b, two)), (b"2", b"1", b"2"))
        page = self.s3.list_object_versions(Bucket=b)
        self.assertEqual([(v["VersionId"], v["IsLatest"]) for v in page["Versions"]], [(two, True), (one, False)])
        gone = self.s3.delete_object(Bucket=b, Key="k")
        self.assertTrue(gone["DeleteMarker"])
        e = error_of(self.s3.get_object, Bucket=b, Key="k")
        self.assertEqual((e["Code"], e["Headers"]["x-amz-delete-marker"], e["Headers"]["x-amz-version-id"]),
                         ("NoSuchKey", "true", gone["VersionId"]))
        e = error_of(self.s3.get_object, Bucket=b, Key="k", VersionId=gone["VersionId"])
        self.assertEqual((e["Code"], e["Status"]), ("MethodNotAllowed", 405))
        self.assertNotIn("Contents", self.s3.list_objects_v2(Bucket=b))
        self.assertEqual(self.get(b, one), b"1")
        # Removing the marker brings the newest version back.
        back = self.s3.delete_object(Bucket=b, Key="k", VersionId=gone["VersionId"])
        self.assertEqual((back["DeleteMarker"], back["VersionId"]), (True, gone["VersionId"]))
        self.assertEqual(self.get(b), b"2")
        # Removing the current version makes the one before it current.
        self.s3.delete_object(Bucket=b, Key="k", VersionId=two)
        self.assertEqual(self.get(b), b"1")
        self.assertEqual(self.listed(b), [("v", "k", one, True)])
        self.assertEqual(code_of(self.s3.get_object, Bucket=b, Key="k", VersionId=two), "NoSuchVersion")
        self.s3.delete_object(Bucket=b, Key="k", VersionId=two)  # not there: no error
        self.assertEqual(code_of(self.s3.delete_bucket, Bucket=b), "BucketNotEmpty")
        self.s3.delete_object(Bucket=b, Key="k", VersionId=one)
        self.s3.delete_bucket(Bucket=b)

    def test_marker_on_nothing(self):
        b = self.bucket("Enabled")
        first = self.s3.delete_object(Bucket=b, Key="k")["VersionId"]
        second = self.s3.delete_object(Bucket=b, Key="k")["VersionId"]
        self.assertEqual(self.listed(b), sorted([("m", "k", first, False), ("m", "k", second, True)]))

    def test_null_versions(self):
        b = self.bucket()
        self.assertIsNone(self.put(b, b"before"))
        self.enable(b)
        self.assertEqual(self.s3.head_object(Bucket=b, Key="k")["VersionId"], "null")
        one = self.put(b, b"1")
        self.assertEqual((self.get(b), self.get(b, "null")), (b"1", b"before"))
        self.suspend(b)
        self.assertEqual(self.put(b, b"null again"), "null")  # replaces the old null version
        self.assertEqual((self.get(b), self.get(b, "null"), self.get(b, one)), (b"null again", b"null again", b"1"))
        self.assertEqual(self.listed(b), sorted([("v", "k", "null", True), ("v", "k", one, False)]))
        self.put(b, b"and again")
        self.assertEqual(len(self.listed(b)), 2)
        # A delete puts a null marker in the place of the null version.
        gone = self.s3.delete_object(Bucket=b, Key="k")
        self.assertEqual((gone["DeleteMarker"], gone["VersionId"]), (True, "null"))
        self.assertEqual(self.listed(b), sorted([("m", "k", "null", True), ("v", "k", one, False)]))
        self.enable(b)
        two = self.put(b, b"2")
        self.assertEqual(self.listed(b), sorted([("m", "k", "null", False), ("v", "k", one, False), ("v", "k", two, True)]))
        self.suspend(b)
        self.put(b, b"last null")  # replaces the null marker that lies below
        self.assertEqual(self.listed(b), sorted([("v", "k", "null", True), ("v", "k", one, False), ("v", "k", two, False)]))
        self.s3.delete_object(Bucket=b, Key="k", VersionId="null")
        self.assertEqual((self.get(b), len(self.listed(b))), (b"2", 2))
        self.assertEqual(code_of(self.s3.get_object, Bucket=b, Key="k", VersionId="null"), "NoSuchVersion")

    def test_pages_of_versions(self):
        b = self.bucket("Enabled")
        want = []
        for key in ("a", "b", "c/x", "c/y"):
            for i in range(3):
                want.append((key, self.put(b, b"%d" % i, key)))
            want.append((key, self.s3.delete_object(Bucket=b, Key=key)["VersionId"]))
        for size in (1, 2, 3, 5, 7):
            with self.subTest(size):
                got = []
                for page in self.s3.get_paginator("list_object_versions").paginate(Bucket=b, PaginationConfig={"PageSize": size}):
                    rows = page.get("Versions", []) + page.get("DeleteMarkers", [])
                    self.assertLessEqual(len(rows), size)
                    got += [(r["Key"], r["VersionId"]) for r in rows]
                self.assertEqual(sorted(got), sorted(want))
        page = self.s3.list_object_versions(Bucket=b, Delimiter="/")
        self.assertEqual([p["Prefix"] for p in page["CommonPrefixes"]], ["c/"])
        self.assertEqual(len(page["Versions"]) + len(page["DeleteMarkers"]), 8)

    def test_delete_many_versions(self):
        b = self.bucket("Enabled")
        ids = [self.put(b, b"%d" % i) for i in range(4)]
        done = self.s3.delete_objects(Bucket=b, Delete={"Objects": [{"Key": "k", "VersionId": v} for v in ids[::-1]] + [{"Key": "other"}]})
        self.assertEqual(len(done["Deleted"]), 5)
        self.assertEqual([kind for kind, *_ in self.listed(b)], ["m"])
        bad = self.s3.delete_objects(Bucket=b, Delete={"Objects": [{"Key": "k", "VersionId": "nonsense"}]})
        self.assertEqual(bad["Errors"][0]["Code"], "NoSuchVersion")

    def test_copy_and_tags_of_versions(self):
        b = self.bucket("Enabled")
        one = self.put(b, b"1")
        two = self.put(b, b"2")
        self.s3.put_object_tagging(Bucket=b, Key="k", VersionId=one, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
        self.assertEqual(len(self.s3.get_object_tagging(Bucket=b, Key="k", VersionId=one)["TagSet"]), 1)
        self.assertEqual(len(self.s3.get_object_tagging(Bucket=b, Key="k", VersionId=two)["TagSet"]), 0)
        r = self.s3.copy_object(Bucket=b, Key="k", CopySource={"Bucket": b, "Key": "k", "VersionId": one})
        self.assertEqual((r["CopySourceVersionId"], self.get(b)), (one, b"1"))

    def test_writers_of_one_key_are_linear(self):
        b = self.bucket("Enabled")
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            ids = list(pool.map(lambda i: self.plain.put_object(Bucket=b, Key="k", Body=b"%d" % i)["VersionId"], range(40)))
        self.assertEqual(len(set(ids)), 40)
        rows = self.s3.list_object_versions(Bucket=b)["Versions"]
        self.assertEqual(sorted(r["VersionId"] for r in rows), sorted(ids))
        self.assertEqual([r["IsLatest"] for r in rows], [True] + [False] * 39)
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda v: self.plain.delete_object(Bucket=b, Key="k", VersionId=v), ids))
        self.assertEqual(self.listed(b), [])
        self.s3.delete_bucket(Bucket=b)


if __name__ == "__main__":
    main()
