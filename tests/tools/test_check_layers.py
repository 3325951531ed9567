"""tools/check-layers.py refuses each kind of breach, by file and line, and nothing else."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

TOOL = pathlib.Path(__file__).resolve().parents[2] / "tools/check-layers.py"
LAYERS = "# room : doors\nbase :\nstore : base\naws : base store\nsvc/a : base store aws\nsvc/kit : base aws\nall : *\nlast : base\n"
OPS = ("DoThings", "PutItem", "PutObject")
MODEL = "".join(f'    {{.name = S_INIT("{op}"), .method = S_INIT("POST")}},\n' for op in OPS)
MODELS = {f"aws/model/{name}.c": f"{MODEL}const struct api_service api_{name} = {{\n}};\n" for name in ("s3", "sqs")}


class Layers(unittest.TestCase):
    def check(self, files, *flags):
        """The tool's exit code, and its lines without the folder and the reason's tail."""
        with tempfile.TemporaryDirectory() as folder:
            for name, text in {"LAYERS": LAYERS, **MODELS, **files}.items():
                path = pathlib.Path(folder, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            done = subprocess.run([sys.executable, TOOL, *flags, folder], capture_output=True, text=True)
            self.assertEqual(done.stderr, "")
            return done.returncode, [line.removeprefix(folder + "/") for line in done.stdout.splitlines()]

    def refuse(self, name, text, start, *flags):
        code, lines = self.check({name: text}, *flags)
        self.assertEqual((code, len(lines)), (1, 1), lines)
        self.assertTrue(lines[0].startswith(start), lines[0])

    def accept(self, name, text, *flags):
        self.assertEqual(self.check({name: text}, *flags), (0, []))

    def test_includes(self):
        self.accept("aws/x.c", '#include "aws/x_priv.h"\n#include "store/store.h"\n#include <stdio.h>\n')
        self.refuse("store/x.c", '\n#include "aws/rq.h"\n', "store/x.c:2: store may not open aws")
        self.refuse("svc/a/x.c", '#include "aws/aws_priv.h"\n', "svc/a/x.c:1: aws/aws_priv.h is private to aws")
        self.refuse("aws/x.h", '#include "rq.h"\n', 'aws/x.h:1: "rq.h" is not written as room/file.h')
        self.refuse("new/x.c", '#include "base/str.h"\n', "new/x.c:1: the file's room has no entry")
        self.accept("store/x.c", '/*\n#include "aws/rq.h"\n*/\n')

    def test_a_star_is_all_rooms_before(self):
        self.accept("all/x.c", '#include "base/str.h"\n#include "svc/kit/op_table.h"\n#include "all/x.h"\n')
        self.refuse("all/x.c", '#include "last/x.h"\n', "all/x.c:1: all may not open last")

    def test_services_in_aws(self):
        self.refuse("aws/x.c", "\n\nif (api == &api_s3)\n", "aws/x.c:3: &api_s3: the shared layer")
        self.accept("aws/model/services.c", "&api_s3,\n")
        self.accept("svc/a/x.c", "    .api = &api_s3,\n")
        self.accept("aws/x.c", "/* not &api_s3 */\n")

    def test_the_name_of_the_whole_is_no_breach(self):
        """`calotype` is a service too."""
        own = {"aws/model/calotype.c": "const struct api_service api_calotype = {\n};\n"}
        self.assertEqual(self.check({**own, "aws/x.c": 'f("calotype does not implement it");\n'}), (0, []))
        self.assertEqual(self.check({**own, "aws/x.c": "f(&api_calotype);\n"})[0], 1)

    def test_names_in_aws(self):
        for literal in ("PutItem", "s3:PutObject", "sqs", "arn:aws:s3:::", "DoThings"):
            self.refuse("aws/x.c", f'f("{literal}");\n', f'aws/x.c:1: "{literal}": a name of a service')
        self.accept("aws/x.c", 'f("The Query parameters", "x-amz-id", "say \\"it\\""); /* "PutItem" */ // "sqs"\n')
        self.refuse("aws/x.c", """f('"', "sqs", '"');\n""", 'aws/x.c:1: "sqs": a name of a service')
        self.accept("svc/a/x.c", 'f("PutItem");\n')

    def test_calls(self):
        call = "    store_expect_value(batch, cf, key, value);\n"
        self.refuse("svc/a/x.c", call, "svc/a/x.c:1: store_expect_value: ")
        self.accept("aws/row.c", call)
        self.accept("store/x.c", call)
        for decide in ("policy_decide(&request, &set)", "aws_authorize_row(rq)"):
            self.refuse("svc/a/x.c", f"    r = {decide};\n", f"svc/a/x.c:1: {decide.partition('(')[0]}: what is asked")
            self.accept("aws/x.c", f"    r = {decide};\n")

    def test_operations_by_name(self):
        self.refuse("svc/a/x.c", "if (strcmp(rq->op->name, names[i]) == 0)\n", "svc/a/x.c:1: strcmp(rq->op->name: an operation")
        self.accept("svc/a/x.c", "    log(rq->op->name);\n")
        self.accept("aws/x.c", "if (str_is(name, op->name))\n")

    def test_outcomes(self):
        page = "enum { OUTCOMES_WIDTH = 10 };\nenum {\n    OUTCOMES_A = 10, /* x */\n    OUTCOMES_B = 20,\n};\n"
        good = "enum {\n    A_OK = 0,\n    A_E_X = OUTCOMES_A, /* one, two */\n    A_E_Y,\n};\nenum a_kind { A_EACH = 1, A_E2 };\n"
        words = 'OUTCOME(A, 0, A_E_X, "x")\nOUTCOME(A, 1, A_E_Y, "y")\n'
        self.assertEqual(self.check({"base/outcomes.h": page, "base/outcomes.def": words, "svc/a/x.h": good}), (0, []))
        for text, why in ((words.replace("1, A", "2, A"), ["svc/a/x.h:1: A_E_Y has no words", "base/outcomes.def:2: A_E_Y is not the outcome"]),
                          (words.replace('"y"', '""'), ["svc/a/x.h:1: A_E_Y has no words"]),
                          (words + 'OUTCOME(B, 0, B_E_X, "z")\n', ["base/outcomes.def:3: B_E_X is not the outcome"])):
            code, lines = self.check({"base/outcomes.h": page, "base/outcomes.def": text, "svc/a/x.h": good})
            self.assertEqual((code, len(lines)), (1, len(why)), lines)
            for line, begin in zip(lines, why):
                self.assertTrue(line.startswith(begin), lines)
        for text, why in (("enum { A_E_X = 1 };", "svc/a/x.h:1: A_E_X begins at no range"),
                          ("enum { A_OK, A_E_X };", "svc/a/x.h:1: A_E_X begins at no range"),
                          ("enum { A_E_X = OUTCOMES_A, A_E_Y = 7 };", "svc/a/x.h:1: A_E_X begins at no range"),
                          ("enum { A_E_X = OUTCOMES_A };\nenum { B_FAILED = OUTCOMES_A };", "svc/a/x.h:2: OUTCOMES_A is begun at "),
                          ("enum { A_E_X = OUTCOMES_A, " + ",".join(f"A_E_{c}" for c in "BCDEFGHIJK") + "};",
                           "svc/a/x.h:1: OUTCOMES_A is too small")):
            code, lines = self.check({"base/outcomes.h": page, "svc/a/x.h": text + "\n"})
            lines = [l for l in lines if "has no words" not in l]
            self.assertEqual((code, len(lines)), (1, 1), lines)
            self.assertTrue(lines[0].startswith(why), lines)
        code, lines = self.check({"base/outcomes.h": page.replace("20", "19")})
        self.assertEqual((code, lines), (1, ["base/outcomes.h: OUTCOMES_B overlaps with the range before it"]))


if __name__ == "__main__":
    unittest.main(verbosity=2)
