"""The command line and files: what is fetched and written, what is uploaded, what cannot be written."""
import fcntl
import hashlib
import itertools
import json
import os
import pathlib
import pty
import re
import signal
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
import unittest

HERE = pathlib.Path(__file__).resolve()
sys.path[:0] = [str(HERE.parents[1] / "lib")]
from cloud import Cloud, CloudCase, binary, build_dir, main, static_programs, wait_for  # noqa: E402

FAILED, USAGE, PARTIAL = 255, 2, 1
BUCKET, DERIVATIVES = "image-storage-bucket-dev-000000000000", "image-derivatives-bucket-dev-000000000000"


class Files(CloudCase):
    """With the stack, three photographs in it, and a folder in which the program runs."""
    @classmethod
    def prepare(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="calotype-")
        cls.here = pathlib.Path(cls.folder.name)
        subprocess.run([build_dir() / "tools/samples/draw-samples", cls.here], check=True)
        cls.cloud.run("deploy", env={"CALOTYPE_PROGRAMS": static_programs()})
        cls.cloud.run("put", *(str(cls.here / n) for n in ("harbour.jpg", "chart.png", "broken.jpg")))

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()
        super().tearDownClass()

    def calotype(self, *args, cwd=None, env=None, **kw):
        kept = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR")}
        kw = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **kw}
        return subprocess.run([binary(), *args], cwd=cwd or self.here, timeout=60, check=False,
                              env={**kept, "CALOTYPE_DATA": str(self.cloud.data), "CALOTYPE_PROGRAMS": static_programs(), **(env or {})}, **kw)

    def said(self, done, code, out, err):
        self.assertEqual((done.returncode, done.stdout, done.stderr), (code, out, err))

    # ---- get, open, tail ----
    def folder_of_its_own(self):
        folder = tempfile.TemporaryDirectory(dir=self.here)
        self.addCleanup(folder.cleanup)
        return pathlib.Path(folder.name)

    def test_get_the_original_and_a_derivative(self):
        at = self.folder_of_its_own()
        self.said(self.calotype("get", "harbour.jpg", "uploads/chart.png", cwd=at), 0, "harbour.jpg\nchart.png\n", "")
        self.assertEqual((at / "harbour.jpg").read_bytes(), (self.here / "harbour.jpg").read_bytes())
        self.assertEqual((at / "chart.png").read_bytes(), (self.here / "chart.png").read_bytes())
        self.said(self.calotype("get", "--size", "800", "harbour.jpg", cwd=at), 0, "harbour-800.jpg\n", "")
        listed = json.loads(self.calotype("show", "--json", "harbour.jpg").stdout)["Derivatives"]
        key, = (d["Key"] for d in listed if d["Name"] == "800")
        stored = self.cloud.client("s3").get_object(Bucket=DERIVATIVES, Key=key)["Body"].read()
        self.assertEqual((at / "harbour-800.jpg").read_bytes(), stored)
        self.assertEqual(sorted(os.listdir(at)), ["chart.png", "harbour-800.jpg", "harbour.jpg"])
        told = json.loads(self.calotype("get", "--json", "--force", "harbour.jpg", cwd=at).stdout)
        self.assertEqual(told, [{"ObjectKey": "uploads/harbour.jpg", "File": "harbour.jpg"}])

    def test_get_to_stdout(self):
        done = self.calotype("get", "--output", "-", "harbour.jpg", text=False)
        self.said(done, 0, (self.here / "harbour.jpg").read_bytes(), b"")
        self.said(self.calotype("get", "--json", "--output", "-", "harbour.jpg"), USAGE, "",
                  "calotype: --json and the picture would both go to stdout: leave out one\n")

    def test_get_what_is_not_there(self):
        at = self.folder_of_its_own()
        cases = [(["nobody.jpg"], "there is no photograph nobody.jpg"), ([""], "there is no photograph "),
                 (["--size", "300", "harbour.jpg"], "uploads/harbour.jpg has no size 300; it has 1600, 800, 200"),
                 (["--size", "800", "broken.jpg"], "uploads/broken.jpg has no size 800: it is rejected (calotype show says why)")]
        for args, want in cases:
            self.said(self.calotype("get", *args, cwd=at), FAILED, "", f"calotype: {want}\n")
        done = self.calotype("get", "nobody.jpg", "chart.png", cwd=at)
        self.said(done, PARTIAL, "chart.png\n", "calotype: there is no photograph nobody.jpg\n")
        self.assertEqual(os.listdir(at), ["chart.png"])
        self.assertEqual(self.calotype("get", "--output", "x", "harbour.jpg", "chart.png", cwd=at).returncode, USAGE)

    def test_a_file_that_is_there_is_left_alone(self):
        at = self.folder_of_its_own()
        (at / "harbour.jpg").write_text("mine")
        self.said(self.calotype("get", "harbour.jpg", cwd=at), FAILED, "",
                  "calotype: harbour.jpg is there already (--force writes over it)\n")
        self.assertEqual((at / "harbour.jpg").read_text(), "mine")
        (at / "harbour.jpg").chmod(0o640)
        self.assertEqual(self.calotype("get", "--force", "harbour.jpg", cwd=at).returncode, 0)
        self.assertEqual((at / "harbour.jpg").read_bytes(), (self.here / "harbour.jpg").read_bytes())
        self.assertEqual(stat.S_IMODE((at / "harbour.jpg").stat().st_mode), 0o640)

    def test_names_that_are_hard(self):
        """Each is put, listed, fetched and removed for good, as what it is; a terminal is not steered by it."""
        at, back = self.folder_of_its_own(), self.folder_of_its_own()
        names = ["-dash.jpg", "a\nb.jpg", "bell\a.jpg", "red\x1b[31m.jpg", "q?#%41+&<>'\".jpg", "写真 é.jpg", "L" * 251 + ".jpg"]
        for name in names:
            os.link(self.here / "broken.jpg", at / name)
        done = self.calotype("put", "--prefix", "hard/", "--", *names, cwd=at)
        self.assertEqual((done.returncode, done.stderr), (0, "7 files: 7 rejected\n"))
        listed = json.loads(self.calotype("ls", "--json", "hard/").stdout)
        self.assertEqual({r["ObjectKey"]: r.get("Status") for r in listed}, {f"hard/{n}": "rejected" for n in names})
        keys = [f"hard/{n}" for n in names]
        self.said(self.calotype("get", "--", *keys, cwd=back), 0, "".join(f"{n}\n" for n in names), "")
        self.assertEqual(set(os.listdir(back)), set(names))
        env = {**os.environ, "CALOTYPE_DATA": str(self.cloud.data)}
        shown = on_a_terminal(80, [binary(), "get", "--force", *keys], cwd=back, env=env, whole=True)
        self.assertIn("red?[31m.jpg", shown)
        self.assertNotRegex(shown, "[\a\x1b]")
        done = self.calotype("rm", "--versions", "--", *keys)
        self.assertEqual(done.returncode, USAGE)
        self.assertNotRegex(done.stderr, "[\a\x1b]")
        self.assertEqual(len(done.stderr.splitlines()), 2 + len(names))  # a line break in a name makes no line of the plan
        self.assertEqual(self.calotype("rm", "--versions", "--yes", "--", *keys).returncode, 0)
        self.said(self.calotype("ls", "hard/"), 0, "", f"nothing in {BUCKET} has a key that begins with hard/\n")

    def test_a_key_is_what_it_names(self):
        """Another photograph is not, though its row has come and this one's has not."""
        s3 = self.cloud.client("s3")
        self.assertEqual(self.calotype("put", "--prefix", "uploads/uploads/", "chart.png").returncode, 0)
        s3.put_object(Bucket=BUCKET, Key="uploads/chart.png", Body=b"new")  # whose row may not have come
        table = self.cloud.client("dynamodb")
        id = hashlib.sha256(f"{BUCKET}/uploads/chart.png".encode()).hexdigest()[:32]
        wait_for(lambda: "rejected" == table.get_item(TableName="ImageMetadata-dev", Key={"ImageId": {"S": id}})["Item"]["Status"]["S"])
        table.delete_item(TableName="ImageMetadata-dev", Key={"ImageId": {"S": id}})
        self.said(self.calotype("get", "--output", "-", "uploads/chart.png"), 0, "new", "")
        self.assertRegex(self.calotype("rm", "uploads/chart.png").stdout, "^uploads/chart.png  removed")
        s3.head_object(Bucket=BUCKET, Key="uploads/uploads/chart.png")
        self.assertEqual(self.calotype("rm", "uploads/uploads/chart.png").returncode, 0)
        self.assertEqual(self.calotype("put", "chart.png").returncode, 0)

    def test_new_content_makes_no_program_another_user(self):
        at = self.folder_of_its_own()
        (at / "f").write_text("old")
        (at / "f").chmod(0o6755)
        self.assertEqual(self.calotype("get", "--output", "f", "chart.png", cwd=at).returncode, 0)
        self.assertEqual(stat.S_IMODE((at / "f").stat().st_mode), 0o755)

    def test_a_signal_leaves_no_file(self):
        """The program is a pipe that nobody writes to, so the file is begun and not finished."""
        at = self.folder_of_its_own()
        os.mkfifo(at / "bootstrap")
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            process = subprocess.Popen([binary(), "package", "--programs", at, "--output", at / "f.zip"])
            try:
                wait_for(lambda: [n for n in os.listdir(at) if "partial" in n])
                process.send_signal(number)
                self.assertEqual(process.wait(20), -number)
            finally:
                process.kill()
                process.wait(20)
            self.assertEqual(os.listdir(at), ["bootstrap"])

    def test_a_photograph_whose_row_has_not_come(self):
        """It is one by its object: what there is of it can be fetched."""
        self.cloud.client("s3").put_object(Bucket=BUCKET, Key="uploads/notes.txt", Body=b"words")
        self.said(self.calotype("get", "--output", "-", "notes.txt"), 0, "words", "")
        self.said(self.calotype("show", "notes.txt"), FAILED, "", "calotype: uploads/notes.txt has no row yet\n")
        self.said(self.calotype("get", "--size", "800", "notes.txt"), FAILED, "",
                  "calotype: uploads/notes.txt has no size 800: it has no row yet\n")

    def test_open_without_a_display(self):
        at = self.folder_of_its_own()
        done = self.calotype("open", "--size", "200", "harbour.jpg", env={"TMPDIR": str(at)})
        self.assertEqual((done.returncode, done.stderr), (0, "there is no display here; the picture is in this file:\n"))
        path = pathlib.Path(done.stdout.rstrip("\n"))
        self.assertRegex(str(path), rf"^{at}/calotype-{os.geteuid()}/[0-9a-f]{{32}}/harbour-200.jpg$")
        self.assertEqual(path.read_bytes()[:3], b"\xff\xd8\xff")
        self.assertEqual(stat.S_IMODE(path.parents[1].stat().st_mode), 0o700)

    def test_open_with_a_display(self):
        at = self.folder_of_its_own()
        shown = at / "shown"
        for code, want, hint in ((0, 0, ""), (3, PARTIAL, "xdg-open ended with 3; the picture is in this file:\n")):
            (at / "xdg-open").write_text(f'#!/bin/sh\necho "$@" > {shown}\nexit {code}\n')
            (at / "xdg-open").chmod(0o755)
            done = self.calotype("open", "chart.png", env={"DISPLAY": ":9", "TMPDIR": str(at), "PATH": f"{at}:{os.environ['PATH']}"})
            self.assertEqual((done.returncode, done.stderr), (want, hint))
            self.assertEqual(shown.read_text(), done.stdout)
        done = self.calotype("open", "chart.png", env={"DISPLAY": ":9", "TMPDIR": str(at), "PATH": str(at / "nothing")})
        self.assertEqual(done.returncode, PARTIAL)
        self.assertIn("there is no xdg-open here", done.stderr)

    def test_open_opens_pictures_alone(self):
        self.cloud.client("s3").put_object(Bucket=BUCKET, Key="uploads/run.desktop", Body=b"[Desktop Entry]")
        self.said(self.calotype("open", "run.desktop", env={"DISPLAY": ":9"}), FAILED, "",
                  "calotype: uploads/run.desktop has no name of a picture: calotype get fetches it\n")

    def test_open_uses_no_folder_of_others(self):
        at = self.folder_of_its_own()
        (at / f"calotype-{os.geteuid()}").mkdir(mode=0o777)
        (at / f"calotype-{os.geteuid()}").chmod(0o777)
        done = self.calotype("open", "chart.png", env={"TMPDIR": str(at)})
        self.assertEqual((done.returncode, done.stdout), (FAILED, ""))
        self.assertRegex(done.stderr, "is not a folder of yours alone")

    def test_tables_fit_the_terminal(self):
        for columns in (40, 80, 132):
            for args in (["ls"], ["query"], ["show", "broken.jpg"], ["put", "broken.jpg"]):
                lines = on_a_terminal(columns, [binary(), *args], cwd=self.here, env={**os.environ, "CALOTYPE_DATA": str(self.cloud.data)})
                wide = [line for line in lines if len(line) > columns and " " in line.strip()[20:]]
                self.assertEqual(wide, [], (columns, args))
                text = " ".join(" ".join(lines).split())
                self.assertIn("The JPEG ends before its first scan: there is no picture data", text, (columns, args))
        whole = self.calotype("ls").stdout
        self.assertGreater(max(map(len, whole.splitlines())), 132)  # what a program reads is not cut

    def test_tail(self):
        lines = self.calotype("tail").stdout.splitlines()
        self.assertTrue(any("uploads/harbour.jpg" in line for line in lines), lines)
        for line in lines:
            self.assertRegex(line, r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \S")
        self.assertEqual(lines, sorted(lines, key=lambda line: line[:24]))
        objects = [json.loads(line) for line in self.calotype("tail", "--json", "--filter", "REPORT").stdout.splitlines()]
        self.assertEqual({o["Message"].split()[0] for o in objects}, {"REPORT"})
        self.assertGreaterEqual(len(objects), 3)
        self.said(self.calotype("tail", "--filter", "nothing-like-it"), 0, "",
                  "no lines in /aws/lambda/ImageProcessor-dev since 10m (--since 1d looks back further)\n")
        self.assertIn("START", self.calotype("tail", "ImageNotification-dev").stdout)
        self.said(self.calotype("tail", "/no/such"), FAILED, "", "calotype: there is no log group /no/such\n")
        self.assertRegex(self.calotype("tail", "--env", "no").stderr, r"^calotype: calotype-no is not deployed \(calotype deploy --env no\): ")

    def test_tail_follows(self):
        logs = self.cloud.client("logs")
        logs.create_log_group(logGroupName="/mine")
        for stream in ("a", "b"):
            logs.create_log_stream(logGroupName="/mine", logStreamName=stream)
        world = int(self.cloud.admin("GET", "/health")[1]["world_offset_ms"])
        now = int(time.time() * 1000) + world
        say = lambda stream, back_ms, text: logs.put_log_events(logGroupName="/mine", logStreamName=stream,
                                                                logEvents=[{"timestamp": now - back_ms, "message": text}])
        say("a", 3000, "first")
        follow = subprocess.Popen([binary(), "tail", "--follow", "/mine"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                                  env={**os.environ, "CALOTYPE_DATA": str(self.cloud.data)})
        try:
            self.assertRegex(follow.stdout.readline(), "Z first\n$")
            say("b", 2000, "second\nand more\n")
            self.assertRegex(follow.stdout.readline(), "Z second\n$")
            self.assertEqual(follow.stdout.readline(), "and more\n")
            say("a", 5000, "late")  # of a moment before the others
            self.assertRegex(follow.stdout.readline(), "Z late\n$")
            say("a", -3600000, "of the future")
            self.assertRegex(follow.stdout.readline(), "Z of the future\n$")
            for i in range(3):  # hides none that comes behind it, and is not shown again
                say("b", 1000, f"now {i}")
                self.assertRegex(follow.stdout.readline(), f"Z now {i}\n$")
        finally:
            follow.stdout.close()  # who reads is gone: it ends, though no line comes
            self.assertEqual(follow.wait(20), 0)

    # ---- rm ----
    def kept(self):
        """Of the photographs below rm/: objects, rows, derivatives; versions of both buckets."""
        s3 = self.cloud.client("s3")
        ids = tuple(hashlib.sha256(f"{BUCKET}/rm/{n}".encode()).hexdigest()[:32] for n in ("portrait.jpg", "broken.jpg"))
        versions = []
        for bucket in (BUCKET, DERIVATIVES):
            page = s3.list_object_versions(Bucket=bucket)
            versions += [[v["Key"] for v in page.get("Versions", []) + page.get("DeleteMarkers", []) if v["Key"].startswith(("rm/", *ids))]]
        rows = self.cloud.client("dynamodb").scan(TableName="ImageMetadata-dev")["Items"]
        return (sum(o["Key"].startswith("rm/") for o in s3.list_objects_v2(Bucket=BUCKET)["Contents"]),
                sum(i["ObjectKey"]["S"].startswith("rm/") for i in rows),
                sum(o["Key"].startswith(ids) for o in s3.list_objects_v2(Bucket=DERIVATIVES)["Contents"]), *map(len, versions))

    def test_what_is_removed_and_what_is_kept(self):
        self.assertEqual(self.calotype("put", "--prefix", "rm/", "portrait.jpg", "broken.jpg").returncode, 0)
        self.assertEqual(self.kept(), (2, 2, 3, 2, 3))
        self.said(self.calotype("rm", "rm/portrait.jpg"), 0, "rm/portrait.jpg  removed, with 3 derivatives\n", "")
        self.assertEqual(self.kept(), (1, 1, 0, 3, 6))  # marks beside the versions
        self.said(self.calotype("rm", "rm/portrait.jpg"), FAILED, "", "calotype: there is no photograph rm/portrait.jpg\n")
        done = self.calotype("rm", "--json", "rm/portrait.jpg", "rm/broken.jpg")
        self.assertEqual((done.returncode, json.loads(done.stdout)), (PARTIAL, [{"ObjectKey": "rm/broken.jpg", "Derivatives": 0}]))
        self.assertEqual(self.kept(), (0, 0, 0, 4, 6))

        # For good: it says what, and does nothing where nobody can be asked.
        done = self.calotype("rm", "--versions", "rm/portrait.jpg", "rm/broken.jpg")
        self.assertEqual((done.returncode, done.stdout), (USAGE, ""))
        self.assertRegex(done.stderr, r"(?s)^For good, .*\n  rm/portrait.jpg\n  rm/broken.jpg\n.*nothing was done.*--yes")
        self.assertEqual(self.kept(), (0, 0, 0, 4, 6))
        self.assertEqual(self.calotype("put", "--prefix", "rm/", "broken.jpg").returncode, 0)
        done = self.calotype("rm", "--versions", "--yes", "rm/portrait.jpg", "rm/broken.jpg")
        self.assertEqual((done.returncode, done.stdout),
                         (0, "rm/portrait.jpg  removed, with 8 versions\nrm/broken.jpg  removed, with 3 versions\n"))
        self.assertEqual(self.kept(), (0, 0, 0, 0, 0))
        self.assertEqual(self.calotype("rm", "--versions", "--yes", "rm/portrait.jpg").returncode, FAILED)

    def test_a_row_that_was_left_goes_with_the_same_command(self):
        """The object goes first, the row last: `rm` that was killed in between is said again."""
        self.assertEqual(self.calotype("put", "--prefix", "again/", "broken.jpg").returncode, 0)
        table = self.cloud.client("dynamodb")
        row, = (i for i in table.scan(TableName="ImageMetadata-dev")["Items"] if i["ObjectKey"]["S"] == "again/broken.jpg")
        self.assertEqual(self.calotype("rm", "again/broken.jpg").returncode, 0)
        table.put_item(TableName="ImageMetadata-dev", Item=row)
        self.assertEqual(self.calotype("rm", "again/broken.jpg").returncode, 0)
        self.said(self.calotype("show", "again/broken.jpg"), FAILED, "", "calotype: there is no photograph again/broken.jpg\n")

    def test_for_good_takes_no_longer_key(self):
        s3 = self.cloud.client("s3")
        for key in ("uploads/a", "uploads/a", "uploads/a.b", "uploads/ab"):
            s3.put_object(Bucket=BUCKET, Key=key, Body=b"x")
        done = self.calotype("rm", "--versions", "--yes", "a")
        self.assertEqual((done.returncode, done.stdout), (0, "uploads/a  removed, with 2 versions\n"))
        left = [v["Key"] for v in s3.list_object_versions(Bucket=BUCKET, Prefix="uploads/a")["Versions"]]
        self.assertEqual(left, ["uploads/a.b", "uploads/ab"])

    # ---- put ----
    def test_a_folder(self):
        at = self.here / "holiday"
        (at / "deep/.git").mkdir(parents=True)
        (at / "empty").mkdir()
        for source, to in (("harbour.jpg", "a.Jpg"), ("chart.png", "deep/b.pNG"), ("chart.png", ".hidden.png"), ("chart.png", "deep/.git/c.png")):
            os.link(self.here / source, at / to)
        (at / "note.txt").write_text("words")
        os.mkfifo(at / "pipe.jpg")
        os.symlink("../a.Jpg", at / "deep/link.jpeg")
        os.symlink("nothing.jpg", at / "deep/broken-link.jpg")
        os.symlink("..", at / "deep/up")  # a folder by way of a link is not walked
        done = self.calotype("put", "--json", "holiday/")
        self.assertEqual((done.returncode, [(r["ObjectKey"], r["Status"]) for r in json.loads(done.stdout)]), (0, [
            ("uploads/holiday/a.Jpg", "processed"), ("uploads/holiday/deep/b.pNG", "processed"),
            ("uploads/holiday/deep/link.jpeg", "processed")]))
        self.assertEqual(done.stderr, "holiday/: 3 photographs; left out: 6 others\n3 files: 3 processed\n")
        self.assertEqual(self.calotype("get", "--output", "-", "holiday/a.Jpg", text=False).stdout, (self.here / "harbour.jpg").read_bytes())
        done = self.calotype("put", "--no-wait", "--json", ".", cwd=at / "deep")
        self.assertEqual([r["ObjectKey"] for r in json.loads(done.stdout)], ["uploads/b.pNG", "uploads/link.jpeg"])
        done = self.calotype("put", at / "empty")
        self.said(done, FAILED, "", f"{at}/empty: 0 photographs\ncalotype: there is no photograph to upload\n")
        done = self.calotype("put", "holiday", "holiday/../holiday")
        self.assertEqual((done.returncode, done.stdout), (USAGE, ""))
        self.assertIn("have the same name", done.stderr)

    def test_what_is_no_file(self):
        os.mkfifo(self.here / "pipe.jpg")
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(str(self.here / "socket.png"))
            done = self.calotype("put", "pipe.jpg", "socket.png", "/dev/null", "/dev/full", "portrait.jpg")
        self.assertEqual(done.returncode, PARTIAL)
        for name, kind in (("pipe.jpg", "a pipe"), ("socket.png", "a socket"), ("null", "a device"), ("full", "a device")):
            self.assertRegex(done.stdout, rf"(?m)^{name} +- +not uploaded: it is {kind} and no file$")
        self.assertRegex(done.stdout, r"(?m)^portrait.jpg +processed ")
        self.assertEqual(done.stderr, "5 files: 4 not uploaded, 1 processed\n")

    def test_a_file_that_changes_while_it_is_uploaded(self):
        path = self.here / "changes.jpg"
        path.write_bytes(bytes(8 << 20))
        over = threading.Event()

        def touch():
            for n in itertools.count(1):
                if over.is_set():
                    return
                os.utime(path, ns=(n, n))
        toucher = threading.Thread(target=touch)
        toucher.start()
        try:
            done = self.calotype("put", "changes.jpg")
        finally:
            over.set()
            toucher.join()
        self.assertEqual((done.returncode, done.stderr), (FAILED, ""))
        self.assertRegex(done.stdout, r"(?m)^changes.jpg +- +it changes while it is uploaded: put it again when it is written$")
        self.assertEqual(self.calotype("put", "changes.jpg").returncode, 0)

    def test_every_spelling_of_the_suffixes_is_processed(self):
        at = self.here / "cases"
        at.mkdir()
        spelled = ["".join(c) for word in ("jpg", "jpeg", "png") for c in itertools.product(*((a, a.upper()) for a in word))]
        for i, suffix in enumerate(spelled):
            os.link(self.here / "broken.jpg", at / f"{i}.{suffix}")
        rows = json.loads(self.calotype("put", "--json", "cases").stdout)
        self.assertEqual((len(rows), {r.get("Status") for r in rows}), (32, {"rejected"}))

    def test_progress_on_a_terminal(self):
        env = {**os.environ, "CALOTYPE_DATA": str(self.cloud.data)}
        lines = on_a_terminal(70, [binary(), "put", "chart.png", "portrait.jpg"], cwd=self.here, env=env, whole=True)
        shown = re.findall(r"\d of 2 done, \d to upload, \d being processed \[[#.…]*", lines)
        self.assertTrue(shown, lines)
        for line in shown:
            done, waits, busy = map(int, re.findall(r"\d+(?= to| being)|^\d+", line))
            self.assertEqual(done + waits + busy, 2, line)
        self.assertIn("2 files: 2 processed", lines)

    # ---- what cannot be written ----
    def test_output_that_cannot_be_written(self):
        s3 = self.cloud.client("s3")
        verbs = (["env"], ["with", binary(), "ls"], ["status"], ["status", "--json"], ["scrub"], ["deploy"], ["put", "broken.jpg"],
                 ["put", "--json", "broken.jpg"], ["ls"], ["ls", "--json"], ["show", "broken.jpg"], ["query"], ["open", "broken.jpg"],
                 ["get", "--force", "broken.jpg"], ["get", "--output", "-", "broken.jpg"], ["tail"], ["tail", "--follow"],
                 ["package", "--output", "-"], ["rm", "gone.txt"])
        for args in verbs:
            for to, why in (("/dev/full", "No space left on device"), ("&-", "Bad file descriptor")):
                if args[0] == "rm":
                    s3.put_object(Bucket=BUCKET, Key="uploads/gone.txt", Body=b"x")
                with self.subTest(args=args, to=to):
                    done = subprocess.run(["sh", "-c", f'exec "$0" "$@" >{to}', binary(), *args], stderr=subprocess.PIPE, text=True, timeout=60,
                                          cwd=self.here, env={**os.environ, "CALOTYPE_DATA": str(self.cloud.data),
                                                              "CALOTYPE_PROGRAMS": static_programs()})
                    self.assertEqual((done.returncode, done.stderr.splitlines()[-1:]),
                                     (FAILED, [f"calotype: cannot write the output: {why}"]), done.stderr)

    def test_up_tells_its_endpoint_nobody(self):
        """Who closes the output asks for no endpoint; a full disk is an error."""
        for to, code in (("&-", 0), ("/dev/full", FAILED)):
            with tempfile.TemporaryDirectory() as data:
                done = subprocess.run(["sh", "-c", f'exec "$0" up --data "$1" --port 0 --detach >{to}', binary(), data],
                                      stderr=subprocess.PIPE, text=True, timeout=60)
                self.assertEqual(done.returncode, code, done.stderr)
                subprocess.run([binary(), "down", "--data", data], check=True, timeout=60)

    def test_package_writes_over_files_alone(self):
        at = self.here / "zips"
        at.mkdir()
        os.mkfifo(at / "pipe")
        os.symlink("nothing", at / "dangling")
        (at / "folder").mkdir()
        before = os.stat("/dev/full")
        for path, kind in (("/dev/full", "a device"), ("pipe", "a pipe"), ("folder", "a folder"), ("dangling", "a link to nothing"),
                           ("/dev/stdout", None)):
            done = self.calotype("package", "--output", path, cwd=at)
            self.assertEqual(done.returncode, FAILED, path)
            self.assertRegex(done.stderr, rf"^calotype: {path} is {kind or 'a pipe'}(?: and no file)?: nothing is written there\n$")
        self.assertEqual((os.stat("/dev/full").st_rdev, os.stat("/dev/full").st_ino), (before.st_rdev, before.st_ino))
        self.assertEqual(self.calotype("package", "--output", "no/such/f.zip", cwd=at).returncode, FAILED)

        # Through a link, with the mode that the file had; a new one as the umask has it.
        (at / "real.zip").write_text("old")
        (at / "real.zip").chmod(0o600)
        os.symlink("real.zip", at / "link.zip")
        done = self.calotype("package", "--output", "link.zip", cwd=at)
        self.assertRegex(done.stdout, r"^[0-9a-f]{64}  link.zip\n$")
        self.assertTrue((at / "link.zip").is_symlink())
        self.assertEqual(((at / "real.zip").read_bytes()[:4], stat.S_IMODE((at / "real.zip").stat().st_mode)), (b"PK\x03\x04", 0o600))
        self.calotype("package", cwd=at, umask=0o027)
        self.assertEqual(stat.S_IMODE((at / "function.zip").stat().st_mode), 0o640)

        piped = self.calotype("package", "--output", "-", cwd=at, text=False)
        self.assertEqual((piped.returncode, piped.stdout), (0, (at / "function.zip").read_bytes()))
        self.assertEqual(piped.stderr.decode(), done.stdout.replace("link.zip", "-") + done.stderr)
        self.assertEqual(sorted(os.listdir(at)), ["dangling", "folder", "function.zip", "link.zip", "pipe", "real.zip"])

    def test_nothing_is_left_of_a_file_that_was_not_finished(self):
        """The disk's limit for a file is met in the middle: the old file stays."""
        at = self.here / "limit"
        at.mkdir()
        (at / "f.zip").write_text("old")
        limited = ["sh", "-c", 'trap "" XFSZ; ulimit -f 64; exec "$0" "$@"', binary(), "package", "--output", "f.zip"]
        done = subprocess.run(limited, cwd=at, capture_output=True, text=True, timeout=60,
                              env={**os.environ, "CALOTYPE_PROGRAMS": static_programs()})
        self.assertEqual((done.returncode, done.stdout), (FAILED, ""))
        self.assertRegex(done.stderr, "^calotype: cannot write .*/f.zip: File too large\n$")
        self.assertEqual((os.listdir(at), (at / "f.zip").read_text()), (["f.zip"], "old"))


class Gone(unittest.TestCase):
    """The daemon ends while `put` works."""
    def start(self, cloud, files, *args):
        cloud.run("deploy", env={"CALOTYPE_PROGRAMS": static_programs()})
        stopped = cloud.client("lambda")  # nothing is processed: what is uploaded waits
        stopped.put_function_concurrency(FunctionName="ImageProcessor-dev", ReservedConcurrentExecutions=0)
        put = subprocess.Popen([binary(), "put", *args, *files], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               env={**os.environ, "CALOTYPE_DATA": str(cloud.data)})
        self.addCleanup(put.kill)
        s3 = cloud.client("s3")
        wait_for(lambda: len(s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])) == len(files))
        return put

    def samples(self):
        folder = tempfile.TemporaryDirectory(prefix="calotype-")
        self.addCleanup(folder.cleanup)
        subprocess.run([build_dir() / "tools/samples/draw-samples", folder.name], check=True)
        return [f"{folder.name}/{name}" for name in ("portrait.jpg", "broken.jpg")]

    def test_for_ever(self):
        with Cloud() as cloud:
            put = self.start(cloud, self.samples())
            cloud.kill9()
            out, err = put.communicate(timeout=60)
            self.assertEqual(put.returncode, FAILED)
            self.assertRegex(err, rf"(?m)^calotype: the daemon on {cloud.data} is gone \(start it: calotype up --data {cloud.data}\)")
            self.assertRegex(err, r"(?m)^2 files: 2 without a row$")
            self.assertEqual(out.count("uploaded, and not known what became of it"), 2)
            cloud.start()

    def test_for_a_moment(self):
        with Cloud() as cloud:
            put = self.start(cloud, self.samples())
            cloud.kill9()
            cloud.start()
            cloud.client("lambda").delete_function_concurrency(FunctionName="ImageProcessor-dev")
            out, err = put.communicate(timeout=60)
            self.assertEqual((put.returncode, err), (0, "2 files: 1 processed, 1 rejected\n"), out)


def on_a_terminal(columns, command, whole=False, **kw):
    """What a terminal of that width gets, without colours: its lines, or all of it."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    kw["env"] = {**kw["env"], "TERM": "xterm"}
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=slave, stderr=slave, **kw)
    os.close(slave)
    out = b""
    while True:
        try:
            piece = os.read(master, 65536)
        except OSError:  # the other end is closed
            break
        out += piece
    os.close(master)
    process.wait(60)
    text = re.sub(r"\x1b\[[0-9;]*m", "", out.decode())
    return text if whole else [line.rsplit("\r\x1b[K", 1)[-1].rstrip("\r") for line in text.split("\n")]


if __name__ == "__main__":
    main()
