"""Compile the patterns of the service models (Java's regular expressions) for src/aws/pattern.c.

The code is a list of 32-bit words; see src/aws/pattern.h for the instructions. A repeat of one
character class is a single instruction; a repeated group is unrolled, so counts of groups must be small.
"""
import unicodedata

MATCH, CHAR, CLASS, REPEAT, SPLIT, JUMP, BEGIN, END, BOUNDARY, LOOK, BEHIND = range(11)
NEGATED, LETTERS = 1 << 31, 1 << 30  # of a class's length word
NO_LIMIT = 0xFFFFFFFF
WORD = [(48, 57), (65, 90), (95, 95), (97, 122)]
DIGIT = [(48, 57)]
SPACE = [(9, 13), (32, 32)]
ESCAPES = {"n": 10, "t": 9, "r": 13, "f": 12}


class Parser:
    def __init__(self, text):
        self.text, self.at = text, 0

    def peek(self, s):
        return self.text.startswith(s, self.at)

    def take(self, s):
        if self.peek(s):
            self.at += len(s)
            return True
        return False

    def next(self):
        c = self.text[self.at]
        self.at += 1
        return c

    # alternation := sequence ('|' sequence)*
    def alternation(self):
        options = [self.sequence()]
        while self.take("|"):
            options.append(self.sequence())
        return options[0] if len(options) == 1 else ("alt", options)

    def sequence(self):
        items = []
        while self.at < len(self.text) and not self.peek("|") and not self.peek(")"):
            items.append(self.quantified(self.atom()))
        return ("seq", items)

    def quantified(self, atom):
        if self.take("*"): low, high = 0, NO_LIMIT
        elif self.take("+"): low, high = 1, NO_LIMIT
        elif self.take("?"): low, high = 0, 1
        elif self.take("{"):
            end = self.text.index("}", self.at)
            low, comma, high = self.text[self.at:end].partition(",")
            self.at = end + 1
            low = int(low)
            high = (int(high) if high else NO_LIMIT) if comma else low
        else:
            return atom
        return ("repeat", low, high, atom)

    def atom(self):
        if self.take("(?!"): return self.group(("look", 1))
        if self.take("(?="): return self.group(("look", 0))
        if self.take("(?<!"): return self.group(("behind", 1))
        if self.take("(?:") or self.take("("): return self.group(None)
        if self.take("^"): return ("begin",)
        if self.take("$"): return ("end",)
        if self.take("."): return ("class", NEGATED, [(10, 10), (13, 13), (0x85, 0x85), (0x2028, 0x2029)])
        if self.take("["): return self.char_class()
        if self.take("\\b"): return ("boundary",)
        flags, ranges = self.char()
        return ("class", flags, ranges)

    def group(self, kind):
        body = self.alternation()
        if not self.take(")"):
            raise ValueError("unclosed group in " + self.text)
        return kind + (body,) if kind else body

    def char(self):
        """One character or escape class: (flags, ranges)."""
        c = self.next()
        if c != "\\":
            return 0, [(ord(c), ord(c))]
        c = self.next()
        if c in "ux":
            # The models also write "\\u10000-\\u10FFFF" and mean those code points.
            length = 2 if c == "x" else 6 if self.peek("10FFFF") else 5 if self.peek("10000") else 4
            value = int(self.text[self.at:self.at + length], 16)
            self.at += length
            if 0xD800 <= value < 0xDC00 and self.take("\\u"):  # a surrogate pair
                low = int(self.text[self.at:self.at + 4], 16)
                self.at += 4
                value = 0x10000 + ((value - 0xD800) << 10) + (low - 0xDC00)
            return 0, [(value, value)]
        if c == "w": return 0, WORD
        if c == "d": return 0, DIGIT
        if c == "s": return 0, SPACE
        if c == "S": return NEGATED, SPACE
        if c == "p":
            end = self.text.index("}", self.at)
            name = self.text[self.at + 1:end]
            self.at = end + 1
            if name == "Print": return 0, [(32, 126)]
            if name in "LZN": return LETTERS, []
            raise ValueError("\\p{" + name + "}")
        if c in ESCAPES: return 0, [(ESCAPES[c], ESCAPES[c])]
        if c.isalnum(): raise ValueError(f"\\{c} in {self.text}")
        return 0, [(ord(c), ord(c))]

    def char_class(self):
        flags, ranges = (NEGATED if self.take("^") else 0), []
        everything = False
        while not self.take("]"):
            f, r = self.char()
            if f & NEGATED:  # only [\s\S]: everything
                everything = True
                continue
            flags |= f
            single = len(r) == 1 and r[0][0] == r[0][1] and not f
            if single and self.peek("-") and not self.peek("-]"):
                mark = self.at
                self.at += 1
                f2, r2 = self.char()
                if not f2 and len(r2) == 1 and r2[0][0] == r2[0][1] and r2[0][0] >= r[0][0]:
                    ranges.append((r[0][0], r2[0][0]))
                    continue
                self.at = mark
            ranges += r
        if everything:
            return ("class", 0, [(0, 0x10FFFF)])
        return ("class", flags, merge(ranges))


