#!/usr/bin/env python3
"""Generate src/aws/model/*.c from service models: ours in tools/models, AWS's of an installed botocore.

    tools/genapi.py [BOTOCORE_DATA] [--query OLDER_BOTOCORE_DATA] [--out src/aws/model]

Facts only (names, types, locations, bounds, patterns, enums, paths): no documentation text. Shapes
are written for the operations that have a row in their service's ops.def; every other operation gets
its name, method and path, so that it can be refused by name. The data are those of the botocore that
python3 imports. --query names the data of a botocore that still has SQS as a query service (1.29, as
Debian 12 has it): its element names serve old clients. tools/regen.sh runs this and what follows from it.
"""
import argparse, ast, gzip, importlib.util, json, pathlib, re, sys

from genapi_pattern import compile_pattern, unicode_table

HERE = pathlib.Path(__file__).parent
OURS = HERE / "models"
# What the models do not say of a service is in its room: src/ROOM/traits, a Python literal, each fact with its
# source. A room with an ops.def and without traits is refused, as is a trait that is not in this list:
TRAIT_NAMES = {
    "model": "the folder in tools/models, or else botocore's",
    "name": "the service's; that of its room's folder when not given",
    "dialect": "how it spells what aws itself answers: S3, QUERY, JSON, REST_JSON (src/aws/model.h)",
    "older_query": "JSON in the newest model, but a query service before: names come from --query's model too",
    "mend": "a function of this file that corrects the model before it is written",
    "not_routing": "required query members that belong to the request, not to the choice of the operation",
    "ops": "traits of single operations: foreign_checksum, max_body, bare_output, root",
    "any_case": "enums of which either case is taken and answered",
    # What goes into struct api_service (src/aws/model.h), by its names there.
    "xml_namespace": 0, "error_prefix": 0, "request_id_header": 0, "host_id_header": 0, "crc32": 0, "gzip": 0,
    "bucket_hosts": 0, "form_upload": 0, "url_member": 0, "signature_keys": 0, "max_body": 0,
    "strict_header": 0,
    # What a request means that carries no sign of its service: "request", "form", "dated path".
    "fallback": 0,
}


def mend_receive(shapes):
    """ReceiveMessage's AttributeNames name attributes of messages; the model gives it those of queues, which it takes too."""
    names = shapes["ReceiveMessageRequest"]["members"]["AttributeNames"]
    both = shapes["MessageSystemAttributeName"]["enum"] + shapes["QueueAttributeName"]["enum"]
    shapes["ReceiveAttributeName"] = {"type": "string", "enum": list(dict.fromkeys(both))}
    shapes["ReceiveAttributeNameList"] = json.loads(json.dumps(shapes[names["shape"]]))
    shapes["ReceiveAttributeNameList"]["member"]["shape"] = "ReceiveAttributeName"
    names["shape"] = "ReceiveAttributeNameList"


def mend_events(shapes):
    """A stack is a resource of its own events and has its own statuses there (DescribeStackEvents, examples)."""
    both = shapes["ResourceStatus"]["enum"] + shapes["StackStatus"]["enum"]
    shapes["ResourceStatus"]["enum"] = list(dict.fromkeys(both))


def mend_sources(shapes):
    """Simulations answer "IAM Policy" and the like for the types that the model names otherwise (aws iam simulate-principal-policy, recorded)."""
    shapes["PolicySourceType"]["enum"] += ["IAM Policy", "Resource Policy", "Permissions Boundary Policy"]


