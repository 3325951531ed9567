/* audit/fix: writes values as block YAML. */
#include "audit/fix_priv.h"

#include "base/ascii.h"
#include "base/json.h"

static void put_blanks(struct buf *out, size_t n) {
    for (size_t i = 0; i < n; i++)
        buf_char(out, ' ');
}

static void put_line_start(struct buf *out, size_t column) {
    buf_char(out, '\n');
    put_blanks(out, column);
}

/* ---- Scalars and keys ---- */

/* Nobody could read the word as anything but itself. */
static bool is_word(str text) {
    return text.len && ascii_is_alnum(text.p[0]) && ascii_only_alnum(text, "-_./:") &&
           !str_ends(text, S(":"));
}

void audit_fixer_put_key(struct buf *out, str key, char quote) {
    if (quote != '\'' && !is_word(key))
        quote = '"';
    if (quote == '"') {
        json_add_quoted(out, key);
    } else {
        if (quote)
            buf_char(out, quote);
        buf_str(out, key);
        if (quote)
            buf_char(out, quote);
    }
}

static bool is_flow_word(str text) {
    for (size_t i = 0; i < text.len; i++)
        if (ascii_is_one_of(text.p[i], ",[]{}"))
            return false;
    return true;
}

void audit_fixer_put_scalar(struct buf *out, const struct fix_value *v, bool in_flow,
                            bool is_quoted) {
    bool is_string = v->kind == TMPL_STRING, is_new = !v->written.p;
    if (in_flow && v->is_plain && !is_new)
        is_new = !is_flow_word(v->written);
    bool must_quote = is_new && (!is_word(v->text) || ascii_is_digit(v->text.p[0]));
    if (v->kind == TMPL_NULL)
        buf_c(out, "null");
    else if (is_string && (is_quoted || must_quote))
        json_add_quoted(out, v->text);
    else
        buf_str(out, is_new ? v->text : v->written);
}

/* Lines behind |, each in column. */
static void put_block_scalar(struct buf *out, str text, size_t column) {
    bool ends = str_ends(text, S("\n"));
    buf_c(out, ends ? "|" : "|-");
    if (ends)
        text = str_slice(text, 0, text.len - 1);
    str line, rest;
    do {
        str_cut(text, '\n', &line, &rest);
        if (line.len)
            put_line_start(out, column);
        else
            buf_char(out, '\n');
        buf_str(out, line);
        text = rest;
    } while (text.p);
}

/* A block scalar whose text one cannot see there: it begins with blanks, or ends with empty lines. */
static bool fits_block(str text) {
    return text.len && !audit_fixer_is_space(text.p[0]) && !str_ends(text, S("\n\n")) &&
           str_chr(text, '\t') < 0;
}

/* ---- Collections ---- */

/* Where the lines of a value stand. */
struct columns {
    size_t map, list;
};

static void put(const struct fixer *x, struct buf *out, const struct fix_value *v,
                struct columns at, size_t gap);

static void put_member(const struct fixer *x, struct buf *out, const struct fix_member *m,
                       size_t column) {
    audit_fixer_put_key(out, m->key, '\0');
    buf_char(out, ':');
    audit_fixer_put_behind_key(x, out, m->value, column);
}

static void put_tagged(const struct fixer *x, struct buf *out, const struct fix_value *v,
                       struct columns at, size_t gap) {
    put_blanks(out, gap);
    buf_printf(out, "!" STR_FMT, STR_ARG(audit_fixer_tag(v)));
    if (v->dotted.p)
        buf_printf(out, " " STR_FMT, STR_ARG(v->dotted));
    else
        put(x, out, v->members[0].value, at, 1);
}

/* Behind a key: all members begin lines. */
static void put(const struct fixer *x, struct buf *out, const struct fix_value *v,
                struct columns at, size_t gap) {
    if (v->short_form && !x->style.is_long) {
        put_tagged(x, out, v, at, gap);
    } else if (v->is_block && fits_block(v->text)) {
        put_blanks(out, gap);
        put_block_scalar(out, v->text, at.map);
    } else if (v->n == 0 || v->is_flow) {
        put_blanks(out, gap);
        audit_fixer_put_line(x, out, v);
    } else {
        for (size_t i = 0; i < v->n; i++) {
            put_line_start(out, v->kind == TMPL_LIST ? at.list : at.map);
            if (v->kind == TMPL_MAP) {
                put_member(x, out, &v->members[i], at.map);
            } else {
                buf_char(out, '-');
                audit_fixer_put_behind_dash(x, out, v->members[i].value, at.list, 1);
            }
        }
    }
}

void audit_fixer_put_behind_key(const struct fixer *x, struct buf *out, const struct fix_value *v,
                                size_t column) {
    put(x, out, v, (struct columns){column + x->style.unit, column + x->style.list_off}, 1);
}

void audit_fixer_put_behind_dash(const struct fixer *x, struct buf *out, const struct fix_value *v,
                                 size_t column, size_t gap) {
    size_t inner = column + 1 + gap;
    bool is_tagged = v->short_form && !x->style.is_long;
    if (v->kind != TMPL_MAP || v->n == 0 || v->is_flow || is_tagged) {
        put(x, out, v, (struct columns){inner, inner}, gap);
        return;
    }
    put_blanks(out, gap);
    for (size_t i = 0; i < v->n; i++) {
        if (i)
            put_line_start(out, inner);
        put_member(x, out, &v->members[i], inner);
    }
}
