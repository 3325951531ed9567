#!/usr/bin/env python3
"""Generate src/aws/model/*.c from the service models of an installed botocore.

    tools/genapi.py BOTOCORE_DATA --query OLDER_BOTOCORE_DATA [--out src/aws/model]

Facts only (names, types, locations, bounds, patterns, enums, paths): no documentation text. Shapes
are written for the operations in tools/api-operations.txt; every other operation gets its name,
method and path, so that it can be refused by name. --query names the data of a botocore that still has
SQS as a query service (1.29, /usr/lib/python3/dist-packages/botocore/data on Debian 12): its element
names serve old clients.
"""
import argparse, gzip, json, pathlib, sys

from genapi_pattern import compile_pattern, unicode_table

HERE = pathlib.Path(__file__).parent
SERVICES = {  # ours -> botocore's folder
    "s3": "s3/2006-03-01", "dynamodb": "dynamodb/2012-08-10", "lambda": "lambda/2015-03-31",
    "sns": "sns/2010-03-31", "sqs": "sqs/2012-11-05", "cloudwatch": "cloudwatch/2010-08-01",
    "logs": "logs/2014-03-28", "iam": "iam/2010-05-08", "sts": "sts/2011-06-15",
    "cloudformation": "cloudformation/2010-05-15",
}
# What the models do not say: the document element of S3's answers (API reference, response syntax).
S3_ROOTS = {
    "ListBuckets": "ListAllMyBucketsResult", "ListObjects": "ListBucketResult",
    "ListObjectsV2": "ListBucketResult", "ListObjectVersions": "ListVersionsResult",
    "ListMultipartUploads": "ListMultipartUploadsResult", "ListParts": "ListPartsResult",
    "CreateMultipartUpload": "InitiateMultipartUploadResult",
    "CompleteMultipartUpload": "CompleteMultipartUploadResult", "DeleteObjects": "DeleteResult",
    "GetBucketAcl": "AccessControlPolicy", "GetObjectAcl": "AccessControlPolicy",
    "GetBucketTagging": "Tagging", "GetObjectTagging": "Tagging",
    "GetBucketVersioning": "VersioningConfiguration",
    "GetBucketLifecycleConfiguration": "LifecycleConfiguration",
    "GetBucketNotificationConfiguration": "NotificationConfiguration",
    "GetBucketCors": "CORSConfiguration", "GetBucketWebsite": "WebsiteConfiguration",
    "GetBucketLogging": "BucketLoggingStatus", "GetBucketLocation": "LocationConstraint",
    "GetBucketRequestPayment": "RequestPaymentConfiguration",
    "GetBucketAccelerateConfiguration": "AccelerateConfiguration",
    "GetObjectAttributes": "GetObjectAttributesResponse",
}
# Enums that are wider in practice than in the model.
ANY_CASE = {  # answered as "Prefix" and "Suffix" (GetBucketNotificationConfiguration, syntax), and taken back so
    "s3": {"FilterRuleName"},
}
MORE_VALUES = {  # a stack is a resource of its own events and has its own statuses there (DescribeStackEvents, examples)
    "cloudformation": {"ResourceStatus": "StackStatus"},
}
PROTOCOLS = {"json": "API_JSON", "query": "API_QUERY", "rest-xml": "API_REST_XML",
             "rest-json": "API_REST_JSON", "smithy-rpc-v2-cbor": "API_CBOR"}
TYPES = {"structure": "API_STRUCTURE", "list": "API_LIST", "map": "API_MAP", "string": "API_STRING",
         "character": "API_STRING", "boolean": "API_BOOLEAN", "integer": "API_INTEGER",
         "long": "API_INTEGER", "float": "API_DOUBLE", "double": "API_DOUBLE",
         "timestamp": "API_TIMESTAMP", "blob": "API_BLOB"}
LOCATIONS = {None: "API_IN_BODY", "uri": "API_IN_URI", "querystring": "API_IN_QUERY",
             "header": "API_IN_HEADER", "headers": "API_IN_HEADERS", "statusCode": "API_IN_STATUS"}
TIMES = {None: "API_TIME_DEFAULT", "iso8601": "API_TIME_ISO8601", "rfc822": "API_TIME_RFC822",
         "unixTimestamp": "API_TIME_UNIX"}


def load(data, folder):
    for name, opener in (("service-2.json.gz", gzip.open), ("service-2.json", open)):
        path = pathlib.Path(data) / folder / name
        if path.exists():
            with opener(path) as f:
                return json.load(f)
    sys.exit(f"{data}/{folder}: no service-2.json")


