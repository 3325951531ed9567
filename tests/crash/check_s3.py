"""S3 without versions: objects, copies, tags, buckets; and that lists show what can be fetched."""
import botocore.exceptions

from history import Registers
from work import Work as Base, body, code_of, everything, md5

BUCKET = "crash-plain"
KEYS = [f"{folder}{name}" for folder in ("", "a/", "a/b/", "z ü/") for name in ("1", "2", "+%3")]
TAGGED = [f"tagged/{n}" for n in range(3)]
CHURN = [f"crash-churn-{n}" for n in range(3)]
UNAVAILABLE = ("OperationAborted",)


def check_lists(s3, bucket, there, problems):
    """there: key → (ETag, size). What lists in every form say is just that."""
    want = {key: there[key] for key in sorted(there, key=lambda k: k.encode())}
    for name, operation in (("ListObjects", "list_objects"), ("ListObjectsV2", "list_objects_v2")):
        rows = everything(s3, operation, "Contents", Bucket=bucket, PaginationConfig={"PageSize": 7})
        listed = {r["Key"]: (r["ETag"].strip('"'), r["Size"]) for r in rows}
        if listed != want or list(listed) != list(want) or len(rows) != len(want):
            differ = [k for k in {**listed, **want} if listed.get(k) != want.get(k)]
            problems.append(f"{name} {bucket}: shows {len(rows)} keys of {len(want)}; others than can be fetched: {differ}")
    for prefix in ("", "a/", "z ü/"):
        page = s3.list_objects_v2(Bucket=bucket, Prefix=prefix, Delimiter="/")
        below = [k[len(prefix):] for k in want if k.startswith(prefix)]
        keys = [prefix + k for k in below if "/" not in k]
        folders = list(dict.fromkeys(prefix + k.split("/")[0] + "/" for k in below if "/" in k))
        shown = [r["Key"] for r in page.get("Contents", [])], [r["Prefix"] for r in page.get("CommonPrefixes", [])]
        if shown != (keys, folders):
            problems.append(f"ListObjectsV2 {bucket}/{prefix} with a delimiter: {shown}, and not {(keys, folders)}")


def fetch(s3, problems, **which):
    """(ETag, number), size of one object as HEAD and GET say it; (None, None) where there is none."""
    if code_of(s3.head_object, **which):
        if (code := code_of(s3.get_object, **which)) not in ("NoSuchKey", "NoSuchVersion", "MethodNotAllowed"):
            problems.append(f"GetObject {which}: {code}, and HeadObject finds nothing")
        return None, None
    try:
        head, got = s3.head_object(**which), s3.get_object(**which)
        data, etag = got["Body"].read(), got["ETag"].strip('"')
    except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as e:
        problems.append(f"GetObject {which}: is listed or has a head, and {e}")
        return ("cannot be read", None), 0
    if (head["ETag"], head["ContentLength"], head["Metadata"]) != (got["ETag"], len(data), got["Metadata"]):
        problems.append(f"HeadObject {which}: {head['ETag']}, {head['ContentLength']}; GetObject: {etag}, {len(data)} bytes")
    if "-" not in etag and md5(data) != etag:
        problems.append(f"GetObject {which}: the bytes are not those of the ETag")
    if len(data) > 2:
        first, last = len(data) // 3, len(data) * 2 // 3
        if s3.get_object(**which, Range=f"bytes={first}-{last}")["Body"].read() != data[first:last + 1]:
            problems.append(f"GetObject {which}: bytes {first} to {last} are others")
    return (etag, got["Metadata"].get("n")), len(data)


