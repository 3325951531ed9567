#!/usr/bin/env python3
"""Every modelled operation, spoken by an installed botocore in every protocol it knows.

    roundtrip.py ECHO_SERVER [service...]

For each operation an input is made up from botocore's own model (patterns included), sent, and
compared with what the handler got; then an output is made up, sent back, and compared with what
botocore read. Exits 77 (skipped) without botocore.
"""
import datetime, json, os, pathlib, random, sys, tempfile

try:
    import botocore.session
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError
except ImportError:
    sys.exit(77)

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests/lib")]
os.environ["AWS_DATA_PATH"] = str(ROOT / "tools/models")  # our own services
from genapi import find_rows, read_rooms  # noqa: E402
from genapi_pattern import NO_LIMIT, NEGATED, LETTERS, Parser  # noqa: E402
from server import Server  # noqa: E402

KEY, SECRET = "AKIAROOT000000000000", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
ODD = ["plain", "with space", "a<b>&\"c'", "é€😀", "x=y&z=%20+", "{\"json\": [1]}", "line\nline"]
rng = random.Random(4566)


# ---- Strings that match a pattern, from its syntax tree ----

def from_class(flags, ranges):
    if not flags & NEGATED:
        return chr(rng.randint(*rng.choice(ranges))) if ranges else "L"
    for c in rng.sample("abcXYZ019-_./", 13) + ["é"]:
        if not any(low <= ord(c) <= high for low, high in ranges):
            return c
    return "~"


def from_tree(node):
    kind = node[0]
    if kind == "class":
        c = from_class(node[1], node[2])
        if node[1] & NEGATED:
            return c
        # Control characters and spaces are cut or refused on the way (headers, XML), so not here.
        return c if c > " " and not 0x7F <= ord(c) < 0xA0 and not 0xD800 <= ord(c) < 0xE000 and ord(c) not in (0xFFFE, 0xFFFF) else "-" if 45 in [
            x for low, high in node[2] for x in range(low, min(high, low + 200) + 1)] else chr(node[2][-1][0] + 1) if node[2] else "L"
    if kind == "seq":
        return "".join(map(from_tree, node[1]))
    if kind == "alt":
        return from_tree(rng.choice(node[1]))
    if kind == "repeat":
        low, high = node[1], node[2] if node[2] != NO_LIMIT else node[1] + rng.choice([3, 12, 50])
        return "".join(from_tree(node[3]) for _ in range(rng.randint(low, max(low, min(high, low + 60)))))
    return ""


def string(shape, ascii_only):
    meta = shape.metadata
    low, high = meta.get("min", 0), meta.get("max", 1 << 20)
    if shape.enum if hasattr(shape, "enum") else meta.get("enum"):
        return rng.choice(meta["enum"])
    if "pattern" in meta:
        if "(?!" in meta["pattern"] or "(?<" in meta["pattern"]:
            return "sample-a"
        try:
            tree = Parser(meta["pattern"]).alternation()
        except ValueError:  # an older model's
            return NotImplemented
        for _ in range(200):
            text = from_tree(tree)
            if low <= len(text) <= high and (not ascii_only or text.isascii()):
                if text.strip() == text and text and not (shape.name == "policyDocumentType" and text.isdigit()):
                    return text  # botocore reads a policy as JSON where it can, so 3 would be a number
        return NotImplemented
    text = rng.choice(["plain", "with space", "a&b"] if ascii_only or high < 20 else ODD)
    return (text + "x" * max(0, low - len(text)))[:high] or "x"


# ---- Values: (what botocore is given, what the document holds) ----

