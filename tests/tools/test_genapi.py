"""What tools/genapi.py reads of the rooms, traits and rows: what is missing or wrong there is refused in words."""
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


SRC = TOOLS.parent / "src"


class Traits(unittest.TestCase):
    def refuse(self, call, *words):
        with self.assertRaises(SystemExit) as refused:
            call()
        for word in words:
            self.assertIn(word, str(refused.exception.code))

    def services(self):
        return {genapi.name_of(room, traits): traits for room, traits in genapi.read_rooms(SRC).items()}

    def test_the_rooms_are_whole(self):
        for room, traits in genapi.read_rooms(SRC).items():
            genapi.check_traits(room, traits)
        services = self.services()
        self.assertEqual([genapi.fallback(services, kind) for kind in genapi.FALLBACKS], ["&api_s3", "&api_sts", "&api_lambda"])
        self.assertEqual((services["cloudformation"]["mend"], "cfn" in services), ("mend_events", False))

    def rows(self, pages, rooms):
        with tempfile.TemporaryDirectory() as folder:
            for room, text in pages.items():
                page = pathlib.Path(folder, room, "ops.def")
                page.parent.mkdir(parents=True)
                page.write_text(text)
            return genapi.find_rows(pathlib.Path(folder), rooms)

    def test_rows_are_the_operations(self):
        page = '/* OP(No, 1) */\n#define FINDS OP(No)\nOP(One, "s3:One", "*", 0)\n  ALSO("", "s3:Two", "*", 0)\nOP_IN(Three, "s3:Three", "*", 0)\n'
        rows = self.rows({"svc/s3": page, "cfn": 'OP(Four, "x", "@", 0)\n'}, ["svc/s3", "cfn", "svc/x"])
        self.assertEqual(rows, {"svc/s3": {"One", "Three"}, "cfn": {"Four"}, "svc/x": set()})

    def test_rooms_stand_in_the_order_of_layers(self):
        with tempfile.TemporaryDirectory() as folder:
            src = pathlib.Path(folder)
            (src / "LAYERS").write_text("# a room : doors\nb : base\nplain : base\na : base b\n\nnames a x y\n")
            for room in "ab":
                (src / room).mkdir()
                (src / room / "traits").write_text('{"model": "m/1", "dialect": "JSON"}  # why\n')
            self.assertEqual(list(genapi.read_rooms(src)), ["b", "a"])

    def test_a_room_without_traits(self):
        self.refuse(lambda: self.rows({"svc/kinesis": 'OP(PutRecord, "x", "*", 0)\n'}, ["svc/s3"]), "svc/kinesis", "no traits")

    def test_traits_that_are_wrong(self):
        whole = {"model": "sns/2010-03-31", "dialect": "QUERY"}
        genapi.check_traits("svc/sns", whole)
        for wrong, words in (({"dialect": "JSON"}, "no 'model'"), ({"model": "sns/2010-03-31"}, "no 'dialect'"),
                             ({**whole, "crc64": True}, "no trait 'crc64'"), ({**whole, "mend": "mend_all"}, "no function 'mend_all'")):
            with self.subTest(words):
                self.refuse(lambda: genapi.check_traits("svc/sns", wrong), "svc/sns/traits", words)

    def test_one_fallback_of_a_kind(self):
        services = self.services()
        services["sns"] = {**services["sns"], "fallback": "form"}
        self.refuse(lambda: genapi.fallback(services, "form"), "sns", "sts")


if __name__ == "__main__":
    unittest.main(verbosity=2)
