/*
 * aws/pattern: the machine that runs the compiled patterns of the API models: a stack of choices
 * and a budget of steps instead of recursion.
 */
#include "aws/pattern.h"

#include "aws/model.h"
#include "base/ascii.h"

enum { STACK_MAX = 1024 };
static const uint32_t NEGATED = 1u << 31, LETTERS = 1u << 30, NO_LIMIT = 0xffffffff;

/* What is left to try: from pc at a position, and for a REPEAT every position down to `least`. */
struct choice {
    const uint32_t *pc;
    size_t at, least;
};

struct run {
    const uint32_t *code;
    str value;
    size_t budget;
};

/* The code point at *at, which moves behind it. Values are UTF-8; a wrong byte counts as itself. */
static uint32_t take_char(str s, size_t *at) {
    unsigned char c = (unsigned char)s.p[(*at)++];
    if (c < 0xc0)
        return c;
    size_t more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
    uint32_t v = c & (0x3f >> more);
    for (; more > 0 && *at < s.len && ((unsigned char)s.p[*at] & 0xc0) == 0x80; more--)
        v = v << 6 | ((unsigned char)s.p[(*at)++] & 0x3f);
    return v;
}

static size_t step_back(str s, size_t at) {
    do
        at--;
    while (at > 0 && ((unsigned char)s.p[at] & 0xc0) == 0x80);
    return at;
}

static bool is_letter(uint32_t c) {
    size_t low = 0, high = api_pattern_n_letters;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (c > api_pattern_letters[mid].high)
            low = mid + 1;
        else if (c < api_pattern_letters[mid].low)
            high = mid;
        else
            return true;
    }
    return false;
}

bool api_pattern_only_letters(str value) {
    for (size_t at = 0; at < value.len;) {
        uint32_t c = take_char(value, &at);
        if (c >= 0x80 && !is_letter(c))
            return false;
    }
    return true;
}

/* code stands behind the CLASS word. */
static bool in_class(const uint32_t *code, uint32_t c) {
    uint32_t n = code[0] & ~(NEGATED | LETTERS);
    bool in = (code[0] & LETTERS) && is_letter(c);
    for (uint32_t i = 0; i < n && !in; i++)
        in = c >= code[1 + 2 * i] && c <= code[2 + 2 * i];
    return in != ((code[0] & NEGATED) != 0);
}
static const uint32_t *class_end(const uint32_t *code) {
    return code + 1 + (size_t)2 * (code[0] & ~(NEGATED | LETTERS));
}

static bool is_word(str s, size_t at) {
    if (at >= s.len)
        return false;
    return ascii_is_alnum(s.p[at]) || s.p[at] == '_';
}

/* Takes as many as there are; *least: the fewest that will do. False: too few. */
static bool repeat(struct run *run, const uint32_t *pc, size_t *at, size_t *least) {
    uint32_t min = pc[1], max = pc[2], n = 0;
    *least = *at;
    while (*at < run->value.len && (max == NO_LIMIT || n < max)) {
        size_t next = *at;
        if (!in_class(pc + 4, take_char(run->value, &next)))
            break;
        *at = next;
        if (++n == min)
            *least = next;
    }
    run->budget -= n < run->budget ? n : run->budget;
    return n >= min;
}

static bool match_from(struct run *run, const uint32_t *pc, size_t at, bool whole, unsigned depth);

/* One instruction that passes or fails without a choice; moves *pc and *at. */
static bool simple(struct run *run, const uint32_t **pc, size_t *at, unsigned depth) {
    str s = run->value;
    const uint32_t *code = *pc;
    switch (code[0]) {
    case PATTERN_CHAR: *pc = code + 2; return *at < s.len && take_char(s, at) == code[1];
    case PATTERN_CLASS:
        *pc = class_end(code + 1);
        return *at < s.len && in_class(code + 1, take_char(s, at));
    case PATTERN_BEGIN: *pc = code + 1; return *at == 0;
    case PATTERN_END: *pc = code + 1; return *at == s.len;
    case PATTERN_BOUNDARY:
        *pc = code + 1;
        return (*at > 0 && is_word(s, *at - 1)) != is_word(s, *at);
    case PATTERN_LOOK:
        *pc = run->code + code[2];
        return match_from(run, code + 3, *at, false, depth + 1) != (code[1] != 0);
    case PATTERN_BEHIND: {
        *pc = run->code + code[2];
        size_t before = *at ? step_back(s, *at) : 0;
        return (*at > 0 && in_class(code + 4, take_char(s, &before))) != (code[1] != 0);
    }
    default: /* a table that genapi did not write */ return false;
    }
}

static bool match_from(struct run *run, const uint32_t *pc, size_t at, bool whole, unsigned depth) {
    struct choice stack[STACK_MAX];
    size_t n = 0;
    if (depth > 2)
        return false;
    for (;;) {
        bool ok = run->budget > 0;
        if (!ok)
            return false;
        run->budget--;
        if (*pc == PATTERN_MATCH) {
            if (!whole || at == run->value.len)
                return true;
            ok = false;
        } else if (*pc == PATTERN_JUMP) {
            pc = run->code + pc[1];
        } else if (*pc == PATTERN_SPLIT) {
            if (n == STACK_MAX)
                return false;
            stack[n++] = (struct choice){run->code + pc[2], at, at};
            pc = run->code + pc[1];
        } else if (*pc == PATTERN_REPEAT) {
            size_t least = 0;
            ok = repeat(run, pc, &at, &least);
            pc = class_end(pc + 4);
            if (ok && at > least) {
                if (n == STACK_MAX)
                    return false;
                stack[n++] = (struct choice){pc, step_back(run->value, at), least};
            }
        } else {
            ok = simple(run, &pc, &at, depth);
        }
        if (ok)
            continue;
        if (n == 0)
            return false;
        struct choice *c = &stack[n - 1];
        pc = c->pc;
        at = c->at;
        if (c->at > c->least)
            c->at = step_back(run->value, c->at);
        else
            n--;
    }
}

bool api_pattern_match(const struct api_pattern *pattern, str value) {
    struct run run = {.code = pattern->code, .value = value, .budget = 50000 + 8 * value.len};
    return match_from(&run, pattern->code, 0, true, 0);
}