FALLBACKS = {"request": "api_default", "form": "api_default_form", "dated path": "api_default_dated"}
MENDS = {"mend_receive": mend_receive, "mend_events": mend_events, "mend_sources": mend_sources}
DEFAULTS = {"request_id_header": "x-amzn-RequestId", "gzip": True}
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
    def __init__(self, name, index, traits, model, wanted, source):
        self.name, self.index, self.model, self.wanted, self.source = name, index, model, wanted, source
        self.traits = {**DEFAULTS, **traits}
        self.op_traits = self.traits.get("ops", {})
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
        return f"&shapes[shape_{shape}]" if shape else "NULL"

    def pattern(self, text, shape):
        """Called after the first shape that has it."""
        return f"&pattern_{self.patterns.setdefault(text, shape)}"

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
            ("API_LONG", s["type"] == "long"), ("API_ANY_CASE", name in self.traits.get("any_case", ()))) if on]
        members, enum = self.members(s), s.get("enum")
        payload = list(members).index(s["payload"]) if s.get("payload") in members else -1
        item = s.get("member") or s.get("value")
        default = "member" if "member" in s else "value"
        fields = [f".name = {S(name)}", f".type = {TYPES[s['type']]}", f".flags = {' | '.join(flags) or 0}",
                  f".payload = {payload}"]
        if members: fields += [f".n = {len(members)}", f".members = members_{name}"]
        if enum: fields += [f".n = {len(enum)}", f".values = values_{name}"]
        if "min" in s: fields.append(f".min = {int(s['min'])}")
        if "max" in s: fields.append(f".max = {int(s['max'])}")
        if "pattern" in s: fields.append(f".pattern = {self.pattern(s['pattern'], name)}")
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
        pairs = [p for p in pairs if p[0] not in self.traits.get("not_routing", ())]
        traits = self.op_traits.get(name, {})
        shape = lambda k: self.symbol(op[k]["shape"]) if modelled and k in op else "NULL"
        result = traits.get("root") or op.get("output", {}).get("resultWrapper")
        fields = [f".name = {S(name)}", f".method = {S(op['http']['method'])}", f".path = {S(path)}",
                  f".status = {op['http'].get('responseCode', 200)}"]
        if pairs: fields += [f".query = query_{name}", f".n_query = {len(pairs)}"]
        if header: fields.append(f".required_header = {S(header)}")
        if modelled: fields += [".modelled = true", f".in = {shape('input')}", f".out = {shape('output')}"]
        if op.get("deprecated"): fields.append(".older = true")
        if op.get("authtype") == "none": fields.append(".unsigned_too = true")
        if traits.get("bare_output"): fields.append(".bare_output = true")
        if traits.get("foreign_checksum"): fields.append(".foreign_checksum = true")
        if traits.get("max_body"): fields.append(f".max_body = {traits['max_body']}u")
        if result: fields.append(f".result = {S(result)}")
        return "    {" + ", ".join(fields) + "},", pairs

    def trait_fields(self):
        t = self.traits
        fields = [f".index = {self.index}", f".dialect = AWS_DIALECT_{t['dialect']}"]
        fields += [f".{n} = {S(t[n])}" for n in ("error_prefix", "request_id_header", "host_id_header", "form_upload",
                                                 "url_member", "signature_keys", "strict_header") if n in t]
        if "max_body" in t: fields.append(f".max_body = {t['max_body']}u")
        return fields + [f".{n} = true" for n in ("crc32", "gzip", "bucket_hosts") if t.get(n)]

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
        plain, out = self.plain(), []
        shape_rows = [self.shape_row(n, plain) for n in self.order]
        for text, shape in self.patterns.items():
            code = ", ".join(hex(w) if w > 9 else str(w) for w in compile_pattern(text))
            out.append(f"static const uint32_t code_{shape}[] = {{{code}}};")
            out.append(f"static const struct api_pattern pattern_{shape} = {{{quoted(text)}, code_{shape}}};")
        if self.order:
            out += ["enum {"] + [f"    shape_{n}," for n in self.order] + ["    N_SHAPES", "};"]
            out.append("static const struct api_shape shapes[N_SHAPES];\n")
        for n in self.order:
            s = self.shapes[n]
            if self.members(s):
                out.append(f"static const struct api_member members_{n}[] = {{")
                out += [f"    {self.member_row(s, m, r)}," for m, r in self.members(s).items()] + ["};"]
            if s.get("enum"):
                out.append(f"static const str values_{n}[] = {{{', '.join(S(v) for v in s['enum'])}}};")
        if self.order:
            out += ["\nstatic const struct api_shape shapes[N_SHAPES] = {"] + shape_rows + ["};\n"]
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
                  f".xml_namespace = {S(md.get('xmlNamespace') or self.traits.get('xml_namespace'))}",
                  f".protocols = {protocols}", f".query_compatible = {'true' if 'awsQueryCompatible' in md else 'false'}",
                  ".ops = ops", ".n_ops = sizeof ops / sizeof ops[0]"]
        fields += self.trait_fields()
        if errors: fields += [".errors = errors", ".n_errors = sizeof errors / sizeof errors[0]"]
        out.append(f"const struct api_service api_{self.name} = {{\n    " + ",\n    ".join(fields) + ",\n};")
        return (f"/* Generated by tools/genapi.py from {self.source} service model; facts only. Do not edit. */\n"
                "/* clang-format off */\n#include \"aws/model.h\"\n\n" + "\n".join(out) + "\n")