class Make:
    def __init__(self, service, side):
        self.service, self.side = service, side

    def value(self, shape, depth, text_only=False):
        kind = shape.type_name
        if kind == "structure":
            # Forms and XML cannot say "an empty structure" or "an empty list".
            made = [self.structure(shape, depth) for _ in range(5)]
            return next((pair for pair in made if pair and pair[1]), None)
        if kind == "list":
            low = shape.metadata.get("min", 0)
            n = max(low, 0 if depth > 9 else 1 if depth > 6 else rng.randint(1, 3))
            n = min(n, shape.metadata.get("max", n))
            pairs = [self.value(shape.member, depth + 1, text_only) for _ in range(n)]
            pairs = [p for p in pairs if p]
            return ([p[0] for p in pairs], [p[1] for p in pairs]) if pairs else None
        if kind == "map":
            n = max(shape.metadata.get("min", 0), min(2, shape.metadata.get("max", 2)))
            given, doc = {}, {}
            for i in range(n):
                k, v = string(shape.key, True), self.value(shape.value, depth + 1, text_only)
                if k is NotImplemented or not v: return None
                if text_only or (k in given and not {"enum", "pattern"} & set(shape.key.metadata)): k = f"k{i}"
                given[k], doc[k] = v
            return (given, doc) if given else None
        if kind in ("string", "character"):
            s = string(shape, text_only)
            return None if s is NotImplemented else (s, s)
        if kind == "boolean":
            b = rng.choice([True, False])
            return b, b
        if kind in ("integer", "long"):
            low = shape.metadata.get("min", 0)
            n = rng.randint(int(low), int(min(shape.metadata.get("max", low + 1000), low + 1000)))
            return n, n
        if kind in ("float", "double"):
            d = min(rng.choice([0.5, 1.0, 12345.678]) + shape.metadata.get("min", 0), float(shape.metadata.get("max", 1e9)))
            return d, d
        if kind == "timestamp":
            t = rng.randint(1_500_000_000, 1_800_000_000)
            return datetime.datetime.fromtimestamp(t, datetime.timezone.utc), t
        if kind == "blob":
            import base64
            b = rng.choice([b"bytes\x00\xff", b"plain", b"{}"])
            return b, base64.b64encode(b).decode()
        raise ValueError(kind)

    def structure(self, shape, depth):
        given, doc = {}, {}
        names = list(shape.members)
        union = getattr(shape, "is_tagged_union", False)
        if union:
            names = [rng.choice([n for n in names if shape.members[n].type_name != "structure"] or names)]
        simple = [n for n in names if shape.members[n].type_name == "string"]
        for name in names:
            member = shape.members[name]
            required = union or name in shape.required_members or (depth > 4 and name in simple[:1])
            if not required and (depth > 4 or (depth and rng.random() < 0.4)):
                continue
            if member.serialization.get("eventstream") or getattr(member, "is_document_type", False):
                continue
            location = member.serialization.get("location")
            special = self.special(shape, name, member, location)
            if special is SKIP:
                continue
            pair = special or self.value(member, depth + 1, location is not None and location != "uri")
            if not pair:
                if required: return None
                continue
            given[name], doc[name] = pair
        return given, doc

    def special(self, shape, name, member, location):
        if name == shape.serialization.get("payload") and member.type_name == "blob":
            return (b"some bytes", None)
        if location == "statusCode":
            return 200, 200
        if self.service == "s3":
            if name == "Bucket" and location == "uri": return "some-bucket", "some-bucket"
            if name in S3_ADDED: return SKIP
            if name == "CopySource": return "other/key", "other/key"
            if name == "Expires": return SKIP  # boto writes and reads it as text
        if name == "TemplateBody": return "plain", "plain"  # boto parses it
        if shape.name == "ReceiveMessageRequest" and name in ("AttributeNames", "MessageSystemAttributeNames"):
            return ["All"], ["All"]  # botocore's enum is that of queues, ours that of messages
        if self.service == "sqs" and name == "QueueUrl" and self.side == "in":
            return QUEUE, QUEUE
        return None


SKIP = object()
# What the SDK computes or rewrites itself.
S3_ADDED = {"ContentMD5", "ContentLength", "ChecksumCRC32", "ChecksumCRC32C", "ChecksumSHA1", "ChecksumSHA256",
            "ChecksumCRC64NVME", "ChecksumAlgorithm", "ChecksumMode", "SSECustomerKey", "SSECustomerKeyMD5",
            "SSECustomerAlgorithm", "CopySourceSSECustomerKey", "CopySourceSSECustomerKeyMD5", "EncodingType",
            "CopySourceSSECustomerAlgorithm", "ChecksumSHA512", "ChecksumMD5", "ChecksumXXHASH64",
            "ChecksumXXHASH3", "ChecksumXXHASH128", "MpuObjectSize", "IfMatchInitiatedTime"}


def normal(v):
    """What botocore read, as documents have it."""
    import base64
    if isinstance(v, dict): return {k: normal(x) for k, x in v.items()}
    if isinstance(v, list): return [normal(x) for x in v]
    if isinstance(v, datetime.datetime): return int(v.timestamp())
    if isinstance(v, bytes): return base64.b64encode(v).decode()
    return v


