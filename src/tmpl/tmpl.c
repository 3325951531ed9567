/* tmpl/tmpl: makes a tree from a text, and answers questions about nodes. */
#include "tmpl/yaml_priv.h"

#include "base/ascii.h"
#include "base/json.h"

struct tmpl {
    struct arena arena;
    struct tmpl_node *root;
    bool is_json;
};

int tmpl_fail(struct tmpl_fault *fault, struct tmpl_pos at, const char *fmt, ...) {
    if (!fault || fault->why.text[0])
        return TMPL_E_TEMPLATE;
    fault->at = at;
    CLEANUP_DEINIT(buf) struct buf text = {0};
    va_list args;
    va_start(args, fmt);
    buf_vprintf(&text, fmt, args);
    va_end(args);
    if (at.line)
        buf_printf(&text, " (line %u, column %u)", at.line, at.column);
    err_set(&fault->why, 0, "%s", buf_cstr(&text));
    return TMPL_E_TEMPLATE;
}

/* The place of the first byte that is not UTF-8. */
static struct tmpl_pos place_of_bad_utf8(str text) {
    struct tmpl_pos at = {1, 1, 0};
    size_t line = 0;
    for (ptrdiff_t n; (n = str_chr(str_skip(text, line), '\n')) >= 0;
         line += (size_t)n + 1, at.line++)
        if (!str_is_utf8(str_slice(text, line, line + (size_t)n)))
            break;
    while (line + at.column <= text.len && str_is_utf8(str_slice(text, line, line + at.column)))
        at.column++;
    return at;
}

static str skip_byte_order_mark(str text) {
    return str_starts(text, S("\xEF\xBB\xBF")) ? str_skip(text, 3) : text;
}

static bool looks_like_json(str text) {
    for (size_t i = 0; i < text.len; i++)
        if (!text.p[i] || !strchr(" \t\r\n", text.p[i]))
            return text.p[i] == '{';
    return false;
}

/* file is the number in all places. */
static int new_file(struct tmpl **ret, str text, uint32_t file, struct tmpl_fault *reterr) {
    struct tmpl_fault mine = {{0}, {{0}}};
    struct tmpl_fault *fault = reterr ? reterr : &mine;
    *fault = mine;
    struct tmpl_pos nowhere = {0, 0, file};
    if (text.len > TMPL_MAX_TEXT)
        return tmpl_fail(fault, nowhere, "Template may not exceed %d bytes in size.",
                         TMPL_MAX_TEXT);
    text = skip_byte_order_mark(text);
    if (!str_is_utf8(text))
        return tmpl_fail(fault, place_of_bad_utf8(text), "Template format error: not valid UTF-8");

    CLEANUP(tmpl) struct tmpl *t = mem_new(struct tmpl);
    t->is_json = looks_like_json(text);
    struct tmpl_builder b = {.arena = &t->arena, .fault = fault, .file = file};
    int r = t->is_json ? tmpl_read_json(&b, text, &t->root) : tmpl_read_yaml(&b, text, &t->root);
    tmpl_builder_deinit(&b);
    if (r)
        return r;
    *ret = STEAL(t);
    return 0;
}

int tmpl_new(struct tmpl **ret, str text, struct tmpl_fault *reterr) {
    return new_file(ret, text, 0, reterr);
}

/* ---- What is wrong, all at once ---- */

static int add_fault(struct tmpl_faults *faults, struct tmpl_pos at, const char *what) {
    struct tmpl_fault one = {{0}, {{0}}};
    int r = tmpl_fail(&one, at, "Template format error: %s", what);
    tmpl_faults_add(faults, at, str_c(one.why.text));
    return r;
}

/* The first byte of a line from `from` on that no reader takes, or the line's end. */
static size_t next_odd(str line, size_t from) {
    for (size_t i = from; i < line.len; i++) {
        unsigned char c = (unsigned char)line.p[i];
        if ((c < ' ' && c != '\t' && c != '\r') || c == 0x7F)
            return i;
        if (c >= 0x80) {
            size_t n = 1;
            while (i + n < line.len && ((unsigned char)line.p[i + n] & 0xC0) == 0x80)
                n++;
            if (!str_is_utf8(str_slice(line, i, i + n)))
                return i;
            i += n - 1;
        }
    }
    return line.len;
}

/* The text with an underscore for each byte that is no part of a text; each line with one is told. */
static str clean_text(struct arena *arena, str text, uint32_t file, struct tmpl_faults *faults) {
    str clean = arena_str(arena, text);
    uint32_t number = 1;
    for (size_t at = 0; at < clean.len; number++) {
        ptrdiff_t end = str_chr(str_skip(clean, at), '\n');
        str line = str_slice(clean, at, end < 0 ? clean.len : at + (size_t)end);
        bool is_told = false;
        for (size_t odd = 0; (odd = next_odd(line, odd)) < line.len; odd++) {
            size_t column = 1;
            for (size_t i = 0; i < odd && !is_told; i++)
                column += ((unsigned char)line.p[i] & 0xC0) != 0x80;
            struct tmpl_pos place = {number, (uint32_t)column, file};
            bool is_control = (unsigned char)line.p[odd] < 0x80;
            if (!is_told)
                add_fault(faults, place, is_control ? "a control character" : "not valid UTF-8");
            is_told = true;
            ((char *)line.p)[odd] = '_';
        }
        at += line.len + 1;
    }
    return clean;
}

