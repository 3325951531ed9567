"""calotype audit and what templates name beside themselves: nested templates, includes, code, loops."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import binary, main

BUCKET = "Resources:\n  {name}:\n    Type: AWS::S3::Bucket\n"
SWALLOWS = "def handler(event, context):\n    for record in event['Records']:\n        try:\n            work(record)\n        except Exception:\n            pass\n"
PYTHON = """Transform: AWS::Serverless-2016-10-31
Resources:
  Make:
    Type: AWS::Serverless::Function
    Properties: {{Runtime: python3.12, Handler: {handler}, CodeUri: {uri}}}
"""
STACK = "  {name}: {{Type: AWS::CloudFormation::Stack, Properties: {{TemplateURL: {url}}}}}\n"


class Files(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name) / "project"
        self.folder.mkdir()
        (self.folder / ".git").mkdir()

    def file(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return name

    def found(self, rule, *paths, text=None):
        """Where a rule finds something: file, line, resource."""
        done = subprocess.run([binary(), "audit", "--profile", "all", "--format", "json", *paths], capture_output=True, text=True,
                              timeout=60, cwd=self.folder, input=text, env={k: v for k, v in os.environ.items() if k != "NO_COLOR"})
        self.assertEqual(done.stderr, "")
        return [(f["file"], f["line"], f["resource"]) for f in json.loads(done.stdout) if f["id"] == rule]

    def encryption(self, *paths, text=None):
        return self.found("bucket-encryption", *paths, text=text)

    # ---- Nested templates ----

    def test_nested_templates_are_audited_in_their_own_file(self):
        self.file("deep/lower.yaml", BUCKET.format(name="Lower"))
        self.file("deep/inner.yaml", BUCKET.format(name="Inner") + STACK.format(name="L", url="lower.yaml"))
        self.file("app.yaml", "Resources:\n  A: {Type: AWS::Serverless::Application, Properties: {Location: ./deep/../deep/inner.yaml}}\n")
        self.assertEqual(self.encryption("app.yaml"), [("deep/inner.yaml", 2, "Inner"), ("deep/lower.yaml", 2, "Lower")])
        self.assertEqual(self.encryption(str(self.folder / "app.yaml")),
                         [(str(self.folder / "deep/inner.yaml"), 2, "Inner"), (str(self.folder / "deep/lower.yaml"), 2, "Lower")])

    def test_a_template_is_audited_once_whoever_names_it(self):
        self.file("inner.yaml", BUCKET.format(name="Inner") + STACK.format(name="Self", url="inner.yaml"))
        self.file("a.yaml", "Resources:\n" + STACK.format(name="One", url="inner.yaml") + STACK.format(name="Two", url="./inner.yaml"))
        for paths in (["a.yaml"], ["a.yaml", "inner.yaml"], ["inner.yaml", "a.yaml"]):
            self.assertEqual(self.encryption(*paths), [("inner.yaml", 2, "Inner")], paths)

    def test_what_cannot_be_read_is_told_only_where_it_is_there(self):
        self.file("broken.yaml", "Resources: [\n")
        self.file("a.yaml", "Resources:\n" + STACK.format(name="One", url="broken.yaml") + STACK.format(name="Two", url="missing.yaml") +
                  STACK.format(name="Three", url="https://bucket.s3.amazonaws.com/x.yaml") + STACK.format(name="Four", url="."))
        self.assertEqual([f[0] for f in self.found("template-invalid", "a.yaml")], ["broken.yaml"])

    def test_nothing_above_the_folder_is_read_and_no_link_followed(self):
        (self.folder.parent / "outside.yaml").write_text(BUCKET.format(name="Outside"))
        (self.folder / "link.yaml").symlink_to("../outside.yaml")
        (self.folder / "linked").symlink_to("..")
        os.mkfifo(self.folder / "pipe.yaml")
        self.file("large.yaml", BUCKET.format(name="Large") + "#" * (1 << 20))
        urls = ["../outside.yaml", "link.yaml", "linked/outside.yaml", "pipe.yaml", "large.yaml", str(self.folder.parent / "outside.yaml")]
        self.file("a.yaml", "Resources:\n" + "".join(STACK.format(name=f"N{i}", url=u) for i, u in enumerate(urls)))
        self.assertEqual(self.encryption("a.yaml"), [])

    def test_a_file_beside_the_folder_of_a_nested_template(self):
        self.file("shared/store.yaml", BUCKET.format(name="Store"))
        self.file("nested/inner.yaml", "Resources:\n" + STACK.format(name="S", url="../shared/store.yaml"))
        self.file("a.yaml", "Resources:\n" + STACK.format(name="N", url="nested/inner.yaml"))
        self.assertEqual(self.encryption("a.yaml"), [("shared/store.yaml", 2, "Store")])
        self.assertEqual(self.encryption("nested/inner.yaml"), [])

    def test_twenty_six_nested_templates_take_no_time(self):
        for i in range(26):
            self.file(f"n{i}.yaml", BUCKET.format(name=f"B{i}") + (STACK.format(name="Next", url=f"n{i + 1}.yaml") if i % 7 < 6 else ""))
        self.file("a.yaml", "Resources:\n" + "".join(STACK.format(name=f"S{i}", url=f"n{i}.yaml") for i in range(0, 26)))
        before = time.process_time(), os.times().children_user
        self.assertEqual(len(self.encryption("a.yaml")), 26)
        self.assertLess(os.times().children_user - before[1], 2)  # 50 ms are bench/audit's to hold

    def test_from_stdin_the_current_folder_counts(self):
        self.file("inner.yaml", BUCKET.format(name="Inner"))
        self.assertEqual(self.encryption("--stdin", text="Resources:\n" + STACK.format(name="N", url="inner.yaml")), [("inner.yaml", 2, "Inner")])

    # ---- Includes ----

    def test_includes_are_part_of_the_template(self):
        self.file("more.yaml", "More:\n  Type: AWS::S3::Bucket\n")
        self.file("encrypted.yaml", "BucketEncryption:\n  ServerSideEncryptionConfiguration: [{ServerSideEncryptionByDefault: {SSEAlgorithm: AES256}}]\n")
        self.file("a.yaml", """Resources:
  Fn::Transform: {Name: AWS::Include, Parameters: {Location: more.yaml}}
  Own:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: own
      Fn::Transform: {Name: AWS::Include, Parameters: {Location: ./encrypted.yaml}}