def read_rooms(src):
    """Room -> its traits, in the order of src/LAYERS."""
    rooms = [line.split(":")[0].strip() for line in (src / "LAYERS").read_text().splitlines()
             if ":" in line and not line.startswith("#")]
    return {room: ast.literal_eval((src / room / "traits").read_text())
            for room in rooms if (src / room / "traits").exists()}


def name_of(room, traits):
    return traits.get("name", room.rpartition("/")[2])


def check_traits(room, traits):
    for trait in traits:
        if trait not in TRAIT_NAMES:
            sys.exit(f"{room}/traits: there is no trait '{trait}' (TRAIT_NAMES in tools/genapi.py)")
    for trait in ("model", "dialect"):
        if trait not in traits:
            sys.exit(f"{room}/traits: it has no '{trait}'")
    if traits.get("mend", "mend_events") not in MENDS:
        sys.exit(f"{room}/traits: there is no function '{traits['mend']}' (MENDS in tools/genapi.py)")


def find_rows(src, rooms):
    """Room -> the operations of its ops.def."""
    rows = {room: set() for room in rooms}
    for page in sorted(src.rglob("ops.def")):
        room = page.parent.relative_to(src).as_posix()
        if room not in rooms:
            sys.exit(f"{room} has an ops.def, but no traits, or no line in src/LAYERS")
        rows[room].update(re.findall(r"^OP(?:_IN)?\((\w+),", page.read_text(), re.M))
    return rows


def installed():
    """The data of the botocore that python3 imports, without importing it."""
    spec = importlib.util.find_spec("botocore")
    return pathlib.Path(spec.origin).parent / "data" if spec else None


def fallback(services, kind):
    names = [n for n, t in services.items() if t.get("fallback") == kind]
    if len(names) != 1:
        sys.exit(f"the fallback of a {kind} is not one service but {names} (src/*/traits)")
    return f"&api_{names[0]}"


def write_services(out, services):
    head = "/* Generated by tools/genapi.py from src/LAYERS and the rooms' traits. Do not edit. */\n"
    lists = f"extern const struct api_service {', '.join('api_' + n for n in services)};\n"
    (out / "services.h").write_text(
        f"#pragma once\n/* clang-format off */\n{head}enum {{ API_N_SERVICES = {len(services)} }};\n{lists}")
    (out / "services.c").write_text(
        f"{head}#include \"aws/model.h\"\n\n"
        "const struct api_service *const api_services[] = {\n" +
        "".join(f"    &api_{n},\n" for n in services) + "    NULL,\n};\n" +
        "".join(f"const struct api_service *const {variable} = {fallback(services, kind)};\n"
                for kind, variable in FALLBACKS.items()))
    files = sorted(f"{n}.c" for n in ["services", "unicode", *services])
    (out / "meson.build").write_text(
        "# Generated by tools/genapi.py.\napi_models = files(\n" + "".join(f"  '{f}',\n" for f in files) + ")\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="?", default=installed())
    parser.add_argument("--query", default="/usr/lib/python3/dist-packages/botocore/data")
    parser.add_argument("--out", default=str(HERE.parent / "src/aws/model"))
    args = parser.parse_args()
    if not args.data:
        sys.exit("python3 has no botocore: say where one's data are")
    out, src = pathlib.Path(args.out), HERE.parent / "src"
    rooms = read_rooms(src)
    rows = find_rows(src, rooms)
    for index, (room, traits) in enumerate(rooms.items()):
        check_traits(room, traits)
        ours = (OURS / traits["model"]).exists()
        model = load(OURS if ours else args.data, traits["model"])
        if traits.get("older_query"):
            merge_query(model, load(args.query, traits["model"]))
        if "mend" in traits:
            MENDS[traits["mend"]](model["shapes"])
        missing = (rows[room] | set(traits.get("ops", ()))) - set(model["operations"])
        if missing:
            sys.exit(f"{room}: no such operation: {', '.join(sorted(missing))}")
        name = name_of(room, traits)
        source = "our own" if ours else "botocore's"
        (out / f"{name}.c").write_text(Service(name, index, traits, model, rows[room], source).write())
    write_services(out, {name_of(room, traits): traits for room, traits in rooms.items()})
    (out / "unicode.c").write_text(unicode_table())


if __name__ == "__main__":
    main()