def merge(ranges):
    out = []
    for low, high in sorted(ranges):
        if out and low <= out[-1][1] + 1:
            out[-1] = (out[-1][0], max(out[-1][1], high))
        else:
            out.append((low, high))
    return out


def class_words(node):
    _, flags, ranges = node
    words = [CLASS, flags | len(ranges)]
    for low, high in ranges:
        words += [low, high]
    return words


def may_be_empty(node):
    kind = node[0]
    if kind == "class": return False
    if kind == "seq": return all(map(may_be_empty, node[1]))
    if kind == "alt": return any(map(may_be_empty, node[1]))
    if kind == "repeat": return node[1] == 0 or may_be_empty(node[3])
    return True


def emit(node, code):
    kind = node[0]
    if kind == "class":
        _, flags, ranges = node
        if not flags and len(ranges) == 1 and ranges[0][0] == ranges[0][1]:
            code += [CHAR, ranges[0][0]]
        else:
            code += class_words(node)
    elif kind == "seq":
        for item in node[1]:
            emit(item, code)
    elif kind == "alt":
        ends = []
        for option in node[1][:-1]:
            split = len(code)
            code += [SPLIT, split + 3, 0]
            emit(option, code)
            ends.append(len(code))
            code += [JUMP, 0]
            code[split + 2] = len(code)
        emit(node[1][-1], code)
        for at in ends:
            code[at + 1] = len(code)
    elif kind == "repeat":
        emit_repeat(node, code)
    elif kind in ("look", "behind"):
        body = node[2][1][0] if kind == "behind" else node[2]
        at = len(code)
        code += [BEHIND if kind == "behind" else LOOK, node[1], 0]
        if kind == "behind":
            code += class_words(body)
        else:
            emit(body, code)
            code.append(MATCH)
        code[at + 2] = len(code)
    else:
        code.append({"begin": BEGIN, "end": END, "boundary": BOUNDARY}[kind])


def emit_repeat(node, code):
    _, low, high, body = node
    while body[0] == "seq" and len(body[1]) == 1:
        body = body[1][0]
    if body[0] == "class":
        code += [REPEAT, low, high] + class_words(body)
        return
    for _ in range(low):
        emit(body, code)
    if high == NO_LIMIT:
        assert not may_be_empty(body), "a loop over nothing"
        at = len(code)
        code += [SPLIT, at + 3, 0]
        emit(body, code)
        code += [JUMP, at]
        code[at + 2] = len(code)
        return
    splits = []
    for _ in range(high - low):
        splits.append(len(code))
        code += [SPLIT, len(code) + 3, 0]
        emit(body, code)
    for at in splits:
        code[at + 2] = len(code)


def compile_pattern(text):
    parser = Parser(text)
    tree = parser.alternation()
    if parser.at != len(text):
        raise ValueError("trailing text in " + text)
    code = []
    emit(tree, code)
    return code + [MATCH]


def unicode_table():
    """The ranges of \\p{L}, \\p{Z} and \\p{N} together: the models only use the three at once."""
    ranges = merge((c, c) for c in range(0x110000) if unicodedata.category(chr(c))[0] in "LZN")
    rows = ",\n    ".join(", ".join(f"{{{low:#x}, {high:#x}}}" for low, high in ranges[i:i + 6])
                          for i in range(0, len(ranges), 6))
    return ("/* Generated by tools/genapi.py. Do not edit. Letters, separators and numbers of Unicode "
            f"{unicodedata.unidata_version}. */\n/* clang-format off */\n#include \"aws/pattern.h\"\n\n"
            f"const struct api_pattern_range api_pattern_letters[] = {{\n    {rows},\n}};\n"
            f"const size_t api_pattern_n_letters = {len(ranges)};\n")
