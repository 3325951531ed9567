"""The verbs about photographs: deploy, put, ls, show, query, package; their rows, JSON and exit codes."""
import concurrent.futures
import json
import os
import pathlib
import platform
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
import zipfile

HERE = pathlib.Path(__file__).resolve()
sys.path[:0] = [str(HERE.parents[1] / "lib"), str(HERE.parents[1] / "crash")]
from cloud import CloudCase, binary, build_dir, main, static_programs, wait_for  # noqa: E402

BUCKET = "image-storage-bucket-dev-000000000000"


class Photographs(CloudCase):
    @classmethod
    def setUpClass(cls):
        programs = static_programs()
        super().setUpClass()
        try:
            cls.folder = tempfile.TemporaryDirectory(prefix="calotype-")
            cls.samples = pathlib.Path(cls.folder.name)
            subprocess.run([build_dir() / "tools/samples/draw-samples", cls.samples], check=True)
            cls.outputs = json.loads(cls.cloud.run("deploy", "--json", env={"CALOTYPE_PROGRAMS": programs}).stdout)
            cls.put = cls.cloud.run("put", *[str(cls.samples / n) for n in ("harbour.jpg", "broken.jpg")])
        except BaseException:
            cls.tearDownClass()
            raise

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()
        super().tearDownClass()

    def file(self, name):
        return str(self.samples / name)

    def test_deploy(self):
        self.assertEqual((self.outputs["StackStatus"], self.outputs["Changed"]), ("CREATE_COMPLETE", True))
        self.assertEqual(self.outputs["Outputs"]["ImageStorageBucketName"], "image-storage-bucket-dev-000000000000")
        again = self.cloud.run("deploy")
        self.assertRegex(again.stdout, "^calotype-dev is up to date\n")
        self.assertEqual(again.stderr, "")
        keys = self.cloud.client("s3").list_objects_v2(Bucket="calotype-artifacts-000000000000-us-east-1")["Contents"]
        self.assertEqual(len(keys), 1)
        self.assertRegex(keys[0]["Key"], r"^function/[0-9a-f]{64}\.zip$")

    def test_deploy_changes_and_keeps_parameters(self):
        value = lambda: {p["ParameterKey"]: p["ParameterValue"] for p in self.cloud.client("cloudformation").describe_stacks(
            StackName="calotype-dev")["Stacks"][0]["Parameters"]}["KeepGps"]
        done = json.loads(self.cloud.run("deploy", "--json", "--parameter", "KeepGps=true").stdout)
        self.assertEqual((done["StackStatus"], value()), ("UPDATE_COMPLETE", "true"))
        self.assertFalse(json.loads(self.cloud.run("deploy", "--json").stdout)["Changed"])
        self.assertEqual(value(), "true")
        self.cloud.run("deploy", "--parameter", "KeepGps=false")
        self.assertEqual(value(), "false")

    def test_derivatives_as_they_are_wished(self):
        """Their names and boxes are a parameter; the verbs know them from the row."""
        self.cloud.run("deploy", "--parameter", "Derivatives=tiny=40x30:cover:60,120", "--parameter", "Profiles=keep")
        try:
            self.cloud.run("put", "--prefix", "wished/", self.file("harbour.jpg"))
            row = json.loads(self.cloud.run("show", "--json", "wished/harbour.jpg").stdout)
            self.assertEqual([d["Name"] for d in row["Derivatives"]], ["tiny", "120"])
            self.assertTrue(row["Derivatives"][0]["Key"].endswith("/tiny.jpg"))
            self.assertLessEqual(row["Derivatives"][0]["Width"], 40)
            with tempfile.TemporaryDirectory() as folder:
                to = os.path.join(folder, "tiny.jpg")
                self.cloud.run("get", "--size", "tiny", "--output", to, "wished/harbour.jpg")
                self.assertEqual(os.path.getsize(to), row["Derivatives"][0]["FileSize"])
            self.assertRegex(self.cloud.run("show", "wished/harbour.jpg").stdout, r"(?m)^Derivative +tiny: \d+ × \d+, .*/tiny\.jpg$")
            refused = self.cloud.run("get", "--size", "800", "wished/harbour.jpg", check=False)
            self.assertRegex(refused.stderr, "has no size 800; it has tiny, 120")
            for wrong in ("800:wide", "800,", "0", "a/b=800", "1,2,3,4,5,6,7,8,9"):
                refused = self.cloud.run("deploy", "--parameter", f"Derivatives={wrong}", check=False)
                self.assertEqual(refused.returncode, 2, wrong)
                self.assertRegex(refused.stderr, "Derivatives", wrong)
        finally:
            self.cloud.run("deploy", "--parameter", "Derivatives=1600,800,200", "--parameter", "Profiles=convert")

    def test_put_without_waiting(self):
        """--no-wait: it ends when the file is there, whatever becomes of it."""
        done = json.loads(self.cloud.run("put", "--no-wait", "--timeout", "20", "--json", self.file("harbour.jpg")).stdout)
        self.assertEqual([(u["File"], u.get("Problem"), "UploadToRowMs" in u) for u in done],
                         [(self.file("harbour.jpg"), None, False)])
        self.cloud.client("s3").head_object(Bucket=self.outputs["Outputs"]["ImageStorageBucketName"], Key=done[0]["ObjectKey"])
        self.cloud.run("put", self.file("harbour.jpg"))  # its row is final again for the others

    def test_deploy_refusals(self):
        cases = [(["--parameter", "KeepGps=maybe"], 2, "KeepGps"), (["--parameter", "Unknown=1"], 2, "Unknown"),
                 (["--template", "/nowhere.yaml"], 255, "/nowhere.yaml")]
        bad = self.samples / "bad.yaml"
        bad.write_text("Resources:\n  A:\n    Type: [AWS::S3::Bucket\n")
        cases.append((["--no-audit", "--template", str(bad)], 255, r"\d+"))
        for args, code, want in cases:
            done = self.cloud.run("deploy", *args, check=False)
            self.assertEqual((done.returncode, done.stdout), (code, ""), args)
            self.assertRegex(done.stderr, f"^calotype: .*{want}")
            self.assertEqual(done.stderr.count("\n"), 1, done.stderr)

    def test_deploy_refuses_what_the_audit_finds(self):
        """Errors alone, all of them, before anything is uploaded; a project may ignore one."""
        folder = self.samples / "audited"
        folder.mkdir()
        (folder / ".git").mkdir()
        small = folder / "small.yaml"
        small.write_text("Resources:\n  A: {Type: AWS::SQS::Queue}\n  B:\n    Type: AWS::SQS::Queue\n    Properties: {QueueName: !Ref Nothing}\n")
        done = self.cloud.run("deploy", "--env", "audited", "--template", str(small), check=False)
        self.assertEqual((done.returncode, done.stdout), (3, ""), done)
        lines = done.stderr.splitlines()
        self.assertRegex(lines[0], r"small\.yaml:5:\d+: error: unresolved-reference: ")
        self.assertRegex(lines[-1], "^calotype: not deployed: 1 error in the template")
        self.assertEqual(len(lines), 2, done.stderr)
        self.assertNotIn("calotype-audited", str(self.cloud.client("cloudformation").describe_stacks()["Stacks"]))

    def test_deploy_tells_all_that_is_wrong(self):
        bad = self.samples / "faults.yaml"
        bad.write_text("Resources:\n" + "".join(f"  Key{i}: {{Type: AWS::KMS::Key}}\n" for i in range(1, 50)))
        done = self.cloud.run("deploy", "--template", str(bad), check=False)
        want = [f"calotype: Template error: resource Key{i}: the type AWS::KMS::Key is not supported by calotype "
                f"(line {i + 1}, column {17 if i > 9 else 16})" for i in range(1, 50)]
        want.append("calotype: cloudformation:CreateChangeSet: ValidationError: the template is refused for the 49 lines above")
        self.assertEqual((done.returncode, done.stdout, done.stderr.splitlines()), (255, "", want))

    def test_deploy_after_a_creation_that_failed(self):
        """It leaves nothing that stands in the way, and the same command makes the stack."""
        other = "arm64" if platform.machine() == "x86_64" else "x86_64"
        failed = self.cloud.run("deploy", "--env", "failed", "--parameter", f"Architecture={other}", check=False)
        self.assertEqual((failed.returncode, failed.stdout), (255, ""))
        self.assertRegex(failed.stderr, "^calotype: calotype-failed ended as ROLLBACK_COMPLETE: ImageProcessor: .*Architecture")
        self.assertNotIn("failed", str(self.cloud.client("s3").list_buckets()["Buckets"]))
        self.assertNotIn("ImageMetadata-failed", self.cloud.client("dynamodb").list_tables()["TableNames"])
        done = self.cloud.run("deploy", "--env", "failed")
        self.assertEqual(done.stderr, "calotype-failed could not be created earlier: what is left of it is deleted\n")
        self.assertRegex(done.stdout, "^calotype-failed CREATE_COMPLETE\n")

    def test_deploy_after_a_deletion(self):
        """What the stack kept is in the way: empty, it is removed after a yes; else the words say what to do."""
        cf, s3 = self.cloud.client("cloudformation"), self.cloud.client("s3")
        originals = "image-storage-bucket-gone-000000000000"
        names = [("bucket", originals), ("bucket", "image-derivatives-bucket-gone-000000000000"), ("table", "ImageMetadata-gone")]

        def delete():
            id = cf.describe_stacks(StackName="calotype-gone")["Stacks"][0]["StackId"]
            cf.delete_stack(StackName="calotype-gone")
            wait_for(lambda: cf.describe_stacks(StackName=id)["Stacks"][0]["StackStatus"] == "DELETE_COMPLETE")

        self.cloud.run("deploy", "--env", "gone")
        delete()
        plan = ("Empty, and in the way of a new stack, which makes them anew:\n" + "".join(f"  the {k} {n}\n" for k, n in names) +
                "They will be removed.\n")
        done = self.cloud.run("deploy", "--env", "gone", check=False)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertEqual(done.stderr, plan + "calotype: nothing was done: nobody is here to be asked (--yes does it)\n")
        done = self.cloud.run("deploy", "--env", "gone", "--yes")
        self.assertEqual(done.stderr, plan)
        self.assertRegex(done.stdout, "^calotype-gone CREATE_COMPLETE\n")
        delete()
        # An upload that goes on is something too, though DeleteBucket would not mind.
        s3.create_multipart_upload(Bucket=names[1][1], Key="half.jpg")
        says = ("calotype: what an earlier calotype-gone left holds something, and a new stack cannot take it over: deploy another "
                "--env, or remove it for good, by these:\n")
        done = self.cloud.run("deploy", "--env", "gone", "--yes", check=False)
        self.assertEqual((done.returncode, done.stdout), (255, ""))
        self.assertTrue(done.stderr.startswith(says + f"the bucket {names[1][1]} holds an upload in parts that is not finished\n"), done.stderr)
        # So is a version alone, behind a mark of deletion, and a row.
        s3.put_object(Bucket=originals, Key="x.jpg", Body=b"x")
        s3.delete_object(Bucket=originals, Key="x.jpg")
        table = self.cloud.client("dynamodb")
        table.put_item(TableName="ImageMetadata-gone", Item={"ImageId": {"S": "x"}})
        done = self.cloud.run("deploy", "--env", "gone", "--yes", check=False)
        self.assertEqual((done.returncode, done.stdout), (255, ""))
        self.assertEqual(re.findall(r"(?m)^the .*$", done.stderr), [
            f"the bucket {originals} holds objects, or versions of what was deleted",
            f"the bucket {names[1][1]} holds an upload in parts that is not finished", "the table ImageMetadata-gone holds rows"])
        self.assertEqual(len(s3.list_object_versions(Bucket=originals)["Versions"]), 1)
        self.assertEqual(len(s3.list_multipart_uploads(Bucket=names[1][1])["Uploads"]), 1)
        self.assertIn("ImageMetadata-gone", table.list_tables()["TableNames"])
        printed = re.findall(r"(?m)^  (calotype .*)$", done.stderr)
        self.assertEqual(len(printed), 4, printed)
        if shutil.which("aws"):
            self.make_way(printed)

    def make_way(self, printed):
        """The commands as deploy printed them, in a shell; then it deploys."""
        for command in printed:
            done = subprocess.run(["bash", "-eo", "pipefail", "-c", command], capture_output=True, text=True, timeout=60, check=False,
                                  env={**os.environ, "CALOTYPE_DATA": str(self.cloud.data),
                                       "PATH": f"{pathlib.Path(binary()).parent}:{os.environ['PATH']}"})
            self.assertEqual((done.returncode, done.stderr), (0, ""), command)
        self.assertRegex(self.cloud.run("deploy", "--env", "gone", "--yes").stdout, "^calotype-gone CREATE_COMPLETE\n")

    def test_deploy_of_a_stack_that_is_stuck(self):
        """Each status names a command that works here; one whose rollback is disabled is gone on with."""
        cf, s3, sqs = (self.cloud.client(n) for n in ("cloudformation", "s3", "sqs"))

        def template(bad, seconds):
            made = {"B": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "stuck-b", "Tags": [{"Key": "v", "Value": str(seconds)}]}},
                    "Q": {"Type": "AWS::SQS::Queue", "DependsOn": "B", "Properties": {"QueueName": "stuck-q", "VisibilityTimeout": seconds}}}
            before = "Q"
            for i in range(40 if bad else 0):  # time to take something away
                made[f"T{i}"] = {"Type": "AWS::SNS::Topic", "DependsOn": before}
                before = f"T{i}"
            if bad:
                made["Bad"] = {"Type": "AWS::S3::Bucket", "DependsOn": before, "Properties": {"BucketName": BUCKET}}
            return json.dumps({"Resources": made})

        def rests():
            status = cf.describe_stacks(StackName="calotype-stuck")["Stacks"][0]["StackStatus"]
            return "" if status.endswith("IN_PROGRESS") else status

        def is_put():
            try:
                return s3.put_object(Bucket="stuck-b", Key="k", Body=b"x")
            except s3.exceptions.NoSuchBucket:
                return None

        def delete_as_told(words):
            done = self.cloud.run("deploy", "--env", "stuck", check=False)
            self.assertEqual((done.returncode, done.stdout), (255, ""))
            self.assertRegex(done.stderr, f"^calotype: calotype-stuck {words}: see to what is in the way, then calotype with aws "
                                          "cloudformation delete-stack --stack-name calotype-stuck ")
            id = cf.describe_stacks(StackName="calotype-stuck")["Stacks"][0]["StackId"]
            cf.delete_stack(StackName="calotype-stuck")
            wait_for(lambda: cf.describe_stacks(StackName=id)["Stacks"][0]["StackStatus"] == "DELETE_COMPLETE")

        later = concurrent.futures.ThreadPoolExecutor(1)
        self.addCleanup(later.shutdown)
        made = later.submit(cf.create_stack, StackName="calotype-stuck", TemplateBody=template(True, 30))
        wait_for(is_put)
        made.result()
        self.assertEqual(wait_for(rests), "ROLLBACK_FAILED")
        s3.delete_object(Bucket="stuck-b", Key="k")
        delete_as_told("was not made, and not all of it was taken back")

        cf.create_stack(StackName="calotype-stuck", TemplateBody=template(False, 30))
        self.assertEqual(wait_for(rests), "CREATE_COMPLETE")
        queue = sqs.get_queue_url(QueueName="stuck-q")["QueueUrl"]
        made = later.submit(cf.update_stack, StackName="calotype-stuck", TemplateBody=template(True, 40))
        wait_for(lambda: sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]["VisibilityTimeout"] == "40")
        sqs.delete_queue(QueueUrl=queue)
        made.result()
        self.assertEqual(wait_for(rests), "UPDATE_ROLLBACK_FAILED")
        delete_as_told("could not be changed back")

        cf.create_stack(StackName="calotype-stuck", TemplateBody=template(True, 30), DisableRollback=True)
        self.assertEqual(wait_for(rests), "CREATE_FAILED")
        self.assertRegex(self.cloud.run("deploy", "--env", "stuck").stdout, "^calotype-stuck UPDATE_COMPLETE\n")

    def test_deploy_leaves_what_another_stack_has(self):
        self.cloud.client("cloudformation").create_stack(StackName="theirs", TemplateBody=json.dumps({"Resources": {"B": {
            "Type": "AWS::S3::Bucket", "Properties": {"BucketName": "image-storage-bucket-taken-000000000000"}}}}))
        wait_for(lambda: self.cloud.client("cloudformation").describe_stacks(StackName="theirs")["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE")
        done = self.cloud.run("deploy", "--env", "taken", "--yes", check=False)
        self.assertEqual((done.returncode, done.stdout), (255, ""))
        self.assertRegex(done.stderr, "^calotype: .*image-storage-bucket-taken-000000000000")
        self.cloud.client("s3").head_bucket(Bucket="image-storage-bucket-taken-000000000000")

    def test_put(self):
        lines = self.put.stdout.splitlines()
        self.assertEqual(self.put.stderr, "2 files: 1 processed, 1 rejected\n")
        self.assertRegex(lines[0], r"^file +status +format +pixels +camera +derivatives +ms$")
        self.assertRegex(lines[1], r"^harbour.jpg +processed +jpeg +1920 × 1280 +Calotype Sample One +1600 800 200 +\d+$")
        self.assertRegex(lines[2], r"^broken.jpg +rejected +jpeg +1920 × 1280 +Calotype Sample One +\d+  The JPEG ends before its first scan")

    def test_put_json_in_the_given_order(self):
        names = ["portrait.jpg", "broken.jpg", "chart.png"]
        rows = json.loads(self.cloud.run("put", "--json", *map(self.file, names)).stdout)
        self.assertEqual([(r["ObjectKey"], r["Status"]) for r in rows],
                         [("uploads/portrait.jpg", "processed"), ("uploads/broken.jpg", "rejected"),
                          ("uploads/chart.png", "processed")])
        self.assertEqual((rows[2]["Width"], rows[2]["Height"]), (1200, 900))
        self.assertIsInstance(rows[0]["UploadToRowMs"], int)

    def test_put_partly(self):
        done = self.cloud.run("put", self.file("portrait.jpg"), "/nowhere/x.jpg", __file__, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout, r"x.jpg +- +not uploaded: No such file or directory\n")
        self.assertRegex(done.stdout, r"cli.py +- +not uploaded: nothing processes names like this one")
        self.assertEqual(self.cloud.run("put", "/nowhere/x.jpg", check=False).returncode, 255)

    def test_put_same_name_twice(self):
        other = self.samples / "other"
        other.mkdir()
        (other / "portrait.jpg").write_bytes((self.samples / "portrait.jpg").read_bytes())
        done = self.cloud.run("put", self.file("portrait.jpg"), str(other / "portrait.jpg"), check=False)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertRegex(done.stderr, "^calotype: .* have the same name")

    def test_put_many(self):
        many = []
        for i in range(40):
            many.append(str(self.samples / f"many-{i:02}.jpg"))
            os.link(self.file("portrait.jpg"), many[-1])
        rows = json.loads(self.cloud.run("put", "--json", "--parallel", "16", *many).stdout)
        self.assertEqual([r["Status"] for r in rows], ["processed"] * 40)

    def test_ls(self):
        text = self.cloud.run("ls").stdout
        self.assertRegex(text, r"(?m)^uploads/harbour.jpg +processed +jpeg +1920 × 1280")
        rows = json.loads(self.cloud.run("ls", "--json", "uploads/harb").stdout)
        self.assertEqual([r["ObjectKey"] for r in rows], ["uploads/harbour.jpg"])
        bucket = self.outputs["Outputs"]["ImageStorageBucketName"]
        none = self.cloud.run("ls", "nothing/")
        self.assertEqual((none.stdout, none.stderr), ("", f"nothing in {bucket} has a key that begins with nothing/\n"))
        self.assertEqual(self.cloud.run("ls", "--json", "nothing/").stdout, "[]\n")

    def test_show(self):
        text = self.cloud.run("show", "harbour.jpg").stdout
        self.assertRegex(text, r"(?m)^Status +processed$")
        self.assertRegex(text, r"(?m)^Derivative +800: 800 × \d+, .* s3://image-derivatives-bucket-dev-000000000000/")
        doc = json.loads(self.cloud.run("show", "--json", "uploads/harbour.jpg").stdout)
        self.assertEqual((doc["Make"], doc["Width"], len(doc["Derivatives"])), ("Calotype", 1920, 3))
        done = self.cloud.run("show", "harbour.jpg", "nobody.jpg", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("there is no photograph nobody.jpg", done.stderr)
        self.assertEqual(self.cloud.run("show", "nobody.jpg", check=False).returncode, 255)

    def test_query(self):
        names = lambda *args: [r["ObjectKey"] for r in json.loads(self.cloud.run("query", "--json", *args).stdout)]
        self.assertIn("uploads/harbour.jpg", names())
        self.assertIn("uploads/harbour.jpg", names("--since", "2d", "--status", "processed"))
        self.assertNotIn("uploads/harbour.jpg", names("--status", "rejected"))
        self.assertEqual(names("--since", "2020-01-01", "--until", "2020-01-31"), [])
        none = self.cloud.run("query", "--since", "2020-01-01", "--until", "2020-01-31", "--status", "rejected")
        self.assertEqual((none.stdout, none.stderr), ("", "no photograph was uploaded from 2020-01-01T00:00:00Z to "
                                                          "2020-01-31T00:00:00Z and is rejected\n"))
        self.assertRegex(self.cloud.run("query", "--status", "failed").stderr, r"and is failed\n\d+ of that time have another status\n$")
        self.assertEqual(len(names("--limit", "1")), 1)
        for bad in (["--since", "yesterday"], ["--since", "1h", "--until", "2h"], ["--since", "1900-01-01"]):
            self.assertEqual(self.cloud.run("query", *bad, check=False).returncode, 2, bad)

    def test_another_environment(self):
        for verb, *args in (["put", self.file("portrait.jpg")], ["ls"], ["query"], ["show", "x.jpg"], ["get", "x.jpg"], ["rm", "x.jpg"]):
            done = self.cloud.run(verb, "--env", "prod", *args, check=False)
            self.assertEqual((done.returncode, done.stdout), (255, ""), verb)
            self.assertRegex(done.stderr, r"^calotype: calotype-prod is not deployed \(calotype deploy --env prod\): ")

    def test_an_account_by_its_environment(self):
        """--aws: the variables alone, here pointing back at the daemon."""
        env = {k: v for k, v in self.cloud.exports().items() if k.startswith("AWS_")}
        with tempfile.TemporaryDirectory() as elsewhere:
            done = self.cloud.run("ls", "--aws", "uploads/harb", env={**env, "AWS_CA_BUNDLE": self.cloud.ca, "CALOTYPE_DATA": elsewhere})
        self.assertRegex(done.stdout, "harbour.jpg +processed")

    def test_an_account_by_profile(self):
        env = self.cloud.exports()
        with tempfile.TemporaryDirectory() as home:
            aws = pathlib.Path(home, ".aws")
            aws.mkdir()
            (aws / "credentials").write_text(f"[other]\naws_access_key_id = x\n[mine]\naws_access_key_id={env['AWS_ACCESS_KEY_ID']}\n"
                                             f"aws_secret_access_key = {env['AWS_SECRET_ACCESS_KEY']}\n")
            base = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
            for region, code in (("us-east-1", 0), ("eu-west-1", 255)):  # a table is in one region
                (aws / "config").write_text(f"[profile mine]\nregion = {region}\n")
                done = subprocess.run([binary(), "ls", "--aws", "uploads/harb"], capture_output=True, text=True,
                                      env={**base, "HOME": home, "AWS_PROFILE": "mine",
                                           "AWS_ENDPOINT_URL": env["AWS_ENDPOINT_URL"], "AWS_CA_BUNDLE": self.cloud.ca})
                self.assertEqual(done.returncode, code, done.stderr)
            done = subprocess.run([binary(), "ls", "--aws"], capture_output=True, text=True, env={**base, "HOME": home})
            self.assertEqual(done.returncode, 255)
            self.assertRegex(done.stderr, "^calotype: no keys for AWS")


def debian():
    """The release of this machine, 12 for one that is none of Debian's."""
    text = pathlib.Path("/etc/os-release").read_text()
    release = re.search(r'^VERSION_ID="?(\d+)', text, re.M)
    return int(release[1]) if release and re.search(r"^ID=debian$", text, re.M) else 12


class Package(unittest.TestCase):
    def test_same_bytes_whatever_the_time_zone(self):
        programs = static_programs()
        with tempfile.TemporaryDirectory() as folder:
            sums = set()
            for zone in ("UTC", "Asia/Tokyo"):
                out = f"{folder}/{zone.replace('/', '-')}.zip"
                done = subprocess.run([binary(), "package", "--output", out, "--programs", programs], capture_output=True,
                                      text=True, env={**os.environ, "TZ": zone})
                self.assertEqual(done.returncode, 0, done.stderr)
                sums.add(done.stdout.split()[0])
            self.assertEqual(len(sums), 1)

    def package(self, folder, programs):
        """What is in the zip that is made of them, by name."""
        at = pathlib.Path(folder, "made.zip")
        done = subprocess.run([binary(), "package", "--output", at, "--programs", programs], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        with zipfile.ZipFile(at) as z:
            return {name: z.read(name) for name in z.namelist()}

    def copies(self, folder):
        for name in ("bootstrap", "calotype-image"):
            at = pathlib.Path(static_programs()).parent / ("fn" if name == "bootstrap" else "img") / name
            shutil.copy(at, folder)

    def without_unwinding(self, program):
        """Its bytes with zeros in the place of what unwinds stacks, as readelf finds them."""
        out = bytearray(program.read_bytes())
        said = subprocess.run(["readelf", "-SW", program], capture_output=True, text=True, check=True).stdout
        found = [[int(x, 16) for x in m] for m in re.findall(r"\] \.eh_frame(?:_hdr)? +PROGBITS +\w+ (\w+) (\w+)", said)]
        self.assertTrue(found)
        for offset, size in found:
            self.assertTrue(any(out[offset:offset + size]))
            out[offset:offset + size] = bytes(size)
        return bytes(out)

    def test_it_is_small_and_its_size_is_said(self):
        """Every cold start on AWS fetches it. Debian 13's OpenSSL alone is larger than all of this on Debian 12."""
        with tempfile.TemporaryDirectory() as folder:
            at = pathlib.Path(folder, "f.zip")
            for output in (at, "-"):
                done = subprocess.run([binary(), "package", "--output", output, "--programs", static_programs()], capture_output=True)
                size = len(done.stdout) if output == "-" else at.stat().st_size
                machine = {"aarch64": "arm64"}.get(os.uname().machine, os.uname().machine)
                self.assertEqual(done.stderr.decode().splitlines()[-1], f"{size / 1e6:.1f} MB, for {machine}")
                self.assertLessEqual(size, 4_000_000 if debian() >= 13 else 3_000_000)

    def test_what_debuggers_want_is_left_out(self):
        with tempfile.TemporaryDirectory() as folder:
            self.copies(folder)
            whole = self.package(folder, folder)
            for name, packed in whole.items():
                at = pathlib.Path(folder, name)
                self.assertLess(len(packed), at.stat().st_size)
                self.assertNotIn(b".debug_info", packed)
                said = subprocess.run(["readelf", "-lW", at], capture_output=True, text=True, check=True).stdout
                loaded = [[int(x, 16) for x in m] for m in re.findall(r"LOAD\s+(0x\w+) 0x\w+ 0x\w+ (0x\w+)", said)]
                self.assertEqual(len(packed), max(offset + size for offset, size in loaded))
                self.assertTrue(packed[64:] == self.without_unwinding(at)[64:len(packed)])
                subprocess.run(["strip", at], check=True)
            self.assertTrue(self.package(folder, folder) == whole)  # nothing depends on who has stripped them
            runs = pathlib.Path(folder, "runs")
            runs.write_bytes(whole["bootstrap"])
            runs.chmod(0o755)
            done = subprocess.run([runs], capture_output=True, text=True, env={})
            self.assertIn("AWS_LAMBDA_RUNTIME_API is not set", done.stderr)

    def test_a_program_that_no_linker_wrote_stays_whole(self):
        head = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\2\1\1", 2, 62, 1, 0, 64, 152, 0, 64, 56, 1, 64, 2, 1)
        part = struct.pack("<IIQQQQQQ", 1, 5, 0, 0, 0, 150, 150, 4096)
        good = head + part + bytes(30) + b"symbols" + bytes(200)
        ends = 64 + 32
        with tempfile.TemporaryDirectory() as folder:
            for what, change, kept in (
                    ("as linkers write it", (), 150),
                    ("no parts", (("<H", 56, 0),), None),
                    ("more parts than the file has bytes", (("<H", 56, 65535),), None),
                    ("parts of another size", (("<H", 54, 32),), None),
                    ("parts behind the end", (("<Q", 32, len(good)),), None),
                    ("parts at the end of all numbers", (("<Q", 32, 2**64 - 8),), None),
                    ("a part that ends behind the file", (("<Q", ends, len(good) + 1),), None),
                    ("a part that ends where the file does", (("<Q", ends, len(good)),), None),
                    ("a part that ends behind all numbers", (("<Q", ends, 2**64 - 1), ("<Q", 64 + 8, 2)), None),
                    ("a part that ends within the head", (("<Q", ends, 10),), 64 + 56)):
                program = bytearray(good)
                for form, at, value in change:
                    struct.pack_into(form, program, at, value)
                for name in ("bootstrap", "calotype-image"):
                    pathlib.Path(folder, name).write_bytes(program)
                with self.subTest(what):
                    if kept:  # no table of sections, whose place and number are in the head
                        program = program[:40] + bytes(8) + program[48:60] + bytes(4) + program[64:kept]
                    self.assertEqual(self.package(folder, folder)["bootstrap"], program)

    def test_wrong_programs(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in ("bootstrap", "calotype-image"):
                pathlib.Path(folder, name).write_bytes(b"#!/bin/sh\n")
            for programs, want in ((folder, "is not a 64-bit Linux program"), ("/nowhere", "cannot look into /nowhere")):
                done = subprocess.run([binary(), "package", "--output", f"{folder}/x.zip", "--programs", programs],
                                      capture_output=True, text=True)
                self.assertEqual(done.returncode, 255)
                self.assertRegex(done.stderr, f"^calotype: .*{want}.*\n$")
            pathlib.Path(folder, "bootstrap").write_bytes(pathlib.Path("/bin/true").read_bytes())
            done = subprocess.run([binary(), "package", "--output", f"{folder}/x.zip", "--programs", folder],
                                  capture_output=True, text=True)
            self.assertRegex(done.stderr, "is not static")


if __name__ == "__main__":
    main()
