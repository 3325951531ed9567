"""Multipart uploads: parts, completed or given up; what is listed answers, what is complete can be fetched."""
import hashlib

from history import Register, Registers
from work import Work as Base, code_of, everything, md5

BUCKET = "crash-multipart"
PART = 5 << 20  # the least that S3 takes, but for the last one


def part_bytes(number):
    """A big part, cheap to make: five MiB of one random kibibyte, or a small last one."""
    return hashlib.sha256(str(number).encode()).digest() * (PART // 32 if number % 4 == 0 else 900)


class Upload:
    """One, under a key of its own. of: its id, once an answer told it."""

    def __init__(self, key, begun):
        self.key, self.id, self.begun = key, None, begun
        self.parts, self.done, self.object = Registers(f"part of {key}"), [], Register()

    def over(self):
        """Whether it is: True, False, or None where nobody knows."""
        states = {r.state for r, _ in self.done}
        return True if "answered" in states else None if "unknown" in states else False


class Work(Base):
    name = "multipart"

    def __init__(self, history):
        super().__init__(history)
        self.uploads, self.finished = [], []

    def prepare(self, c):
        c.s3.create_bucket(Bucket=BUCKET)

    # ---- requests ----
    def begin(self, c, rng):
        key = f"{rng.choice(('', 'm/'))}{self.history.number()}"
        request = self.history.begin(f"CreateMultipartUpload {key}")
        upload = Upload(key, request)
        self.uploads.append(upload)
        _, answer = self.history.ask(request.what, lambda: c.s3.create_multipart_upload(Bucket=BUCKET, Key=key, Metadata={"n": key}), request=request)
        upload.id = answer and answer["UploadId"]

    def some(self, rng):
        return rng.choice([u for u in list(self.uploads) if u.id and u.over() is False] or [None])

    def part(self, c, rng):
        upload, number = self.some(rng), self.history.number()
        if upload:
            which, data = rng.randint(1, 3), part_bytes(number)
            request = self.history.begin(f"UploadPart {upload.key} {which} {number}")
            upload.parts[which].write(request, (md5(data), len(data)))
            self.history.ask(request.what, lambda: c.s3.upload_part(Bucket=BUCKET, Key=upload.key, UploadId=upload.id, PartNumber=which, Body=data),
                             refusals=("NoSuchUpload",), request=request)

    def complete(self, c, rng):
        """With the parts that one writer is known to have left; another's part on the way makes it InvalidPart."""
        upload = self.some(rng)
        known = upload and {n: list(r.possible())[0] for n, r in sorted(upload.parts.items()) if len(r.possible()) == 1}
        known = {n: v for n, v in (known or {}).items() if v}
        if known:
            request = self.history.begin(f"CompleteMultipartUpload {upload.key} {list(known)}")
            etag = hashlib.md5(b"".join(bytes.fromhex(e) for e, _ in known.values())).hexdigest() + f"-{len(known)}"
            upload.object.write(request, (etag, upload.key, sum(size for _, size in known.values())))
            upload.done.append((request, "complete"))
            self.history.ask(request.what, lambda: c.s3.complete_multipart_upload(
                Bucket=BUCKET, Key=upload.key, UploadId=upload.id,
                MultipartUpload={"Parts": [{"PartNumber": n, "ETag": e} for n, (e, _) in known.items()]}),
                refusals=("NoSuchUpload", "InvalidPart", "EntityTooSmall"), request=request)

    def abort(self, c, rng):
        upload = self.some(rng)
        if upload:
            request = self.history.begin(f"AbortMultipartUpload {upload.key}")
            upload.done.append((request, "abort"))
            self.history.ask(request.what, lambda: c.s3.abort_multipart_upload(Bucket=BUCKET, Key=upload.key, UploadId=upload.id),
                             refusals=("NoSuchUpload",), request=request)

    steps = ((25, begin), (50, part), (20, complete), (8, abort))

    # ---- what is there ----
    def check(self, cloud, c):
        problems = []
        listed = {(u["Key"], u["UploadId"]) for u in everything(c.s3, "list_multipart_uploads", "Uploads", Bucket=BUCKET, PaginationConfig={"PageSize": 5})}
        for upload in self.uploads:
            if not upload.id and upload.begun.state == "unknown":
                upload.id = next((i for k, i in listed if k == upload.key), None)
            if upload.id:
                self.check_upload(c, upload, (upload.key, upload.id) in listed, problems)
        for key, _ in listed - {(u.key, u.id) for u in self.uploads}:
            problems.append(f"upload {key}: nobody began it")
        self.uploads = [u for u in self.uploads if (u.key, u.id) in listed]
        self.check_objects(c, problems)
        self.tidy(c)
        return problems

    def check_upload(self, c, upload, listed, problems):
        over, kinds = upload.over(), [kind for r, kind in upload.done if r.state != "refused"]
        if over is not None and listed is over:
            problems.append(f"upload {upload.key}: {'listed, and it is over' if over else 'not listed, and nobody ended it'}")
        rows, why = [], code_of(c.s3.list_parts, Bucket=BUCKET, Key=upload.key, UploadId=upload.id)
        if (why is None) != listed or why not in (None, "NoSuchUpload"):
            problems.append(f"upload {upload.key}: {'listed' if listed else 'not listed'}, and ListParts says {why}")
        elif listed:
            rows = everything(c.s3, "list_parts", "Parts", Bucket=BUCKET, Key=upload.key, UploadId=upload.id)
            upload.parts.compare({p["PartNumber"]: (p["ETag"].strip('"'), p["Size"]) for p in rows}, problems)
        value = self.fetch(c, upload.key, problems)
        if listed and value or not listed and not value and kinds and set(kinds) == {"complete"}:
            problems.append(f"upload {upload.key}: {'listed' if listed else 'gone'}, and its object is {value}")
        if value not in upload.object.possible():
            problems.append(f"upload {upload.key}: its object is {value}, and may be {upload.object.possible()}")
        if value:
            self.finished.append((upload.key, value))
        upload.done = [] if listed else upload.done

    def fetch(self, c, key, problems):
        if code_of(c.s3.head_object, Bucket=BUCKET, Key=key):
            return None
        got = c.s3.get_object(Bucket=BUCKET, Key=key)
        data = got["Body"].read()
        return got["ETag"].strip('"'), got["Metadata"].get("n"), len(data)

    def check_objects(self, c, problems):
        want = dict(self.finished)
        there = {o["Key"]: o["ETag"].strip('"') for o in everything(c.s3, "list_objects_v2", "Contents", Bucket=BUCKET)}
        if there != {k: v[0] for k, v in want.items()}:
            problems.append(f"objects of uploads: {there}, and not {want}")
        self.finished = [(k, v) for k, v in self.finished if k in there]
        for key, value in self.finished:
            if self.fetch(c, key, problems) != value:
                problems.append(f"object {key}: {self.fetch(c, key, problems)}, and not {value}")

    def tidy(self, c):
        """Keeps a few for the next rounds: what is big costs time to read."""
        for key, _ in self.finished[:-6]:
            c.s3.delete_object(Bucket=BUCKET, Key=key)
        self.finished = self.finished[-6:]

    def harms(self, c):
        listed = everything(c.s3, "list_multipart_uploads", "Uploads", Bucket=BUCKET)
        parted = [u for u in listed if c.s3.list_parts(Bucket=BUCKET, Key=u["Key"], UploadId=u["UploadId"]).get("Parts")]
        other = [u for u in listed if u not in parted[:1]]

        def replace():
            u = parted[0]
            c.s3.upload_part(Bucket=BUCKET, Key=u["Key"], UploadId=u["UploadId"], PartNumber=1, Body=b"another")
        return [("a part is another", replace),
                ("an upload is lost", lambda: c.s3.abort_multipart_upload(Bucket=BUCKET, Key=other[0]["Key"], UploadId=other[0]["UploadId"])),
                ("an object is lost", lambda: c.s3.delete_object(Bucket=BUCKET, Key=self.finished[0][0]))]
