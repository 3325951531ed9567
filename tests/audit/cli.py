"""calotype audit on the command line: formats, settings, what is ignored, exit codes, --fix, explain."""
import json
import os
import pathlib
import pty
import socket
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import binary, main

OPEN = """Resources:
  Uploads:
    Type: AWS::S3::Bucket
  Thumbs:
    Type: AWS::S3::Bucket
"""
ENCRYPTION = "bucket-encryption"
CLEAN, USAGE, FINDINGS = 0, 2, 3


class Audit(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / ".git").mkdir()  # settings above it are somebody else's

    def file(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return name

    def audit(self, *args, text=None, **env):
        kept = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "CALOTYPE_DATA")}
        return subprocess.run([binary(), "audit", *args], capture_output=True, text=True, timeout=60, cwd=self.folder, input=text,
                              env={**kept, **env})

    def found(self, *args, text=None):
        """What one rule finds: its places and resources."""
        done = self.audit("--format", "json", *args, text=text)
        return [(f["line"], f["column"], f["resource"]) for f in json.loads(done.stdout) if f["id"] == ENCRYPTION]

    # ---- Formats ----

    def test_json(self):
        done = self.audit("--format", "json", self.file("open.yaml", OPEN))
        self.assertEqual((done.returncode, done.stderr), (FINDINGS, ""))
        first = next(f for f in json.loads(done.stdout) if f["id"] == ENCRYPTION)
        words = first.pop("why"), first.pop("fix")
        self.assertTrue(all(words))
        self.assertEqual(first, {"file": "open.yaml", "line": 2, "column": 3, "end_line": 2, "end_column": 10, "severity": "warning",
                                 "id": ENCRYPTION, "class": 2, "resource": "Uploads", "message": "the bucket has no default encryption",
                                 "fixable": True})

    def test_text_shows_the_same_one_once(self):
        lines = self.audit(self.file("open.yaml", OPEN)).stdout.splitlines()
        mine = [line for line in lines if ENCRYPTION in line]
        self.assertEqual(len(mine), 1, mine)
        self.assertRegex(mine[0], r"^open\.yaml:2:3: warning: bucket-encryption: the bucket has no default encryption "
                                  r"\(Uploads, Thumbs 4:3\) — .+; set BucketEncryption")

    def test_a_terminal_gets_the_line(self):
        main_end, other = pty.openpty()
        self.addCleanup(os.close, main_end)
        self.file("open.yaml", OPEN)
        child = subprocess.Popen([binary(), "audit", "open.yaml"], stdout=other, stderr=subprocess.DEVNULL, cwd=self.folder,
                                 env={**os.environ, "NO_COLOR": "1"})
        os.close(other)
        shown = b""
        try:
            while part := os.read(main_end, 65536):
                shown += part
        except OSError:
            pass  # its other end is closed: that is how a terminal ends
        child.wait()
        text = shown.decode().replace("\r\n", "\n")
        self.assertIn("\n     2 |   Uploads:\n       |   ^^^^^^^\n", text)
        self.assertNotIn("\033", text)

    def test_sarif(self):
        log = json.loads(self.audit("--format", "sarif", self.file("a folder/open.yaml", OPEN)).stdout)
        run, = log["runs"]
        self.assertEqual((log["version"], run["columnKind"]), ("2.1.0", "unicodeCodePoints"))
        rules = run["tool"]["driver"]["rules"]
        for result in run["results"]:
            self.assertEqual(rules[result["ruleIndex"]]["id"], result["ruleId"])
        mine = [r for r in run["results"] if r["ruleId"] == ENCRYPTION]
        self.assertEqual([r["level"] for r in mine], ["warning"] * 2)
        place = mine[1]["locations"][0]
        self.assertEqual(place["physicalLocation"], {"artifactLocation": {"uri": "a%20folder/open.yaml"}, "region": {
            "startLine": 4, "startColumn": 3, "endLine": 4, "endColumn": 9}})
        self.assertEqual(place["logicalLocations"], [{"kind": "resource", "name": "Thumbs"}])

    def test_github(self):
        lines = self.audit("--format", "github", self.file("50%,a:b.yaml", OPEN)).stdout.splitlines()
        mine = [line for line in lines if ENCRYPTION in line]
        self.assertEqual(len(mine), 2)
        self.assertTrue(mine[0].startswith("::warning file=50%25%2Ca%3Ab.yaml,line=2,col=3,endLine=2,endColumn=10,title=bucket-encryption::"
                                           "the bucket has no default encryption (Uploads)%0A"), mine[0])

    def test_stdin(self):
        self.assertEqual(self.found("--stdin", text=OPEN), [(2, 3, "Uploads"), (4, 3, "Thumbs")])
        done = self.audit("--stdin", "--format", "json", "editor/open.yaml", text=OPEN)
        self.assertEqual({f["file"] for f in json.loads(done.stdout)}, {"editor/open.yaml"})

    def test_stdin_is_a_socket(self):
        """As editors of Node's kind hand it over."""
        ours, theirs = socket.socketpair()
        with ours, theirs:
            child = subprocess.Popen([binary(), "audit", "--stdin", "--format", "json"], stdin=theirs, stdout=subprocess.PIPE, cwd=self.folder)
            theirs.close()
            ours.sendall(OPEN.encode())
            ours.shutdown(socket.SHUT_WR)
            found = json.loads(child.communicate(timeout=60)[0])
        self.assertIn((2, "Uploads"), [(f["line"], f["resource"]) for f in found if f["id"] == ENCRYPTION])

    def test_a_name_makes_no_line_of_its_own(self):
        """Names are anybody's: neither lines that look like findings, nor what steers a terminal."""
        template = 'Resources:\n  "A\\nb.yaml:1:1: error: forged\\e[2J":\n    Type: AWS::S3::Bucket\n'
        for form in ("text", "github"):
            lines = self.audit("--stdin", "--format", form, text=template).stdout.split("\n")
            self.assertFalse([line for line in lines if line.startswith("b.yaml")], form)
        shown = self.audit("--stdin", text=template).stdout
        self.assertIn("(A?b.yaml:1:1: error: forged?[2J)", shown)
        self.assertNotIn("\033", shown)

    # ---- Exit codes ----

    def test_exit_codes(self):
        self.file("open.yaml", OPEN)
        self.file("broken.yaml", "Resources: [\n")
        only = ["--severity", "warning"]
        cases = [(["open.yaml"], FINDINGS), ([*only, "--fail-on", "error", "open.yaml"], None), (["broken.yaml"], USAGE),
                 (["nowhere.yaml"], USAGE), (["open.yaml", "broken.yaml"], USAGE), ([], USAGE), (["--ignore", "nothing", "open.yaml"], USAGE),
                 (["--profile", "some", "open.yaml"], USAGE), (["--severity", "bad", "open.yaml"], USAGE),
                 (["--stdin", "a", "b"], USAGE), (["explain"], CLEAN), (["explain", "nothing"], USAGE)]
        for args, code in cases:
            done = self.audit(*args, text="")
            if code is None:  # errors decide it
                code = FINDINGS if ": error: " in done.stdout else CLEAN
            self.assertEqual(done.returncode, code, (args, done.stdout, done.stderr))

    def test_a_broken_one_is_said_at_its_place(self):
        done = self.audit("--format", "json", self.file("broken.yaml", "Resources:\n  A: {Type: AWS::S3::Bucket\nOutputs: {}\n"))
        told = [(f["severity"], f["line"], f["column"]) for f in json.loads(done.stdout) if f["id"] == "template-invalid"]
        self.assertEqual((done.returncode, told), (USAGE, [("error", 2, 6)]))

    def test_what_cannot_be_read_keeps_no_other_from_it(self):
        done = self.audit("--format", "json", "nowhere.yaml", self.file("open.yaml", OPEN))
        self.assertEqual((done.returncode, done.stderr.count("\n")), (USAGE, 1))
        self.assertIn("nowhere.yaml", done.stderr)
        self.assertIn(ENCRYPTION, {f["id"] for f in json.loads(done.stdout)})

    # ---- What is ignored ----

    def test_ignored_by_the_line(self):
        self.file("open.yaml", OPEN)
        self.assertEqual(self.found("--ignore", ENCRYPTION, "open.yaml"), [])
        self.assertEqual(self.found("--profile", "baseline", "open.yaml"), [(2, 3, "Uploads"), (4, 3, "Thumbs")])
        self.assertEqual(self.found("--severity", "error", "open.yaml"), [])

    def test_ignored_by_comments(self):
        mark = "# calotype:ignore bucket-encryption the account does it"
        body = ["Resources:", "  Uploads:", "    Type: AWS::S3::Bucket", "  Thumbs:", "    Type: AWS::S3::Bucket"]
        both = [(2, "Uploads"), (4, "Thumbs")]
        cases = [
            ("above the first line: the file", [mark, *body], []),
            ("above a resource", [body[0], f"  {mark}", *body[1:]], [(5, "Thumbs")]),
            ("behind its name", [body[0], body[1] + " " + mark, *body[2:]], [(4, "Thumbs")]),
            ("behind another line", [*body[:2], body[2] + " " + mark, *body[3:]], both),
            ("of another rule", ["# calotype:ignore bucket-versioning later", *body], [(3, "Uploads"), (5, "Thumbs")]),
            ("of several", ["# calotype:ignore bucket-versioning,bucket-encryption later", *body], []),
            ("no comment", ["Description: 'calotype:ignore bucket-encryption'", *body], [(3, "Uploads"), (5, "Thumbs")]),
            ("above the section", ["Description: x", mark, *body], []),
        ]
        for name, lines, want in cases:
            with self.subTest(name):
                got = self.found("--stdin", text="\n".join(lines) + "\n")
                self.assertEqual([(line, resource) for line, _, resource in got], want)

    def test_ignored_by_metadata(self):
        whole = "Metadata:\n  calotype:\n    ignore: [bucket-encryption]\n" + OPEN
        one = OPEN.replace("  Thumbs:\n", "    Metadata: {calotype: {ignore: [{id: bucket-encryption, reason: old}]}}\n  Thumbs:\n")
        self.assertEqual(self.found("--stdin", text=whole), [])
        self.assertEqual([resource for _, _, resource in self.found("--stdin", text=one)], ["Thumbs"])

    # ---- Settings ----

    def test_settings(self):
        self.file("deep/er/open.yaml", OPEN)
        self.file("deep/.calotype.yaml", "audit:\n  ignore:\n    - {id: bucket-encryption, resource: Thumbs, reason: drafts}\n")
        self.assertEqual(self.found("deep/er/open.yaml"), [(2, 3, "Uploads")])
        self.file("other.yaml", "audit: {severity: error, fail-on: error, ignore: [bucket-encryption]}\n")
        self.assertEqual(self.found("--config", "other.yaml", "deep/er/open.yaml"), [])
        self.file("deep/.calotype.yaml", "audit:\n  ignore: [{id: bucket-encryption, files: 'deep/*'}]\n")
        self.assertEqual(self.found("deep/er/open.yaml"), [])
        self.file("deep/.calotype.yaml", "audit: {severity: error}\n")
        self.assertEqual(self.found("deep/er/open.yaml"), [])
        self.assertEqual(self.found("--severity", "info", "deep/er/open.yaml"), [(2, 3, "Uploads"), (4, 3, "Thumbs")])

    def test_wrong_settings(self):
        self.file("open.yaml", OPEN)
        cases = [("audit:\n  ignore: [nothing]\n", r"\.calotype\.yaml:2:12: there is no rule \"nothing\""),
                 ("audit:\n  profile: most\n", r":2:12: profile is baseline, image-pipeline or all"),
                 ("audits: {}\n", r":1:1: it has the member audit, not audits"),
                 ("audit:\n  ignore:\n    - {id: bucket-encryption, why: x}\n", r":3:31: an ignore has id"),
                 ("audit: [\n", r"\.calotype\.yaml: .*line 2")]
        for text, want in cases:
            self.file(".calotype.yaml", text)
            done = self.audit("open.yaml")
            self.assertEqual((done.returncode, done.stdout), (USAGE, ""), text)
            self.assertRegex(done.stderr, f"^calotype: .*{want}")
            self.assertEqual(done.stderr.count("\n"), 1)

    # ---- Fixes ----

    def test_fix_and_diff(self):
        self.file("open.yaml", "# ours\n" + OPEN)
        shown = self.audit("--diff", "open.yaml").stdout
        self.assertIn("\n+      BucketEncryption:\n", shown)
        self.assertEqual((self.folder / "open.yaml").read_text(), "# ours\n" + OPEN)
        (self.folder / "open.yaml").chmod(0o640)
        done = self.audit("--fix", "open.yaml")
        self.assertRegex(done.stderr, r"(?m)^\d+ fixed$")
        fixed = (self.folder / "open.yaml").read_text()
        lines = iter(fixed.splitlines())  # all that was there, in its order
        self.assertTrue(all(line in lines for line in ("# ours\n" + OPEN).splitlines()), fixed)
        self.assertEqual((self.folder / "open.yaml").stat().st_mode & 0o777, 0o640)
        self.assertEqual(self.found("open.yaml"), [])
        self.assertEqual(self.audit("--diff", "open.yaml").stdout, "")
        self.assertEqual(self.audit("--fix", "--stdin", text="# ours\n" + OPEN).stdout, fixed)

    # ---- Our own template ----

    def test_our_own_template(self):
        """Nothing at warning or above under any profile; what is below is in docs/audit.md with its reason."""
        root = pathlib.Path(__file__).resolve().parents[2]
        done = self.audit("--profile", "all", "--format", "json", str(root / "stack" / "template.yaml"))
        self.assertEqual(done.returncode, CLEAN, done.stdout)
        rows = (root / "docs" / "audit.md").read_text().split("## Our own template")[1]
        told = {(row.split("[")[1].split("]")[0], one) for row in rows.splitlines() if row.startswith("| [")
                for one in row.split("|")[2].strip().split(", ")}
        self.assertEqual({(f["id"], f["resource"]) for f in json.loads(done.stdout)}, told)

    # ---- Rules ----

    def test_explain(self):
        page = self.audit("explain", ENCRYPTION).stdout
        self.assertTrue(page.startswith("# bucket-encryption\n\nBucket without default encryption."), page)
        self.assertIn("\n    template.yaml:2:3: warning: bucket-encryption: the bucket has no default encryption (Uploads)\n", page)
        table = self.audit("explain").stdout
        self.assertIn("| [bucket-encryption](bucket-encryption.md) | warning | baseline | yes | Bucket without default encryption |", table)

    def test_pages(self):
        """docs/rules is what explain prints (tools/regen.sh writes it)."""
        pages = pathlib.Path(__file__).resolve().parents[2] / "docs" / "rules"
        table = self.audit("explain").stdout
        self.assertEqual((pages / "README.md").read_text(), table)
        ids = [line.split("[")[1].split("]")[0] for line in table.splitlines() if line.startswith("| [")]
        self.assertEqual(sorted(p.stem for p in pages.glob("*.md") if p.stem not in ("README", "coverage")), sorted(ids))
        for one in ids:
            self.assertEqual((pages / f"{one}.md").read_text(), self.audit("explain", one).stdout, one)


if __name__ == "__main__":
    main()
