"""What docs/function.md and the template say of the function, held against the code."""
import itertools
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/function.md").read_text()
TEMPLATE = (ROOT / "stack/template.yaml").read_text()


def source(path):
    return (ROOT / "src" / path).read_text()


def default(parameter):
    return re.search(rf"^  {parameter}:\n(?:    .*\n)*?    Default: (.*)\n", TEMPLATE, re.MULTILINE)[1]


class Function(unittest.TestCase):
    def test_every_attribute_of_the_row_is_told_of(self):
        rows = PAGE.split("## The row of an image")[1].split("\n## ")[0]
        told = set(re.findall(r"[A-Za-z0-9]+", " ".join(re.findall(r"^\| ([^|]*) \|", rows, re.MULTILINE))))
        fields = re.findall(r'FIELD\(\w+, \w+, "(\w+)"\)', source("imgjob/fields.def"))
        own = re.findall(r'put(?:_text|_number|_bool)?\(item, "(\w+)"', source("fn/item.c"))
        self.assertGreater(len(fields), 20)
        self.assertGreater(len(own), 15)
        self.assertEqual(set(fields + own) - told, set())

    def test_every_variable_is_told_of(self):
        read = set(re.findall(r'"([A-Z][A-Z_]+)"', source("fn/config.c")))
        told = set(re.findall(r"\b[A-Z][A-Z_]+\b", PAGE))
        self.assertEqual({v for v in read if not v.startswith(("AWS_", "LAMBDA_"))} - told, set())

    def test_every_metric_is_told_of(self):
        names = set(re.findall(r'Name\\":\\"(\w+)', source("fn/metrics.c")))
        self.assertIn("ImagesProcessed", names)
        self.assertEqual({n for n in names if n not in PAGE}, set())

    def test_the_template_has_the_defaults_of_the_code(self):
        wishes = re.search(r'FN_WISHES_DEFAULT "([^"]*)"', source("fn/wishes.h"))[1]
        pixels = re.search(r'"MAX_PIXELS", (\d+)', source("fn/config.c"))[1]
        self.assertEqual((default("Derivatives"), default("MaxPixels"), default("Profiles")), (wishes, pixels, "convert"))
        self.assertIn(f"`{wishes}`", PAGE)
        self.assertIn(f"{int(pixels):,}", PAGE)

    def test_the_template_takes_what_the_code_takes(self):
        pattern = re.search(r"^  Derivatives:\n(?:    .*\n)*?    AllowedPattern: '(.*)'\n", TEMPLATE, re.MULTILINE)[1]
        good = ("1600,800,200", "640x480", "thumb=16384x1:cover:1", "800:exact", "800:100", "1,2,3,4,5,6,7,8")
        bad = ("", "1600,", "0", "big", "a=", "=800", "a/b=800", "800:", "800:0", "800:101", "800:wide", "800:70:cover", "1,2,3,4,5,6,7,8,9")
        self.assertEqual([t for t in good if not re.fullmatch(pattern, t)], [])
        self.assertEqual([t for t in bad if re.fullmatch(pattern, t)], [])

    def test_every_spelling_of_a_suffix_has_its_filter(self):
        """S3 compares suffixes with case."""
        suffixes = re.findall(r'S_INIT\("(\.\w+)"\)', source("base/suffix.c"))
        spelled = {"".join(c) for s in suffixes for c in itertools.product(*({a, a.upper()} for a in s))}
        filters = re.findall(r"Name: suffix, Value: (\.\w+)}", TEMPLATE)
        self.assertEqual((sorted(filters), len(suffixes)), (sorted(spelled), 3))
        words = re.search(r'SUFFIX_WORDS "([^"]*)"', source("base/suffix.h"))[1]
        self.assertEqual(re.findall(r"\.\w+", words), suffixes)


if __name__ == "__main__":
    unittest.main()
