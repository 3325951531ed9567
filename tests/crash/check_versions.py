"""S3 with versions: each version answered is there until its deletion, in order, under its delete markers."""
from check_s3 import check_lists, fetch
from history import Registers
from work import Work as Base, body, everything, md5

BUCKET = "crash-versioned"
KEYS = [f"{folder}{n}" for folder in ("", "v/", "v/w/") for n in range(2)]


class Work(Base):
    name = "versions"

    def __init__(self, history):
        super().__init__(history)
        self.versions = Registers("version")  # (key, version id or number) → (ETag, number), or "marker"
        self.order = {}                       # (key, version id) → its request
        self.nameless = {}                    # number → (key, request): puts that no id is known of
        self.markers = []                     # (key, request): the same of deletions

    def prepare(self, c):
        c.s3.create_bucket(Bucket=BUCKET)
        c.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})

    # ---- requests ----
    def put(self, c, rng):
        key, number = rng.choice(KEYS), self.history.number()
        data = body(number)
        request = self.history.begin(f"PutObject {key} {number}")
        self.nameless[number] = (key, request)
        _, answer = self.history.ask(request.what, lambda: c.s3.put_object(
            Bucket=BUCKET, Key=key, Body=data, Metadata={"n": str(number)}), request=request)
        if answer:
            self.named(key, answer["VersionId"], request, (md5(data), str(number)))
            del self.nameless[number]

    def named(self, key, version, request, value):
        self.versions[key, version].write(request, value)
        self.order[key, version] = request

    def delete(self, c, rng):
        key = rng.choice(KEYS)
        request = self.history.begin(f"DeleteObject {key}")
        self.markers.append((key, request))
        _, answer = self.history.ask(request.what, lambda: c.s3.delete_object(Bucket=BUCKET, Key=key), request=request)
        if answer:
            self.named(key, answer["VersionId"], request, "marker")
            self.markers.remove((key, request))

    def forget(self, c, rng):
        """Deletes a version for good."""
        which = [v for v, r in list(self.versions.items()) if r.possible() - {None}]
        if which:
            key, version = rng.choice(which)
            request = self.history.begin(f"DeleteObject {key} {version}")
            self.versions[key, version].write(request, None)
            self.history.ask(request.what, lambda: c.s3.delete_object(Bucket=BUCKET, Key=key, VersionId=version), request=request)

    steps = ((50, put), (15, delete), (25, forget))

    # ---- what is there ----
    def listed(self, c):
        """key → [(version id, is a marker, is the latest, ETag, size)], newest first."""
        rows, token = {}, {}
        while True:
            page = c.s3.list_object_versions(Bucket=BUCKET, MaxKeys=11, **token)
            # Two lists, each in order: what has a later date stands before, and of one second the ids tell nothing.
            for kind in ("Versions", "DeleteMarkers"):
                for v in page.get(kind, []):
                    rows.setdefault(v["Key"], []).append((v["VersionId"], kind != "Versions", v["IsLatest"], v.get("ETag", "").strip('"'), v.get("Size")))
            if not page["IsTruncated"]:
                return rows
            token = {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]}

    def adopt(self, key, version, value, problems):
        """A version whose id no answer told: a request that was cut off has made it."""
        if value == "marker":
            of = next((m for m in self.markers if m[0] == key), None)
            if of:
                self.markers.remove(of)
        else:
            of = self.nameless.get(int(value[1] or 0))
            if of and of[0] == key and md5(body(int(value[1]))) == value[0]:
                del self.nameless[int(value[1])]
            else:
                of = None
        if of:
            self.named(key, version, of[1], value)
        else:
            problems.append(f"version {key} {version}: nobody made it, {value}")

    def check(self, cloud, c):
        problems, found, there = [], {}, {}
        for key, rows in self.listed(c).items():
            for version, marker, latest, etag, size in rows:
                value, fetched = ("marker", None) if marker else fetch(c.s3, problems, Bucket=BUCKET, Key=key, VersionId=version)
                if not marker and (not value or (etag, size) != (value[0], fetched)):
                    problems.append(f"version {key} {version}: listed with {etag}, {size}; fetched: {value}, {fetched}")
                found[key, version] = value
                if (key, version) not in self.versions:
                    self.adopt(key, version, value, problems)
                if latest and not marker:
                    there[key] = (etag, size)
            self.check_latest(c, key, rows, found, problems)
        for key, version in [v for v, r in self.versions.items() if v not in found and not r.possible() - {None}]:
            del self.versions[key, version], self.order[key, version]
        self.versions.compare(found, problems)
        self.nameless, self.markers = {}, []
        check_lists(c.s3, BUCKET, there, problems)
        return problems

    def check_latest(self, c, key, rows, found, problems):
        """The newest is what the key alone gives, and none that began after its answer is behind it."""
        latest = [r for r in rows if r[2]]
        if len(latest) != 1:
            problems.append(f"versions of {key}: {len(latest)} are the latest")
            return
        value, _ = fetch(c.s3, problems, Bucket=BUCKET, Key=key)
        if value != (None if latest[0][1] else found[key, latest[0][0]]):
            problems.append(f"version {key}: the latest is {found[key, latest[0][0]]}, and the key alone gives {value}")
        for marker in (False, True):  # each of the two lists is newest first
            ordered = [self.order[key, r[0]] for r in rows if r[1] == marker and (key, r[0]) in self.order]
            for newer, older in zip(ordered, ordered[1:]):
                if newer.ended is not None and newer.ended < older.begun:
                    problems.append(f"versions of {key}: {newer.what} stands before {older.what}, which came later")
        top = self.order.get((key, latest[0][0]))
        for version, *_ in rows:
            other = self.order.get((key, version))
            if top and other and top.ended is not None and top.ended < other.begun:
                problems.append(f"versions of {key}: the latest is {top.what}, and {other.what} came later")

    def harms(self, c):
        def top(marker):
            return next((k, v[0]) for k, rows in self.listed(c).items() for v in rows if v[1] == marker)

        def lose(marker):
            key, version = top(marker)
            c.s3.delete_object(Bucket=BUCKET, Key=key, VersionId=version)
        return [("a version is lost", lambda: lose(False)), ("a marker is lost", lambda: lose(True)),
                ("a version that nobody made", lambda: c.s3.put_object(Bucket=BUCKET, Key=KEYS[0], Body=b"x"))]
