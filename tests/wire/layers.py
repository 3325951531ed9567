"""Layers as boto3 sees them, and as functions do: /opt of a real sandbox. (also with Debian's boto3)"""
import base64
import hashlib
import io
import json
import pathlib
import shutil
import subprocess
import sys
import unittest
import urllib.parse
import warnings
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import build_dir, main  # noqa: E402
from functions import FunctionsCase, package, zipped  # noqa: E402
from s3_help import error_of  # noqa: E402

PYTHONS = [p for p in map(pathlib.Path, ("/usr/bin/python3.11", "/usr/bin/python3.13")) if p.exists()]
NODE = pathlib.Path("/usr/bin/node")
LOOK = b"""
import importlib, os
def h(event, context):
    if event.get('import'):
        return importlib.import_module(event['import']).what
    if event.get('read'):
        with open(event['read']) as f:
            return f.read()
    if event.get('write'):
        try:
            open(event['write'], 'w')
        except OSError as e:
            return e.strerror
    if event.get('run'):
        import subprocess
        return subprocess.run(event['run'], stdout=subprocess.PIPE).stdout.decode()
    return sorted(os.path.relpath(os.path.join(at, f), '/opt') for at, _, files in os.walk('/opt') for f in files)
"""


class Layers(FunctionsCase):
    def client(self):
        return self.functions.client

    def publish(self, name, files=None, **more):
        made = self.client().publish_layer_version(LayerName=name, **{"Content": {"ZipFile": zipped(files or {"f": name})}, **more})
        return made["LayerVersionArn"]

    def python(self, name, **more):
        return self.make(name, package(b"", {"m.py": LOOK}), Runtime=PYTHONS[0].name, Handler="m.h", Timeout=30, **more)

    def opt(self, function, **event):
        answer = self.invoke(function, event)
        return answer.payload if not answer.error else answer.error["errorType"]

    @unittest.skipUnless(PYTHONS, "neither /usr/bin/python3.11 nor /usr/bin/python3.13")
    def test_opt_of_a_python_function(self):
        """Modules, files, the order of layers, a change of them, their end; and the same after a power cut."""
        site = f"python/lib/{PYTHONS[0].name}/site-packages"
        low = self.publish("low", {"python/of_both.py": "what = 'low'", "python/of_low.py": "what = 'low'", "data/text": "low"})
        high = self.publish("high", {"python/of_both.py": "what = 'high'", f"{site}/of_site.py": "what = 'site'"})
        made = self.python("layered", Layers=[low, high])
        self.assertEqual([layer["Arn"] for layer in made["Layers"]], [low, high])
        files = ["data/text", "python/lib/" + PYTHONS[0].name + "/site-packages/of_site.py", "python/of_both.py", "python/of_low.py"]
        self.assertEqual(self.opt("layered"), files)
        for module, want in (("of_both", "high"), ("of_low", "low"), ("of_site", "site")):
            self.assertEqual(self.opt("layered", **{"import": module}), want)
        self.assertEqual(self.opt("layered", read="/opt/data/text"), "low")
        self.assertEqual(self.opt("layered", write="/opt/data/text"), "Read-only file system")
        self.client().update_function_configuration(FunctionName="layered", Layers=[high, low])
        self.assertEqual(self.opt("layered", **{"import": "of_both"}), "low")
        for arn in (low, high):  # deleted, and in use
            self.client().delete_layer_version(LayerName=arn.split(":")[6], VersionNumber=1)
        self.cloud.kill9()
        (self.cloud.data / "functions/boot").write_text("another")
        self.cloud.restart()
        self.assertEqual(self.opt("layered"), files)
        self.assertEqual(self.opt("layered", **{"import": "of_both"}), "low")
        self.client().update_function_configuration(FunctionName="layered", Layers=[])
        self.assertEqual(self.opt("layered"), [])
        self.assertEqual(self.opt("layered", **{"import": "of_both"}), "ModuleNotFoundError")
        error = error_of(self.client().update_function_configuration, FunctionName="layered", Layers=[low])
        self.assertEqual((error["Code"], error["Message"]), ("InvalidParameterValueException", f"Layer version {low} does not exist."))

    @unittest.skipUnless(PYTHONS, "neither /usr/bin/python3.11 nor /usr/bin/python3.13")
    def test_a_layer_of_another_version(self):
        """It lies where the function's Runtime has it, whatever runs it here."""
        arn = self.publish("old", {"python/lib/python3.9/site-packages/of_old.py": "import sys\nwhat = list(sys.version_info[:2])"})
        self.make("old", package(b"", {"m.py": LOOK}), Runtime="python3.9", Handler="m.h", Timeout=30, Layers=[arn])
        self.assertEqual(self.opt("old", **{"import": "of_old"})[0], 3)

    @unittest.skipUnless(NODE.exists(), "no /usr/bin/node")
    def test_opt_of_a_node_function(self):
        version = subprocess.run([NODE, "-p", "process.versions.node.split('.')[0]"], capture_output=True, text=True, check=True).stdout.strip()
        arn = self.publish("node", {"nodejs/node_modules/plain/index.js": "module.exports = 'plain'",
                                    "nodejs/node_modules/both/index.js": "module.exports = 'both, plain'",
                                    f"nodejs/node{version}/node_modules/both/index.js": "module.exports = 'both, versioned'",
                                    f"nodejs/node{version}/node_modules/versioned/index.js": "module.exports = 'versioned'"})
        code = package(b"", {"index.js": b"exports.h = async (event) => require(event.name)",
                             "es.mjs": b"export const h = async (event) => (await import(event.name)).default"})
        for handler in ("index.h", "es.h"):
            self.make(f"node-{handler[:-2]}", code, Runtime=f"nodejs{version}.x", Handler=handler, Timeout=30, Layers=[arn])
            for name in ("plain", "versioned"):
                self.assertEqual(self.opt(f"node-{handler[:-2]}", name=name), name)
            self.assertEqual(self.opt(f"node-{handler[:-2]}", name="both"), "both, plain")  # AWS: versioned

    @unittest.skipUnless(NODE.exists(), "no /usr/bin/node")
    def test_links(self):
        """As pnpm and npm lay packages out, and as functions find a layer's from ES modules; none leads out of the sandbox."""
        arn = self.publish("linked", Content={"ZipFile": zipped(
            {"nodejs/node_modules/.pnpm/plain@1.0.0/node_modules/plain/index.js": "module.exports = 'plain'"},
            {"nodejs/node_modules/plain": ".pnpm/plain@1.0.0/node_modules/plain",
             "nodejs/node_modules/.bin/plain": "../plain/index.js", "passwd": "/etc/passwd"})})
        code = zipped({"index.mjs": "import plain from 'plain'\nimport fs from 'node:fs'\n"
                                    "export const h = async (e) => e.exists ? fs.existsSync(e.exists) : plain"},
                      {"node_modules": "/opt/nodejs/node_modules"})
        self.make("linked", code, Runtime="nodejs20.x", Handler="index.h", Timeout=30, Layers=[arn])
        self.assertEqual(self.opt("linked"), "plain")
        self.assertIs(self.opt("linked", exists="/opt/nodejs/node_modules/.bin/plain"), True)
        self.assertIs(self.opt("linked", exists="/opt/passwd"), False)  # there is no such file inside

    def test_a_file_over_a_link(self):
        """Two entries of one name: nothing is written through the first."""
        outside = self.cloud.data.parent / "outside"
        files, links = {"f": "x"}, {"twice": str(outside)}
        out = io.BytesIO(zipped(files, links))
        with zipfile.ZipFile(out, "a") as z, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            z.writestr("twice", "through")
        error = error_of(lambda: self.make("twice", out.getvalue()))
        self.assertEqual(error["Code"], "InvalidParameterValueException")
        self.assertIn('"twice" is there twice', error["Message"])
        self.assertFalse(outside.exists())

    def test_a_program_behind_a_link(self):
        """Which the layer has: the code's link goes first, though it leads nowhere on the host."""
        program = (build_dir() / "tests/svc/lambda/testfn").read_bytes()
        arn = self.publish("program", {"real": program, "bootstrap": "#!/none"})
        self.make("behind", zipped({"f": "x"}, {"bootstrap": "/opt/real"}), Layers=[arn])
        self.assertEqual(self.opt("behind", n=2), {"n": 2})

    def test_a_custom_runtime_in_a_layer(self):
        """A bootstrap of the layers runs where the code has none; the code's own goes first."""
        arn = self.publish("runtime", {"bootstrap": (build_dir() / "tests/svc/lambda/testfn").read_bytes(), "bin/tool": "x"})
        self.make("borrowed", zipped({"handler.txt": "x"}), Layers=[arn])
        self.assertEqual(self.opt("borrowed", n=1), {"n": 1})
        self.assertIn("/opt/bin", self.opt("borrowed", do="env")["PATH"].split(":"))
        self.assertIn("/opt/lib", self.opt("borrowed", do="env")["LD_LIBRARY_PATH"].split(":"))
        self.make("owned", package(b"#!/none"), Layers=[arn])
        self.assertEqual(self.invoke("owned").error["errorType"], "Runtime.InvalidEntrypoint")

    def test_content(self):
        """By S3 and by bytes; its Location gives it to a plain GET until the version is deleted."""
        content = zipped({"f": "content"})
        s3 = self.cloud.client("s3")
        s3.create_bucket(Bucket="layers")
        s3.put_object(Bucket="layers", Key="l.zip", Body=content)
        made = self.client().publish_layer_version(LayerName="content", Content={"S3Bucket": "layers", "S3Key": "l.zip"},
                                                   Description="d", LicenseInfo="MIT", CompatibleRuntimes=["python3.9", "nodejs20.x"],
                                                   CompatibleArchitectures=["x86_64", "arm64"])
        got = self.client().get_layer_version(LayerName="content", VersionNumber=1)
        by_arn = self.client().get_layer_version_by_arn(Arn=made["LayerVersionArn"])
        for answer in (made, got, by_arn):
            sha256 = base64.b64encode(hashlib.sha256(content).digest()).decode()
            self.assertEqual((answer["Content"]["CodeSha256"], answer["Content"]["CodeSize"]), (sha256, len(content)))
            self.assertEqual((answer["Version"], answer["Description"], answer["LicenseInfo"]), (1, "d", "MIT"))
            self.assertEqual(answer["CompatibleRuntimes"], ["python3.9", "nodejs20.x"])
        at = urllib.parse.urlsplit(got["Content"]["Location"])
        status, _, body = self.cloud.http("GET", at.path, tls=at.scheme == "https")
        self.assertEqual((status, body), (200, content))
        self.client().delete_layer_version(LayerName="content", VersionNumber=1)
        self.assertEqual(self.cloud.http("GET", at.path, tls=at.scheme == "https")[0], 404)
        self.assertEqual(error_of(self.client().get_layer_version_by_arn, Arn=made["LayerVersionArn"])["Code"], "ResourceNotFoundException")

    def test_lists(self):
        arns = [self.publish("many", {"f": str(i)}, CompatibleRuntimes=["python3.11" if i % 2 else "nodejs20.x"]) for i in range(5)]
        pages = self.client().get_paginator("list_layer_versions").paginate(LayerName="many", PaginationConfig={"PageSize": 2})
        self.assertEqual([v["LayerVersionArn"] for page in pages for v in page["LayerVersions"]], arns[::-1])
        listed = self.client().list_layer_versions(LayerName="many", CompatibleRuntime="python3.11")["LayerVersions"]
        self.assertEqual([v["Version"] for v in listed], [4, 2])
        self.publish("zz-last")
        pages = self.client().get_paginator("list_layers").paginate(PaginationConfig={"PageSize": 1})
        latest = {layer["LayerName"]: layer["LatestMatchingVersion"]["Version"] for page in pages for layer in page["Layers"]}
        self.assertEqual((latest["many"], latest["zz-last"]), (5, 1))

    def test_rights(self):
        """Who gives a function layers must be let read each; lambda:Layer says which are."""
        arn, other = self.publish("mine"), self.publish("other")
        iam = self.cloud.client("iam")
        iam.create_user(UserName="dev")
        key = iam.create_access_key(UserName="dev")["AccessKey"]
        dev = self.cloud.client("lambda", keys=(key["AccessKeyId"], key["SecretAccessKey"]))
        self.make("governed", package(b"#!/none"))

        def may(*statements):
            iam.put_user_policy(UserName="dev", PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Resource": "*", **s} for s in statements]}))

        def update(*layers):
            return dev.update_function_configuration(FunctionName="governed", Layers=list(layers))
        may({"Action": "lambda:UpdateFunctionConfiguration"})
        error = error_of(lambda: update(arn))
        self.assertEqual(error["Code"], "AccessDeniedException")
        self.assertIn(f"lambda:GetLayerVersion on resource: {arn}", error["Message"])
        may({"Action": "lambda:UpdateFunctionConfiguration"}, {"Action": "lambda:GetLayerVersion", "Resource": arn})
        self.assertEqual(update(arn)["Layers"][0]["Arn"], arn)
        self.assertEqual(error_of(lambda: update(arn, other))["Code"], "AccessDeniedException")
        may({"Action": "lambda:UpdateFunctionConfiguration", "Condition": {"ForAllValues:StringEquals": {"lambda:Layer": [arn]}}},
            {"Action": "lambda:GetLayerVersion"})
        update(arn)
        self.assertIn("lambda:UpdateFunctionConfiguration", error_of(lambda: update(other))["Message"])

    def test_a_row_that_is_gone(self):
        """What cannot be read is said with its layer: a folder is made again from a zip that is there."""
        if not PYTHONS:
            self.skipTest("neither /usr/bin/python3.11 nor /usr/bin/python3.13")
        content = {f"noise/{i}": hashlib.sha256(str(i).encode()).hexdigest() * 20 for i in range(60)}
        before = set((self.cloud.data / "blobs").rglob("*"))
        arn = self.publish("noisy", content)
        blob, = [p for p in set((self.cloud.data / "blobs").rglob("*")) - before if p.is_file()]
        self.python("noisy-user", Layers=[arn])
        blob.unlink()
        for folder in (self.cloud.data / "functions").iterdir():
            if folder.is_dir():
                shutil.rmtree(folder)
        error = error_of(self.client().invoke, FunctionName="noisy-user")
        self.assertIn(f"the package of layer version {arn}: file {blob.relative_to(self.cloud.data)} is missing", error["Message"])
        self.assertIn("publish it again (PublishLayerVersion)", error["Message"])
        report = self.cloud.run("scrub", "--rate", "100000", check=False)
        self.assertIn(f"the package of layer version {arn}: file {blob.relative_to(self.cloud.data)} is missing", report.stdout + report.stderr)


if __name__ == "__main__":
    main()