int tmpl_new_all(struct tmpl **ret, str text, uint32_t file, struct tmpl_faults *faults) {
    struct tmpl_fault first;
    *ret = NULL;
    if (new_file(ret, text, file, &first) == 0)
        return 0;
    *ret = NULL;
    if (text.len > TMPL_MAX_TEXT) {
        tmpl_faults_add(faults, first.at, str_c(first.why.text));
        return TMPL_E_TEMPLATE;
    }
    CLEANUP(tmpl) struct tmpl *t = mem_new(struct tmpl);
    text = clean_text(&t->arena, skip_byte_order_mark(text), file, faults);
    struct tmpl_fault last = {{0}, {{0}}};
    struct tmpl_builder b = {.arena = &t->arena, .fault = &last, .faults = faults, .file = file};
    t->is_json = looks_like_json(text);
    if (t->is_json && tmpl_read_json(&b, text, &t->root))
        t->root = NULL;
    else if (!t->is_json)
        t->root = tmpl_yaml_mend(&b, text);
    tmpl_builder_deinit(&b);
    if (last.why.text[0])
        tmpl_faults_add(faults, last.at, str_c(last.why.text));
    if (!faults->n)
        tmpl_faults_add(faults, first.at, str_c(first.why.text));
    *ret = t->root ? STEAL(t) : NULL;
    return TMPL_E_TEMPLATE;
}

struct tmpl *tmpl_free(struct tmpl *t) {
    if (t) {
        arena_deinit(&t->arena);
        free(t);
    }
    return NULL;
}

const struct tmpl_node *tmpl_root(const struct tmpl *t) { return t->root; }
bool tmpl_is_json(const struct tmpl *t) { return t->is_json; }
struct arena *tmpl_arena(struct tmpl *t) {
    return &t->arena;
}

const struct tmpl_member *tmpl_member(const struct tmpl_node *node, str key) {
    if (tmpl_is(node, TMPL_MAP))
        for (size_t i = 0; i < node->n; i++)
            if (str_eq(node->members[i].key, key))
                return &node->members[i];
    return NULL;
}

const struct tmpl_node *tmpl_get(const struct tmpl_node *node, const char *key) {
    const struct tmpl_member *m = tmpl_member(node, str_c(key));
    return m ? m->value : NULL;
}

str tmpl_text(const struct tmpl_node *node) {
    bool has =
        node && (node->kind == TMPL_STRING || node->kind == TMPL_NUMBER || node->kind == TMPL_BOOL);
    return has ? node->text : STR_NONE;
}

const char *tmpl_kind_name(enum tmpl_kind kind) {
    static const char *const names[] = {"null",     "a boolean", "a number",
                                        "a string", "a list",    "a map"};
    return names[kind];
}

const struct tmpl_member *tmpl_function(const struct tmpl_node *node) {
    if (!tmpl_is(node, TMPL_MAP) || node->n != 1)
        return NULL;
    const struct tmpl_member *m = &node->members[0];
    bool is_condition = str_is(m->key, "Condition") && m->value->kind == TMPL_STRING;
    return is_condition || str_is(m->key, "Ref") || str_starts(m->key, S("Fn::")) ? m : NULL;
}

static bool is_name_byte(char c) { return ascii_is_alnum(c) || ascii_is_one_of(c, "_.:"); }

/* A piece that begins with "${". */
static enum tmpl_sub sub_variable(str text, size_t *at, str *ret_piece) {
    ptrdiff_t close = str_chr(str_skip(text, *at), '}');
    if (close < 0) { /* no end: AWS takes it as text */
        *ret_piece = str_skip(text, *at);
        *at = text.len;
        return TMPL_SUB_TEXT;
    }
    str name = str_slice(text, *at + 2, *at + (size_t)close);
    if (str_starts(name, S("!"))) {
        /* "${!Name}" stands for the text "${Name}": give "${" now, "Name}" comes as text. */
        *ret_piece = S("${");
        *at += 3;
        return TMPL_SUB_TEXT;
    }
    name = str_trim(name);
    *ret_piece = name;
    *at += (size_t)close + 1;
    for (size_t i = 0; i < name.len; i++)
        if (!is_name_byte(name.p[i]))
            return TMPL_SUB_BAD;
    return name.len ? TMPL_SUB_NAME : TMPL_SUB_BAD;
}

enum tmpl_sub tmpl_sub_next(str text, size_t *at, str *ret_piece) {
    if (*at >= text.len)
        return TMPL_SUB_END;
    str rest = str_skip(text, *at);
    if (str_starts(rest, S("${")))
        return sub_variable(text, at, ret_piece);
    ptrdiff_t dollar = str_find(rest, S("${"));
    size_t n = dollar < 0 ? rest.len : (size_t)dollar;
    *ret_piece = str_slice(rest, 0, n);
    *at += n;
    return TMPL_SUB_TEXT;
}

void tmpl_dump(struct buf *out, const struct tmpl_node *node) {
    if (node->kind == TMPL_MAP || node->kind == TMPL_LIST) {
        bool is_map = node->kind == TMPL_MAP;
        buf_char(out, is_map ? '{' : '[');
        for (size_t i = 0; i < node->n; i++) {
            if (i)
                buf_char(out, ',');
            if (is_map) {
                json_add_quoted(out, node->members[i].key);
                buf_char(out, ':');
            }
            tmpl_dump(out, node->members[i].value);
        }
        buf_char(out, is_map ? '}' : ']');
    } else if (node->kind == TMPL_STRING) {
        json_add_quoted(out, node->text);
    } else {
        buf_str(out, node->kind == TMPL_NULL ? S("null") : node->text);
    }
}