def quoted(text):
    out = []
    for b in text.encode():
        c = chr(b)
        out.append(f"\\{c}" if c in '"\\' else c if 32 <= b < 127 and c != "?" else f"\\{b:03o}")
    return '"' + "".join(out) + '"'


def S(text):
    return "{NULL, 0}" if text is None else f"S_INIT({quoted(text)})"


def merge_query(model, older):
    """Puts the query form's names (locationName, resultWrapper, error codes) into a JSON-only model."""
    for name, old in older["shapes"].items():
        new = model["shapes"].get(name)
        if not new or new["type"] != old["type"]:
            continue
        for trait in ("locationName", "flattened", "error"):
            if trait in old:
                new.setdefault(trait, old[trait])
        for part in ("member", "key", "value"):
            if part in old and part in new and "locationName" in old[part]:
                new[part].setdefault("locationName", old[part]["locationName"])
        for m, ref in old.get("members", {}).items():
            for trait in ("locationName", "flattened"):
                if m in new.get("members", {}) and trait in ref:
                    new["members"][m].setdefault(trait, ref[trait])
    for name, op in model["operations"].items():
        if "output" in op:
            op["output"].setdefault("resultWrapper", name + "Result")
    model["metadata"]["protocols"].append("query")


class Service:
    def __init__(self, name, model, wanted):
        self.name, self.model, self.wanted = name, model, wanted
        self.shapes = model["shapes"]
        self.order, self.patterns = [], {}

    def reach(self, shape):
        stack = [shape]
        while stack:
            name = stack.pop()
            if name in self.seen:
                continue
            self.seen.add(name)
            self.order.append(name)
            for ref in self.refs(self.shapes[name]):
                stack.append(ref["shape"])

    def refs(self, shape):
        yield from self.members(shape).values()
        for part in ("member", "key", "value"):
            if part in shape:
                yield shape[part]

    def members(self, shape):
        # Event streams are not supported: a structure shows them only by the operation's refusal.
        return {m: r for m, r in shape.get("members", {}).items()
                if not self.shapes[r["shape"]].get("eventstream")}

    def plain(self):
        """Shapes whose documents look the same in JSON, as the greatest fixpoint."""
        plain = set(self.order)
        def fits(name):
            shape = self.shapes[name]
            for ref in self.refs(shape):
                if ref.get("location") or ref["shape"] not in plain:
                    return False
                if ref.get("timestampFormat", "unixTimestamp") != "unixTimestamp":
                    return False
            return shape.get("timestampFormat", "unixTimestamp") == "unixTimestamp"
        while True:
            left = {n for n in plain if fits(n)}
            if left == plain:
                return plain
            plain = left

    def symbol(self, shape):
        return f"&shapes[{self.index[shape]}]" if shape else "NULL"

    def pattern(self, text):
        if text not in self.patterns:
            self.patterns[text] = (len(self.patterns), compile_pattern(text))
        return f"&patterns[{self.patterns[text][0]}]"

    def member_row(self, shape, name, ref):
        target = self.shapes[ref["shape"]]
        flat = ref.get("flattened") or target.get("flattened")
        wire = ref.get("locationName")
        if flat and target["type"] == "list":
            wire = target["member"].get("locationName") or wire
        wire = wire or target.get("locationName") or name
        flags = [f for f, on in (
            ("API_REQUIRED", name in shape.get("required", [])), ("API_FLATTENED", flat),
            ("API_ATTRIBUTE", ref.get("xmlAttribute")),
            ("API_STREAMING", ref.get("streaming") or target.get("streaming")),
            ("API_TOKEN", ref.get("idempotencyToken")), ("API_LONG_NAME", wire != name)) if on]
        ns = ref.get("xmlNamespace") or target.get("xmlNamespace") or {}
        time = ref.get("timestampFormat") or target.get("timestampFormat")
        return (f"{{{S(name)}, {S(wire)}, {self.symbol(ref['shape'])}, {LOCATIONS[ref.get('location')]}, "
                f"{' | '.join(flags) or 0}, {TIMES[time]}, {S(ns.get('prefix'))}, {S(ns.get('uri') if ns.get('prefix') else None)}}}")

    def shape_row(self, name, plain):
        s = self.shapes[name]
        flags = [f for f, on in (
            ("API_HAS_MIN", "min" in s), ("API_HAS_MAX", "max" in s), ("API_PLAIN", name in plain),
            ("API_SENSITIVE", s.get("sensitive")), ("API_UNION", s.get("union")),
            ("API_LONG", s["type"] == "long"), ("API_ANY_CASE", name in ANY_CASE.get(self.name, ()))) if on]
        members, enum = self.members(s), s.get("enum")
        payload = list(members).index(s["payload"]) if s.get("payload") in members else -1
        item = s.get("member") or s.get("value")
        default = "member" if "member" in s else "value"
        fields = [f".name = {S(name)}", f".type = {TYPES[s['type']]}", f".flags = {' | '.join(flags) or 0}",
                  f".payload = {payload}"]
        if members: fields += [f".n = {len(members)}", f".members = members_{self.index[name]}"]
        if enum: fields += [f".n = {len(enum)}", f".values = values_{self.index[name]}"]
        if "min" in s: fields.append(f".min = {int(s['min'])}")
        if "max" in s: fields.append(f".max = {int(s['max'])}")
        if "pattern" in s: fields.append(f".pattern = {self.pattern(s['pattern'])}")
        if item:
            fields += [f".element = {self.symbol(item['shape'])}",
                       f".element_wire = {S(item.get('locationName', default))}"]
        if "key" in s:
            fields += [f".key = {self.symbol(s['key']['shape'])}",
                       f".key_wire = {S(s['key'].get('locationName', 'key'))}"]
        return "    {" + ", ".join(fields) + "},"

    def op_query(self, op):
        path, _, query = op["http"]["requestUri"].partition("?")
        pairs = [tuple(p.split("=", 1)) if "=" in p else (p, None) for p in query.split("&") if p]
        shape = self.shapes[op["input"]["shape"]] if "input" in op else {}
        header = None
        for m, ref in shape.get("members", {}).items():
            if m in shape.get("required", []):
                if ref.get("location") == "querystring": pairs.append((ref["locationName"], None))
                if ref.get("location") == "header" and ref["locationName"].endswith("-source"):
                    header = ref["locationName"]
        return path, pairs, header

    def op_row(self, name):
        op, modelled = self.model["operations"][name], name in self.wanted
        path, pairs, header = self.op_query(op)
        if self.name == "lambda":  # tagKeys belong to the request, not to the routing
            pairs = [p for p in pairs if p[0] != "tagKeys"]
        shape = lambda k: self.symbol(op[k]["shape"]) if modelled and k in op else "NULL"
        result = S3_ROOTS.get(name) if self.name == "s3" else op.get("output", {}).get("resultWrapper")
        fields = [f".name = {S(name)}", f".method = {S(op['http']['method'])}", f".path = {S(path)}",
                  f".status = {op['http'].get('responseCode', 200)}"]
        if pairs: fields += [f".query = query_{name}", f".n_query = {len(pairs)}"]
        if header: fields.append(f".required_header = {S(header)}")
        if modelled: fields += [".modelled = true", f".in = {shape('input')}", f".out = {shape('output')}"]
        if op.get("deprecated"): fields.append(".older = true")
        if op.get("httpChecksum", {}).get("requestChecksumRequired"): fields.append(".checksum_required = true")
        if name == "GetBucketLocation": fields.append(".bare_output = true")
        if result: fields.append(f".result = {S(result)}")
        return "    {" + ", ".join(fields) + "},", pairs

    def errors(self):
        rows = []
        for name, s in sorted(self.shapes.items()):
            if s.get("exception"):
                e = s.get("error", {})
                fault = s.get("fault", False) or e.get("httpStatusCode", 400) >= 500
                rows.append(f"    {{{S(name)}, {S(e.get('code', name))}, "
                            f"{e.get('httpStatusCode', 500 if fault else 400)}, {'false' if fault else 'true'}}},")
        return rows

    def write(self):
        self.seen = set()
        for op in sorted(self.wanted):
            for side in ("input", "output"):
                if side in self.model["operations"][op]:
                    self.reach(self.model["operations"][op][side]["shape"])
        self.order.sort()
        self.index = {n: i for i, n in enumerate(self.order)}
        plain, out = self.plain(), []
        shape_rows = [self.shape_row(n, plain) for n in self.order]
        for text, (i, code) in self.patterns.items():
            out.append(f"static const uint32_t pattern_{i}[] = {{{', '.join(hex(w) if w > 9 else str(w) for w in code)}}};")
        if self.patterns:
            out.append("static const struct api_pattern patterns[] = {")
            out += [f"    {{{quoted(t)}, pattern_{i}}}," for t, (i, _) in self.patterns.items()]
            out.append("};")
        out.append(f"static const struct api_shape shapes[{len(self.order)}];\n")
        for n in self.order:
            s, i = self.shapes[n], self.index[n]
            if self.members(s):
                out.append(f"static const struct api_member members_{i}[] = {{ /* {n} */")
                out += [f"    {self.member_row(s, m, r)}," for m, r in self.members(s).items()] + ["};"]
            if s.get("enum"):
                out.append(f"static const str values_{i}[] = {{{', '.join(S(v) for v in s['enum'])}}}; /* {n} */")
        out += [f"\nstatic const struct api_shape shapes[{len(self.order)}] = {{"] + shape_rows + ["};\n"]
        ops = []
        for name in sorted(self.model["operations"]):
            row, pairs = self.op_row(name)
            ops.append(row)
            if pairs:
                out.append(f"static const struct api_query query_{name}[] = "
                           f"{{{', '.join(f'{{{S(k)}, {S(v)}}}' for k, v in pairs)}}};")
        out += ["\nstatic const struct api_op ops[] = {"] + ops + ["};\n"]
        errors = self.errors()
        if errors:
            out += ["static const struct api_error errors[] = {"] + errors + ["};\n"]
        md = self.model["metadata"]
        protocols = " | ".join(PROTOCOLS[p] for p in md.get("protocols", [md["protocol"]]))
        fields = [f".name = {S(self.name)}", f".endpoint = {S(md['endpointPrefix'])}",
                  f".signing_name = {S(md.get('signingName', md['endpointPrefix']))}",
                  f".target_prefix = {S(md.get('targetPrefix'))}", f".json_version = {S(md.get('jsonVersion'))}",
                  f".version = {S(md['apiVersion'])}",
                  f".xml_namespace = {S(md.get('xmlNamespace') or XML_NAMESPACES.get(self.name))}",
                  f".protocols = {protocols}", f".query_compatible = {'true' if 'awsQueryCompatible' in md else 'false'}",
                  ".ops = ops", ".n_ops = sizeof ops / sizeof ops[0]"]
        if errors: fields += [".errors = errors", ".n_errors = sizeof errors / sizeof errors[0]"]
        out.append(f"const struct api_service api_{self.name} = {{\n    " + ",\n    ".join(fields) + ",\n};")
        return ("/* Generated by tools/genapi.py from botocore's service model; facts only. Do not edit. */\n"
                "/* clang-format off */\n#include \"aws/model.h\"\n\n" + "\n".join(out) + "\n")