class Work(Base):
    name = "s3"

    def __init__(self, history):
        super().__init__(history)
        self.objects, self.tags, self.buckets = Registers("object"), Registers("tags of"), Registers("bucket")
        self.written = set()

    def prepare(self, c):
        c.s3.create_bucket(Bucket=BUCKET)
        for key in TAGGED:
            c.s3.put_object(Bucket=BUCKET, Key=key, Body=b"tagged")

    # ---- requests ----
    def put(self, c, rng):
        key, number = rng.choice(KEYS), self.history.number()
        data = body(number)
        request = self.history.begin(f"PutObject {key} {number}")
        value = (md5(data), str(number))
        self.written.add(value)
        self.objects[key].write(request, value)
        self.history.ask(request.what, lambda: c.s3.put_object(Bucket=BUCKET, Key=key, Body=data, Metadata={"n": str(number)}),
                         request=request)

    def copy(self, c, rng):
        source, key = rng.sample(KEYS, 2)
        request = self.history.begin(f"CopyObject {source} to {key}")
        self.objects[key].write(request)
        _, answer = self.history.ask(request.what, lambda: c.s3.copy_object(
            Bucket=BUCKET, Key=key, CopySource={"Bucket": BUCKET, "Key": source}), refusals=("NoSuchKey",), request=request)
        # The source may have been written while the copy was under way: what it was is known afterwards, if at all.
        etag = answer and answer["CopyObjectResult"]["ETag"].strip('"')
        self.objects[key].rewrite(request, *[v for v in list(self.written) if not etag or v[0] == etag])

    def delete(self, c, rng):
        keys = rng.sample(KEYS, rng.choice((1, 1, 1, 3)))
        request = self.history.begin(f"Delete {keys}")
        for key in keys:
            self.objects[key].write(request, None)
        one = (lambda: c.s3.delete_object(Bucket=BUCKET, Key=keys[0])) if len(keys) == 1 else (
            lambda: c.s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": k} for k in keys]}))
        _, answer = self.history.ask(request.what, one, request=request)
        if answer and answer.get("Errors"):
            self.history.problems.append(f"{request.what}: {answer['Errors']}")

    def tag(self, c, rng):
        key, number = rng.choice(TAGGED), self.history.number()
        request = self.history.begin(f"tags of {key} {number}")
        if rng.random() < 0.3:
            self.tags[key].write(request, None)
            call = lambda: c.s3.delete_object_tagging(Bucket=BUCKET, Key=key)
        else:
            self.tags[key].write(request, str(number))
            call = lambda: c.s3.put_object_tagging(Bucket=BUCKET, Key=key, Tagging={"TagSet": [{"Key": "n", "Value": str(number)}]})
        self.history.ask(request.what, call, request=request)

    def bucket(self, c, rng):
        name, make = rng.choice(CHURN), rng.random() < 0.5
        request = self.history.begin(f"{'Create' if make else 'Delete'}Bucket {name}")
        self.buckets[name].write(request, make or None)
        call = (lambda: c.s3.create_bucket(Bucket=name)) if make else (lambda: c.s3.delete_bucket(Bucket=name))
        self.history.ask(request.what, call, refusals=("NoSuchBucket", *UNAVAILABLE), request=request)

    steps = ((50, put), (15, copy), (20, delete), (10, tag), (5, bucket))

    # ---- what is there ----
    def check(self, cloud, c):
        problems, found, there = [], {}, {key: (md5(b"tagged"), 6) for key in TAGGED}
        for key in KEYS:
            found[key], size = fetch(c.s3, problems, Bucket=BUCKET, Key=key)
            if found[key]:
                there[key] = (found[key][0], size)
        self.objects.compare(found, problems)
        check_lists(c.s3, BUCKET, there, problems)
        tags = {key: {t["Key"]: t["Value"] for t in c.s3.get_object_tagging(Bucket=BUCKET, Key=key)["TagSet"]}.get("n") for key in TAGGED}
        self.tags.compare(tags, problems)
        listed = {b["Name"] for b in c.s3.list_buckets()["Buckets"]}
        self.buckets.compare({name: True for name in CHURN if name in listed}, problems)
        for name in CHURN:
            if (code_of(c.s3.head_bucket, Bucket=name) is None) != (name in listed):
                problems.append(f"bucket {name}: HeadBucket and ListBuckets differ")
        return problems

    def harms(self, c):
        def lose():
            c.s3.delete_object(Bucket=BUCKET, Key=next(k for k in KEYS if self.objects[k].possible() - {None}))

        def change():
            c.s3.put_object(Bucket=BUCKET, Key=KEYS[0], Body=b"another")
        return [("an object is lost", lose), ("an object is another", change),
                ("tags are lost", lambda: c.s3.put_object_tagging(Bucket=BUCKET, Key=TAGGED[0], Tagging={"TagSet": []}))]
