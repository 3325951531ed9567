"""Templates whose functions' code is a path on this machine: calotype deploy, and `aws cloudformation package` with it."""
import io
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest
import zipfile

HERE = pathlib.Path(__file__).resolve()
sys.path.insert(0, str(HERE.parents[1] / "lib"))
from cloud import binary, main, wait_for  # noqa: E402
from functions import FunctionsCase  # noqa: E402

TEMPLATE = """
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]
  F:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: RUNTIME
      Handler: HANDLER
      Code: PATH # of the function
      Role: !GetAtt Role.Arn
Outputs:
  Name: {Value: !Ref F}
"""
LOOKS = """
import os, stat
from below.helper import word
def handler(event, context):
    files = {}
    for folder, _, names in os.walk("/var/task"):
        for name in names:
            path = os.path.join(folder, name)
            files[os.path.relpath(path, "/var/task")] = [oct(stat.S_IMODE(os.stat(path).st_mode)), os.path.islink(path)]
    return [word, os.access("/var/task/tool", os.X_OK), files]
"""
FILES = {"index.py": ["0o644", False], "below/helper.py": ["0o644", False], "below/again.py": ["0o644", False], "tool": ["0o755", False],
         "linked/far.txt": ["0o644", False]}


class LocalCode(FunctionsCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="calotype-code-"))
        self.addCleanup(shutil.rmtree, self.root)
        self.stack = "local" + self.id().rsplit("_", 1)[-1][:10].lower()

    def write(self, files):
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def folder(self):
        """What people have: packages in folders, a program, links to a file and out of the folder."""
        self.write({"code/index.py": LOOKS, "code/below/helper.py": "word = 'one'\n", "far/far.txt": "far", "code/tool": "#!/bin/sh\necho ran\n"})
        (self.root / "code/tool").chmod(0o700)
        (self.root / "code/below/again.py").symlink_to("helper.py")
        (self.root / "code/linked").symlink_to(self.root / "far")

    def template(self, path="./code", runtime="python3.11", handler="index.handler", name="template.yaml", text=TEMPLATE):
        at = self.root / name
        at.write_text(text.replace("PATH", path).replace("RUNTIME", runtime).replace("HANDLER", handler))
        return str(at)

    def deploy(self, template, check=True):
        done = self.cloud.run("deploy", "--no-audit", "--template", template, "--env", self.stack, "--json", check=check)
        return json.loads(done.stdout) if check else done

    def ask(self, name):
        answer = self.cloud.client("lambda").invoke(FunctionName=name, Payload="{}")
        body = json.loads(answer["Payload"].read())
        self.assertNotIn("FunctionError", answer, body)
        return body

    def test_a_folder_of_python(self):
        self.folder()
        template = self.template()
        made = self.deploy(template)
        word, runs, files = self.ask(made["Outputs"]["Name"])
        self.assertEqual((word, runs), ("one", True))
        self.assertEqual(files, FILES)
        os.utime(self.root / "code/index.py", (1, 1))  # the same files: nothing is uploaded or changed
        self.assertFalse(self.deploy(template)["Changed"])
        self.write({"code/below/helper.py": "word = 'two'\n"})
        self.assertTrue(self.deploy(template)["Changed"])
        self.assertEqual(self.ask(made["Outputs"]["Name"])[0], "two")

    @unittest.skipUnless(os.path.exists("/usr/bin/node"), "there is no node")
    def test_a_folder_of_node(self):
        self.write({"code/package.json": '{"type": "module"}', "code/app/main.js": "import { word } from 'mine';\nexport const handler = async () => word;\n",
                    "code/node_modules/mine/package.json": '{"main": "it.js", "type": "module"}', "code/node_modules/mine/it.js": "export const word = 'mine';\n"})
        made = self.deploy(self.template(runtime="nodejs20.x", handler="app/main.handler"))
        self.assertEqual(self.ask(made["Outputs"]["Name"]), "mine")

    def test_a_file_and_a_zip_in_json(self):
        source = "def handler(event, context):\n    return __file__\n"
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as z:
            z.writestr("packed.py", source)
        self.write({"alone.py": source})
        (self.root / "packed.zip").write_bytes(packed.getvalue())
        role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {
            "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}}}

        def function(code, handler):
            return {"Type": "AWS::Lambda::Function", "Properties": {"Description": "\u00e9", "Code": code, "Handler": handler, "Runtime": "python3.11",
                                                                    "Role": {"Fn::GetAtt": ["Role", "Arn"]}}}
        text = json.dumps({"Resources": {"Role": role, "One": function("alone.py", "alone.handler"), "Two": function(str(self.root / "packed.zip"), "packed.handler")},
                           "Outputs": {n: {"Value": {"Ref": n}} for n in ("One", "Two")}}, ensure_ascii=False)
        made = self.deploy(self.template(name="template.json", text=text))["Outputs"]
        self.assertEqual((self.ask(made["One"]), self.ask(made["Two"])), ("/var/task/alone.py", "/var/task/packed.py"))
        code = self.cloud.client("lambda").get_function(FunctionName=made["Two"])["Configuration"]
        self.assertEqual(code["CodeSize"], len(packed.getvalue()))

    def test_what_cannot_be_packed(self):
        self.write({"code/index.py": "", "other/a": ""})
        (self.root / "empty").mkdir()
        (self.root / "circle").mkdir()
        (self.root / "circle/again").symlink_to(".")
        (self.root / "hanging").mkdir()
        (self.root / "hanging/to-nothing").symlink_to("nothing")
        (self.root / "pipes").mkdir()
        os.mkfifo(self.root / "pipes/one")
        for path, want in (("./missing", "cannot read .*/missing: No such file"), ("./empty", "there is no file in .*/empty$"),
                           ("circle", ".*circle/again leads back to a folder that it is in$"), ("hanging", ".*hanging/to-nothing is a link to nothing$"),
                           ("pipes", ".*pipes/one is no regular file$"), ("|\n        ./code", "the path is to be written in one line, without escapes$")):
            with self.subTest(path):
                done = self.deploy(self.template(path), check=False)
                self.assertEqual((done.returncode, done.stdout), (255, ""))
                self.assertRegex(done.stderr.rstrip("\n"), f"^calotype: F: {want}")
        with self.assertRaises(self.cloud.client("cloudformation").exceptions.ClientError):
            self.cloud.client("cloudformation").describe_stacks(StackName=f"calotype-{self.stack}")

    @unittest.skipUnless(shutil.which("aws"), "there is no aws")
    def test_as_the_command_line_of_aws_packs_it(self):
        self.folder()
        self.cloud.client("s3").create_bucket(Bucket="packed-by-aws")
        out = str(self.root / "packaged.yaml")
        aws = [binary(), "with", "--data", str(self.cloud.data), "aws", "cloudformation"]
        for command in (["package", "--template-file", self.template(), "--s3-bucket", "packed-by-aws", "--output-template-file", out],
                        ["deploy", "--template-file", out, "--stack-name", "by-aws", "--capabilities", "CAPABILITY_IAM"]):
            done = subprocess.run([*aws, *command], capture_output=True, text=True, timeout=120)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        outputs = self.cloud.client("cloudformation").describe_stacks(StackName="by-aws")["Stacks"][0]["Outputs"]
        word, runs, files = wait_for(lambda: self.ask(outputs[0]["OutputValue"]), 30)
        self.assertEqual((word, runs, set(files)), ("one", True, set(FILES)))
        self.assertTrue(int(files["tool"][0], 8) & 0o100)


if __name__ == "__main__":
    main()