def differs(want, got, path=""):
    """The first place where got lacks what want has, or None."""
    if want is None: return None
    if isinstance(want, dict):
        if not isinstance(got, dict): return f"{path}: {got!r}"
        for k, v in want.items():
            if k not in got:
                if v in ({}, [], None): continue
                return f"{path}.{k} is missing"
            d = differs(v, got[k], f"{path}.{k}")
            if d: return d
        return None
    if isinstance(want, list):
        if not isinstance(got, list) or len(got) != len(want): return f"{path}: {got!r} instead of {want!r}"
        return next((d for i, (a, b) in enumerate(zip(want, got)) if (d := differs(a, b, f"{path}[{i}]"))), None)
    return None if want == got else f"{path}: {got!r} instead of {want!r}"


def forced(protocol):
    """Makes botocore prefer a protocol, where it can choose (1.40 and later)."""
    for name in ("botocore.utils", "botocore.handlers", "botocore.args", "botocore.client", "botocore.model"):
        try:
            module = __import__(name, fromlist=["x"])
        except ImportError:
            continue
        if hasattr(module, "PRIORITY_ORDERED_SUPPORTED_PROTOCOLS"):
            rest = [p for p in module.PRIORITY_ORDERED_SUPPORTED_PROTOCOLS if p != protocol]
            module.PRIORITY_ORDERED_SUPPORTED_PROTOCOLS = (protocol, *rest)


def one(client, service, op, folder):
    """None, or what went wrong."""
    model = client.meta.service_model.operation_model(op)
    pair = Make(service, "in").structure(model.input_shape, 0) if model.input_shape else ({}, {})
    if not pair: return None if OLD_MODELS else "no input could be made up"
    given, doc = pair
    reply, want = {}, {}
    if model.output_shape:
        pair = Make(service, "out").structure(model.output_shape, 0)
        reply, want = (pair or ({}, {}))[1], (pair or ({}, {}))[1]
        payload = model.output_shape.serialization.get("payload")
        if payload and model.output_shape.members[payload].type_name == "blob":
            reply = {**reply, "(stream)" if service == "s3" else "(payload)": "some bytes"}
    (folder / "out.json").write_text(json.dumps(reply))
    (folder / "in.json").unlink(missing_ok=True)
    try:
        got = client._make_api_call(op, given)
    except (ClientError, BotoCoreError) as e:
        if OLD_MODELS and "regular expression" in str(e): return None  # patterns have changed since
        return f"answered {e}\n    input {given}"
    seen = json.loads((folder / "in.json").read_text())
    d = differs(doc, seen["in"])
    if d or seen["op"] != op:
        return f"handler got {seen['op']} {d}"
    d = differs(want, normal(got))
    return f"client read {d}" if d else None


def main():
    global QUEUE
    with tempfile.TemporaryDirectory(prefix="calotype-roundtrip-") as folder, Server(sys.argv[1], folder) as server:
        QUEUE = f"http://127.0.0.1:{server.port}/000000000000/q"
        done, failed = all_calls(server.port, pathlib.Path(folder))
    print(f"{done} calls with botocore {botocore.__version__}, {failed} failed")
    sys.exit(failed > 0 or done == 0)


def all_calls(port, folder):
    """(how many, how many of them failed)."""
    failed = done = 0
    rooms = read_rooms(ROOT / "src")
    for room, ops in find_rows(ROOT / "src", rooms).items():
        service = rooms[room]["model"].split("/")[0]
        if sys.argv[2:] and service not in sys.argv[2:]: continue
        protocols = [None] + (["json", "query", "smithy-rpc-v2-cbor"] if service == "cloudwatch" else [])
        for protocol in protocols:
            if protocol: forced(protocol)
            client = botocore.session.Session().create_client(
                service, endpoint_url=f"http://127.0.0.1:{port}", region_name="eu-north-1", aws_access_key_id=KEY,
                aws_secret_access_key=SECRET, config=Config(retries={"max_attempts": 0}, parameter_validation=True))
            known = set(client.meta.service_model.operation_names)
            for op in sorted(ops):
                if op not in known or (service, op) in NOT_HERE: continue
                for _ in range(2):
                    why = one(client, service, op, folder)
                    done += 1
                    if why:
                        failed += 1
                        print(f"{service}:{op} ({protocol or 'default'}): {why[:700]}")
                        break
    return done, failed


# Sent unsigned: the echo server's rows are not anonymous.
NOT_HERE = {("sts", "AssumeRoleWithSAML"), ("sts", "AssumeRoleWithWebIdentity")}
OLD_MODELS = tuple(map(int, botocore.__version__.split(".")[:2])) < (1, 40)

if __name__ == "__main__":
    main()