def mend_receive(model):
    """ReceiveMessage's AttributeNames name attributes of messages; the model gives it those of queues, which it takes too."""
    shapes = model["shapes"]
    names = shapes["ReceiveMessageRequest"]["members"]["AttributeNames"]
    both = shapes["MessageSystemAttributeName"]["enum"] + shapes["QueueAttributeName"]["enum"]
    shapes["ReceiveAttributeName"] = {"type": "string", "enum": list(dict.fromkeys(both))}
    shapes["ReceiveAttributeNameList"] = json.loads(json.dumps(shapes[names["shape"]]))
    shapes["ReceiveAttributeNameList"]["member"]["shape"] = "ReceiveAttributeName"
    names["shape"] = "ReceiveAttributeNameList"


XML_NAMESPACES = {"s3": "http://s3.amazonaws.com/doc/2006-03-01/",
                  "sqs": "http://queue.amazonaws.com/doc/2012-11-05/"}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("--query", required=True)
    parser.add_argument("--out", default=str(HERE.parent / "src/aws/model"))
    args = parser.parse_args()
    wanted = {}
    for line in (HERE / "api-operations.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            service, op = line.split()
            wanted.setdefault(service, set()).add(op)
    out = pathlib.Path(args.out)
    for name, folder in SERVICES.items():
        model = load(args.data, folder)
        if name == "sqs":
            merge_query(model, load(args.query, folder))
            mend_receive(model)
        for shape, other in MORE_VALUES.get(name, {}).items():
            both = model["shapes"][shape]["enum"] + model["shapes"][other]["enum"]
            model["shapes"][shape]["enum"] = list(dict.fromkeys(both))
        missing = wanted[name] - set(model["operations"])
        if missing:
            sys.exit(f"{name}: no such operation: {', '.join(sorted(missing))}")
        (out / f"{name}.c").write_text(Service(name, model, wanted[name]).write())
    (out / "unicode.c").write_text(unicode_table())


if __name__ == "__main__":
    main()
