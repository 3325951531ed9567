"""Damaged files under DATA/blobs: what clients are told, what the log says, what `scrub` and `status` say."""
import contextlib
import hashlib
import json
import os
import pathlib
import re
import shutil
import sys
import unittest

HERE = pathlib.Path(__file__).resolve()
sys.path.insert(0, str(HERE.parents[1] / "lib"))
from cloud import CloudCase, main, need_boto3, wait_for  # noqa: E402
from functions import TRUST, package  # noqa: E402
from s3_help import error_of  # noqa: E402

os.environ["AWS_DATA_PATH"] = str(HERE.parents[2] / "tools/models")  # our service, for botocore
FRAME, HEAD, SEALED = 65536, 80, 65536 + 28
RESTORE = "restore the file from a copy of DATA"
SCRUB = ["scrub", "--rate", "100000"]


def content(name, size):
    """Bytes that no other name has."""
    block = hashlib.sha256(name.encode()).digest()
    return (block * (size // len(block) + 1))[:size]


def frame_at(index):
    return HEAD + index * SEALED


# ---- Ways of damage: each takes the file, and says what is wrong with it ----

def flip(index):
    at = frame_at(index)

    def damage(path):
        with open(path, "r+b") as f:
            f.seek(at + 500)
            byte = f.read(1)
            f.seek(at + 500)
            f.write(bytes([byte[0] ^ 1]))
        return f"has a frame, at offset {at}, that does not verify"
    return damage


def cut(path):
    whole = path.stat().st_size
    os.truncate(path, frame_at(2) + 10)
    return f"has {frame_at(2) + 10} bytes and should have {whole}"


def empty(path):
    whole = path.stat().st_size
    os.truncate(path, 0)
    return f"has 0 bytes and should have {whole}"


def envelope(path):
    with open(path, "r+b") as f:
        f.write(b"X")
    return "begins with an envelope that does not verify"


def remove(path):
    path.unlink()
    return "is missing"


def not_a_file(path):
    path.unlink()
    path.mkdir()
    return "cannot be read: Is a directory"


def forbid(path):
    path.chmod(0)
    return "cannot be opened: Permission denied"


class Damage(CloudCase):
    """One cloud, damaged once; each test looks at it in its own way."""

    # key: size, damage, the first byte of a GET that fails at once (None: a whole GET is cut off later)
    WAYS = {
        "one frame": (50000, flip(0), 0),
        "first of many": (1000000, flip(0), 0),
        "later": (1000000, flip(9), None),
        "last": (1000000, flip(15), None),
        "cut": (1000000, cut, None),
        "empty": (300000, empty, 0),
        "envelope": (300000, envelope, 0),
        "removed": (300000, remove, 0),
        "a folder": (300000, not_a_file, 0),
    }
    if os.geteuid() != 0:
        WAYS["forbidden"] = (300000, forbid, 0)

    @classmethod
    def files(cls):
        return {p for p in (cls.cloud.data / "blobs").glob("??/*")}

    @classmethod
    @contextlib.contextmanager
    def new_files(cls):
        """Fills the list with the body files that come to be meanwhile."""
        made, before = [], cls.files()
        yield made
        made += sorted(cls.files() - before, key=lambda p: p.stat().st_size)

    @classmethod
    def prepare(cls):
        need_boto3()
        cls.s3, cls.wrong, cls.file = cls.cloud.client("s3"), {}, {}
        cls.put_objects()
        cls.put_parts()
        cls.put_function()
        cls.clean = cls.cloud.run(*SCRUB, "--json")
        cls.never = cls.before
        cls.cloud.stop()
        cls.copy = cls.file["removed"].read_bytes()
        for key, (_, damage, _) in cls.WAYS.items():
            cls.wrong[key] = damage(cls.file[key])
        for key, damage in (("version", flip(1)), ("part", flip(0)), ("second half", remove), ("waiting", remove), ("code", flip(0)),
                            ("template", flip(0))):
            cls.wrong[key] = damage(cls.file[key])
        a, b = cls.file["swapped a"], cls.file["swapped b"]
        bytes_a, bytes_b = a.read_bytes(), b.read_bytes()
        a.write_bytes(bytes_b)
        b.write_bytes(bytes_a)
        cls.wrong["swapped a"] = cls.wrong["swapped b"] = "begins with an envelope that does not verify"
        for folder in (cls.cloud.data / "functions").iterdir():  # so that the package is read again
            if re.fullmatch("[0-9a-f]{64}", folder.name):
                folder.rename(folder.with_name(".gone-" + folder.name))
        cls.cloud.restart()
        cls.s3 = cls.cloud.client("s3")

    def setUp(self):
        """Another daemon for each test: the log tells so many lines of a kind and no more."""
        self.cloud.restart()
        type(self).s3 = self.cloud.client("s3")

    @classmethod
    def put(cls, bucket, key, body, name=None):
        with cls.new_files() as made:
            version = cls.s3.put_object(Bucket=bucket, Key=key, Body=body).get("VersionId", "null")
        cls.file[name or key] = made[0] if made else None
        return version

    @classmethod
    def put_objects(cls):
        cls.before = json.loads(cls.cloud.run("status", "--json").stdout)["Scrub"]
        cls.s3.create_bucket(Bucket="photos")
        for key, (size, _, _) in cls.WAYS.items():
            cls.put("photos", key, content(key, size))
        for key in ("swapped a", "swapped b"):
            cls.put("photos", key, content(key, 200000))
        cls.put("photos", "template", b" " * 40000 + b"{}")
        cls.s3.put_object(Bucket="photos", Key="inline", Body=content("inline", 10000))
        cls.put("photos", "whole", content("whole", 300000))
        cls.s3.create_bucket(Bucket="kept")
        cls.s3.put_bucket_versioning(Bucket="kept", VersioningConfiguration={"Status": "Enabled"})
        cls.version = cls.put("kept", "v", content("v", 200000), "version")
        cls.put("kept", "v", content("w", 200000), "newer")

    @classmethod
    def put_parts(cls):
        """Two objects of two parts, and an upload that has one."""
        small = content("small", 100000)
        for key, second in (("parts", "part"), ("half", "second half")):
            upload = cls.s3.create_multipart_upload(Bucket="photos", Key=key)["UploadId"]
            etags = []
            for n, body in enumerate((content("big", 5 << 20), small), 1):
                with cls.new_files() as made:
                    etags.append({"PartNumber": n, "ETag": cls.s3.upload_part(
                        Bucket="photos", Key=key, UploadId=upload, PartNumber=n, Body=body)["ETag"]})
            cls.file[second] = made[0]
            cls.s3.complete_multipart_upload(Bucket="photos", Key=key, UploadId=upload, MultipartUpload={"Parts": etags})
        cls.upload = cls.s3.create_multipart_upload(Bucket="photos", Key="waiting")["UploadId"]
        with cls.new_files() as made:
            cls.s3.upload_part(Bucket="photos", Key="waiting", UploadId=cls.upload, PartNumber=7, Body=small)
        cls.file["waiting"] = made[0]

    @classmethod
    def put_function(cls):
        iam, functions = cls.cloud.client("iam"), cls.cloud.client("lambda")
        role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
        with cls.new_files() as made:
            functions.create_function(FunctionName="f", Role=role, Runtime="provided.al2023", Handler="x",
                                      Code={"ZipFile": package(files={"noise": os.urandom(100000)})})
        cls.file["code"] = made[0]
        cls.role = role

    # ---- what is expected ----
    def message(self, key, bucket="photos", name=None, version="null", more="", todo=None):
        file = self.file[name or key].relative_to(self.cloud.data)
        return (f'bucket "{bucket}", key "{key}", version {version}{more}: file {file} {self.wrong[name or key]}: '
                f'{todo or self.todo(name or key)}, or delete this version')

    def todo(self, key):
        return {"forbidden": "make it readable to the user of the daemon (mode 0600)"}.get(key, RESTORE)

    def log_since(self, at):
        return [json.loads(line) for line in self.cloud.stderr[at:].splitlines() if line.startswith("{")]

    def errors_since(self, at):
        return [line["msg"] for line in self.log_since(at) if line["level"] == "error"]

    def get(self, key, bucket="photos", **kw):
        return self.s3.get_object(Bucket=bucket, Key=key, **kw)["Body"].read()

    def fails(self, key, words, call=None, **kw):
        """InternalError with these words, and one line in the log that has them too."""
        at = len(self.cloud.stderr)
        error = error_of(call or self.s3.get_object, **{"Bucket": "photos", "Key": key, **kw})
        self.assertEqual((error["Status"], error["Code"], error["Message"]), (500, "InternalError", words))
        errors = self.errors_since(at)
        self.assertEqual(len(errors), 1, errors)
        self.assertTrue(errors[0].endswith(words), errors)

    # ---- clients ----
    def test_a_get_that_cannot_begin(self):
        for key, (size, _, first) in self.WAYS.items():
            with self.subTest(key):
                if first is not None:
                    self.fails(key, self.message(key))
                self.assertEqual(self.s3.head_object(Bucket="photos", Key=key)["ContentLength"], size)
        for key in ("swapped a", "swapped b"):
            self.fails(key, self.message(key))

    def test_a_get_that_is_cut_off(self):
        import botocore.exceptions
        import urllib3.exceptions
        for key, good in (("later", 9), ("last", 15), ("cut", 2)):
            with self.subTest(key):
                at, got, body = len(self.cloud.stderr), b"", self.s3.get_object(Bucket="photos", Key=key)["Body"]
                with self.assertRaises((botocore.exceptions.IncompleteReadError, botocore.exceptions.ResponseStreamingError,
                                        urllib3.exceptions.ProtocolError)):
                    while piece := body.read(FRAME):
                        got += piece
                whole = content(key, self.WAYS[key][0])
                self.assertLessEqual(len(got), good * FRAME)
                self.assertEqual(got, whole[:len(got)])
                errors = wait_for(lambda: self.errors_since(at))
                self.assertEqual(len(errors), 1, errors)
                self.assertTrue(errors[0].startswith(self.message(key) + " (a GET was cut off behind "), errors)

    def test_ranges(self):
        whole = content("later", 1000000)
        for first, last in ((0, 99), (8 * FRAME, 9 * FRAME - 1), (10 * FRAME, 999999)):
            self.assertEqual(self.get("later", Range=f"bytes={first}-{last}"), whole[first:last + 1])
        self.assertEqual(self.get("later", Range="bytes=-10"), whole[-10:])
        for first, last in ((9 * FRAME, 9 * FRAME), (9 * FRAME + 5, 999999), (10 * FRAME - 1, 10 * FRAME)):
            self.fails("later", self.message("later"), Range=f"bytes={first}-{last}")

    def test_put_back(self):
        """A file from a copy of DATA is enough, while the daemon runs."""
        self.fails("removed", self.message("removed"))
        self.file["removed"].write_bytes(self.copy)
        self.assertEqual(self.get("removed"), content("removed", 300000))
        self.file["removed"].unlink()
        self.fails("removed", self.message("removed"))

    def test_versions_and_parts(self):
        words = self.message("v", "kept", "version", self.version)
        self.fails("v", words, Bucket="kept", VersionId=self.version, Range=f"bytes={FRAME}-")
        self.assertEqual(self.get("v", "kept"), content("w", 200000))
        words = self.message("parts", name="part", more=", part 2")
        self.fails("parts", words, PartNumber=2)
        self.fails("parts", words, Range=f"bytes={5 << 20}-{(5 << 20) + 9}")
        self.assertEqual(self.get("parts", Range="bytes=-10"), content("small", 100000)[-10:])
        self.assertEqual(self.get("parts", PartNumber=1), content("big", 5 << 20))
        # A part that is known to be lost is told before the first one is sent.
        words = self.message("half", name="second half", more=", part 2")
        self.fails("half", words)
        self.assertEqual(self.get("half", Range="bytes=0-99"), content("big", 100))

    def test_copies(self):
        for key in self.WAYS:
            with self.subTest(key):
                self.fails("copy", self.message(key), self.s3.copy_object, CopySource={"Bucket": "photos", "Key": key})
        upload = self.s3.create_multipart_upload(Bucket="photos", Key="copy")["UploadId"]
        self.fails("copy", self.message("later"), self.s3.upload_part_copy, UploadId=upload, PartNumber=1,
                   CopySource={"Bucket": "photos", "Key": "later"})
        self.s3.upload_part_copy(Bucket="photos", Key="copy", UploadId=upload, PartNumber=1, CopySourceRange="bytes=0-99999",
                                 CopySource={"Bucket": "photos", "Key": "later"})
        self.s3.abort_multipart_upload(Bucket="photos", Key="copy", UploadId=upload)

    def test_other_services_hand_the_words_on(self):
        error = error_of(self.cloud.client("lambda").create_function, FunctionName="g", Role=self.role, Runtime="provided.al2023",
                         Handler="x", Code={"S3Bucket": "photos", "S3Key": "later"})
        self.assertEqual((error["Code"], error["Message"]), (
            "InvalidParameterValueException", "Error occurred while GetObject. S3 Error Code: InternalError. S3 Error "
            f"Message: {self.message('later')}"))
        error = error_of(self.cloud.client("cloudformation").create_stack, StackName="s",
                         TemplateURL=f"{self.cloud.endpoint}/photos/template")
        self.assertEqual(error["Code"], "ValidationError")
        self.assertIn(self.message("template"), error["Message"])

    def test_the_code_of_a_function(self):
        """Whether it can run here or not: the package is read before."""
        if self.cloud.admin("GET", "/health")[1]["isolation"] == "none":
            raise unittest.SkipTest("functions cannot be sandboxed here")
        at = len(self.cloud.stderr)
        error = error_of(self.cloud.client("lambda").invoke, FunctionName="f")
        words = (f"the package of function f: file {self.file['code'].relative_to(self.cloud.data)} {self.wrong['code']}: "
                 f"{RESTORE}, or give it its code again (UpdateFunctionCode)")
        self.assertEqual((error["Code"], error["Message"]), ("ServiceException", words))
        self.assertEqual(self.errors_since(at), [words])

    @unittest.skipUnless(shutil.which("aws"), "there is no aws")
    def test_the_aws_cli(self):
        done = self.cloud.run("with", "--", "aws", "s3api", "get-object", "--bucket", "photos", "--key", "removed", "/dev/null",
                              check=False, env={"AWS_MAX_ATTEMPTS": "1"})
        self.assertIn(done.returncode, (254, 255), done.stderr)
        self.assertIn("An error occurred (InternalError) when calling the GetObject operation", done.stderr)
        self.assertIn(self.message("removed"), done.stderr)

    # ---- scrubs ----
    def findings(self):
        """All that a scrub must name: (kind, its sentence)."""
        keys = [*self.WAYS, "swapped a", "swapped b", "template"]
        parts = f'bucket "photos", key "waiting", upload {self.upload}, part 7: file '
        return {
            *(self.message(key) for key in keys),
            self.message("v", "kept", "version", self.version),
            self.message("parts", name="part", more=", part 2"),
            self.message("half", name="second half", more=", part 2"),
            f"{parts}{self.file['waiting'].relative_to(self.cloud.data)} is missing: {RESTORE}, or send the part again",
            f"the package of function f: file {self.file['code'].relative_to(self.cloud.data)} {self.wrong['code']}: {RESTORE}, "
            "or give it its code again (UpdateFunctionCode)",
        }

    def test_scrub(self):
        self.assertEqual(self.never, {"State": "never"})
        clean = json.loads(self.clean.stdout)
        self.assertEqual((clean["State"], clean["Findings"], self.clean.returncode), ("complete", [], 0), clean)
        self.assertEqual([clean[k] for k in ("Missing", "Damaged", "DamagedRows", "Leaked", "LeaksUnknown")], [0, 0, 0, 0, False])
        self.assertEqual(clean["Bodies"], len(self.file) + 3)  # an inline one, the whole parts
        at = len(self.cloud.stderr)
        done = self.cloud.run(*SCRUB, check=False)
        self.assertEqual((done.returncode, done.stderr), (1, ""))
        *said, summary = done.stdout.splitlines()
        self.assertEqual(set(said), self.findings())
        self.assertEqual(len(said), len(self.findings()))
        missing = 3
        damaged = len(said) - missing
        self.assertRegex(summary, rf"^complete, .*: {clean['Bodies']} bodies, .* rows; {missing} missing, {damaged} damaged$")
        self.assertEqual(set(self.errors_since(at)), self.findings())
        # What is known of it is kept: status says it before and after a restart.
        doc = json.loads(self.cloud.run("status", "--json").stdout)["Scrub"]
        self.assertEqual((doc["State"], doc["Missing"], doc["Damaged"], len(doc["Findings"])), ("complete", missing, damaged, 10))
        self.cloud.restart()
        self.assertEqual(json.loads(self.cloud.run("status", "--json").stdout)["Scrub"], doc)
        self.assertEqual(self.cloud.admin("GET", "/health")[1]["scrub"]["damaged"], damaged)
        self.assertRegex(self.cloud.run("status").stdout, rf"(?m)^scrub +complete, .*; {missing} missing, {damaged} damaged$")
        names = [f for f in self.cloud.client("calotype").get_scrub()["Scrub"]["Findings"] if f.get("Key") == "removed"]
        self.assertEqual([(f["Kind"], f["Bucket"], f["VersionId"], f["File"], f["What"]) for f in names],
                         [("body", "photos", "null", str(self.file["removed"].relative_to(self.cloud.data)), "is missing")])

    def test_a_scrub_is_slow_joined_and_stopped(self):
        client = self.cloud.client("calotype")
        first = client.start_scrub(Rate=1)
        self.assertEqual((first["Joined"], first["Scrub"]["State"], first["Scrub"]["Rate"]), (False, "running", 1))
        second = client.start_scrub()
        self.assertEqual((second["Joined"], second["Scrub"]["Began"], second["Scrub"]["Rate"]),
                         (True, first["Scrub"]["Began"], 1))
        self.assertEqual(client.start_scrub(Rate=2)["Scrub"]["Rate"], 2)
        self.get("whole")  # requests go on
        done = self.cloud.run("scrub", "--stop", check=False)  # 1 where it has found something by then
        self.assertIn(done.returncode, (0, 1))
        self.assertRegex(done.stdout.splitlines()[-1], "^stopped, ")
        self.assertEqual(client.get_scrub()["Scrub"]["State"], "stopped")
        done = self.cloud.run("scrub", "--stop", check=False)  # none runs: what there was
        self.assertRegex(done.stdout.splitlines()[-1], "^stopped, ")

    def test_the_daemon_ends_in_the_middle(self):
        client = self.cloud.client("calotype")
        client.start_scrub(Rate=1)
        wait_for(lambda: client.get_scrub()["Scrub"].get("Findings"))  # from then on it is kept
        self.cloud.restart()
        self.assertEqual(self.cloud.client("calotype").get_scrub()["Scrub"]["State"], "interrupted")
        self.assertEqual(self.cloud.run(*SCRUB, check=False).returncode, 1)

    def test_rights(self):
        iam = self.cloud.client("iam")
        iam.create_user(UserName="u")
        key = iam.create_access_key(UserName="u")["AccessKey"]
        done = self.cloud.run("scrub", "--remote", check=False, env={
            **self.cloud.exports(), "AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]})
        self.assertEqual(done.returncode, 255)
        self.assertRegex(done.stderr, "^calotype: calotype:StartScrub: AccessDeniedException: .*calotype:StartScrub")


if __name__ == "__main__":
    main()
