"""tools/genapi.py's table of traits: what is missing or wrong in it is refused in words."""
import importlib.util
import pathlib
import sys
import tempfile
import unittest

TOOLS = pathlib.Path(__file__).resolve().parents[2] / "tools"
sys.path.insert(0, str(TOOLS))
spec = importlib.util.spec_from_file_location("genapi", TOOLS / "genapi.py")
genapi = importlib.util.module_from_spec(spec)
spec.loader.exec_module(genapi)


class Traits(unittest.TestCase):
    def setUp(self):
        self.kept = {name: dict(traits) for name, traits in genapi.TRAITS.items()}

    def tearDown(self):
        genapi.TRAITS.clear()
        genapi.TRAITS.update(self.kept)

    def refuse(self, call, *words):
        with self.assertRaises(SystemExit) as refused:
            call()
        for word in words:
            self.assertIn(word, str(refused.exception.code))

    def test_the_table_is_whole(self):
        genapi.check_traits()
        self.assertEqual([genapi.fallback(kind) for kind in genapi.FALLBACKS], ["&api_s3", "&api_sts", "&api_lambda"])

    def rows(self, pages):
        with tempfile.TemporaryDirectory() as folder:
            for room, text in pages.items():
                page = pathlib.Path(folder, room, "ops.def")
                page.parent.mkdir(parents=True)
                page.write_text(text)
            return genapi.find_rows(pathlib.Path(folder))

    def test_rows_are_the_operations(self):
        page = '/* OP(No, 1) */\n#define FINDS OP(No)\nOP(One, "s3:One", "*", 0)\n  ALSO("", "s3:Two", "*", 0)\nOP_IN(Three, "s3:Three", "*", 0)\n'
        rows = self.rows({"svc/s3": page, "cfn": 'OP(Four, "x", "@", 0)\n'})
        self.assertEqual({name: ops for name, ops in rows.items() if ops}, {"s3": {"One", "Three"}, "cloudformation": {"Four"}})

    def test_a_service_without_an_entry(self):
        self.refuse(lambda: self.rows({"svc/kinesis": 'OP(PutRecord, "x", "*", 0)\n'}), "svc/kinesis", "no entry in TRAITS")

    def test_an_entry_without_a_dialect(self):
        del genapi.TRAITS["sns"]["dialect"]
        self.refuse(lambda: genapi.check_traits(), "sns", "no 'dialect'")

    def test_a_trait_that_does_not_exist(self):
        genapi.TRAITS["sns"]["crc64"] = True
        self.refuse(lambda: genapi.check_traits(), "sns", "no trait 'crc64'")

    def test_one_fallback_of_a_kind(self):
        genapi.TRAITS["sns"]["fallback"] = "form"
        self.refuse(lambda: genapi.fallback("form"), "sns", "sts")


if __name__ == "__main__":
    unittest.main(verbosity=2)