""")
        self.assertEqual(self.encryption("a.yaml"), [("more.yaml", 1, "More")])

    def test_an_include_of_the_whole_template(self):
        self.file("all.yaml", BUCKET.format(name="All"))
        for transform in ("{Name: AWS::Include, Parameters: {Location: all.yaml}}", "[{Name: 'AWS::Include', Parameters: {Location: all.yaml}}]"):
            self.file("a.yaml", f"Description: x\nTransform: {transform}\n")
            self.assertEqual(self.encryption("a.yaml"), [("all.yaml", 2, "All")], transform)

    def test_an_include_that_includes_itself_ends(self):
        self.file("a.yaml", BUCKET.format(name="A") + "    Properties: {AccessControl: PublicRead}\n"
                                                      "  Fn::Transform: {Name: AWS::Include, Parameters: {Location: a.yaml}}\n")
        self.assertIn(("a.yaml", 4, "A"), self.found("bucket-public-acl", "a.yaml"))

    # ---- Code ----

    def test_code_of_a_folder(self):
        self.file("src/app.py", SWALLOWS)
        self.file("a.yaml", PYTHON.format(handler="app.handler", uri="src/"))
        self.assertEqual(self.found("handler-swallowed-error", "a.yaml"), [("src/app.py", 5, "Make")])

    def test_code_that_the_handler_imports(self):
        self.file("src/pkg/app.py", "from pkg import lib\n\ndef handler(event, context):\n    return lib.handler(event, context)\n")
        self.file("src/pkg/lib.py", SWALLOWS)
        self.file("src/pkg/unused.py", SWALLOWS)
        self.file("src/node_modules/lib.py", SWALLOWS)
        for handler in ("pkg.app.handler", "pkg/app.handler"):
            self.file("a.yaml", PYTHON.format(handler=handler, uri="./src"))
            self.assertEqual(self.found("handler-swallowed-error", "a.yaml"), [("src/pkg/lib.py", 5, "Make")], handler)

    def test_code_in_node(self):
        code = "exports.handler = async (event) => {\n  for (const r of event.Records) {\n    try { await work(r); } catch (e) {}\n  }\n};\n"
        self.file("src/index.js", code)
        self.file("a.yaml", "Resources:\n  Make:\n    Type: AWS::Lambda::Function\n"
                            "    Properties: {Runtime: nodejs20.x, Handler: index.handler, Code: src, Role: x}\n")
        self.assertEqual(self.found("handler-swallowed-error", "a.yaml"), [("src/index.js", 3, "Make")])

    def test_code_outside_the_folder_is_not_read(self):
        (self.folder.parent / "app.py").write_text(SWALLOWS)
        (self.folder / "linked").symlink_to("..")
        for uri in ("..", "linked", "s3://bucket/key", "/tmp"):
            self.file("a.yaml", PYTHON.format(handler="app.handler", uri=uri))
            self.assertEqual(self.found("handler-swallowed-error", "a.yaml"), [], uri)

    # ---- Loops ----

    def test_loops_are_unrolled(self):
        self.file("a.yaml", """Transform: AWS::LanguageExtensions
Resources:
  Fn::ForEach::Buckets:
    - Name
    - [In, Out]
    - ${Name}Bucket:
        Type: AWS::S3::Bucket
        Properties: {BucketName: !Sub '${Name}-${AWS::AccountId}'}
  Fn::ForEach::Outer:
    - A
    - [x, y]
    - Fn::ForEach::Inner:
        - B
        - ['1', !Ref A]
        - 'Nested${A}${B}':
            Type: AWS::S3::Bucket
""")
        self.assertEqual([f[2] for f in self.encryption("a.yaml")], ["InBucket", "OutBucket", "Nestedx1", "Nestedxx", "Nestedy1", "Nestedyy"])

    def test_beside_loops_over_what_is_not_known_nothing_is_missing(self):
        self.file("a.yaml", """Transform: AWS::LanguageExtensions
Parameters: {Names: {Type: CommaDelimitedList}}
Resources:
  Fn::ForEach::Buckets:
    - Name
    - !Ref Names
    - ${Name}Bucket: {Type: AWS::S3::Bucket}
  Own: {Type: AWS::S3::Bucket, Properties: {AccessControl: PublicRead}}
""")
        self.assertEqual(self.encryption("a.yaml"), [])
        self.assertEqual(self.found("bucket-public-acl", "a.yaml"), [("a.yaml", 8, "Own")])

    def test_loops_that_multiply_end(self):
        loop = "Made${A}: {Type: AWS::S3::Bucket}"
        for _ in range(12):
            loop = "Fn::ForEach::L: [A, [a, b, c, d, e, f, g, h], {" + loop + "}]"
        self.file("a.yaml", "Transform: AWS::LanguageExtensions\nResources: {" + loop.replace("Made${A}", "'Made${A}'") + "}\n")
        self.encryption("a.yaml")


if __name__ == "__main__":
    main()
