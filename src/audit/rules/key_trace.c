/* What an expression of a function's code is made of. */
#include "audit/code_priv.h"
#include "audit/rules/flow_priv.h"
#include "audit/rules/key_trace_priv.h"

/* Names within names; steps of one trace, however the code is knotted. */
enum { MOST_LEVELS = 12, MOST_STEPS = 400 };

struct trace {
    struct arena *arena;
    const struct audit_code *code;
    const struct code *c;
    struct key_parts *parts;
    unsigned level, steps;
};

static void add(struct trace *t, enum key_kind kind, str text) {
    struct key_parts *p = t->parts;
    if (p->n == KEY_MOST_PARTS)
        p->v[KEY_MOST_PARTS - 1] = (struct key_part){.kind = KEY_UNKNOWN};
    else if (kind != KEY_LITERAL || text.len)
        p->v[p->n++] = (struct key_part){.kind = kind, .text = text};
}

static void expression(struct trace *t, uint32_t first, uint32_t end);

static bool mentions(const struct trace *t, uint32_t first, uint32_t end, const char *word) {
    for (uint32_t i = first; i < end; i++)
        if (audit_code_says(t->code, i, word))
            return true;
    return false;
}

/* ---- Where the event says bucket and key ---- */

/* What of an S3 event a path is: record["s3"]["bucket"]["name"], event.detail.object.key. */
static enum key_kind of_event(const struct trace *t, uint32_t first, uint32_t end) {
    bool is_object = mentions(t, first, end, "object"),
         is_bucket = mentions(t, first, end, "bucket");
    const struct code_token *base = &t->c->tokens[first];
    if (!is_object && !is_bucket && base->kind == CODE_NAME) {
        const struct code_name *n = code_name_of(t->c, code_text(t->c, first), base->block, first);
        is_object = n && mentions(t, n->first, n->end, "object");
        is_bucket = n && mentions(t, n->first, n->end, "bucket");
    }
    if (is_object && mentions(t, first, end, "key"))
        return KEY_OF_EVENT;
    return is_bucket && !is_object && mentions(t, first, end, "name") ? KEY_BUCKET_OF_EVENT
                                                                      : KEY_UNKNOWN;
}

/* ---- Names ---- */

/* The place of a name among the parameters of a FUNCTION; -1: it is none of them. */
static int parameter_of(const struct trace *t, uint32_t block, str name) {
    const struct code_block *b = &t->code->blocks[block];
    uint32_t i = b->head, end = t->c->more[block].head_end;
    while (i < end && !code_is_op(t->c, i, "("))
        i++;
    if (i >= end)
        return -1;
    int place = 0;
    bool begins = true;
    for (uint32_t close = t->c->tokens[i++].match; i < close; i = code_over(t->c, i)) {
        if (begins && code_is(t->c, i, "self"))
            place--;
        else if (begins && str_eq(code_text(t->c, i), name))
            return place;
        begins = code_is_op(t->c, i, ",");
        place += begins;
    }
    return -1;
}

/* The argument that a function of this code is called with; the first call decides. */
static bool argument_of(const struct trace *t, uint32_t block, str name, int place, uint32_t *first,
                        uint32_t *end) {
    const struct code_block *b = &t->code->blocks[block];
    for (uint32_t i = 0; b->name.len && i < t->code->n_calls; i++) {
        const struct code_call *call = &t->code->calls[i];
        if (!str_eq(audit_flow_last(call->callee), b->name))
            continue;
        return (t->code->language == CODE_PYTHON &&
                audit_code_argument(t->code, call, arena_cstr(t->arena, name), first, end)) ||
               code_argument_at(t->c, call, place, first, end);
    }
    return false;
}

static void parameter(struct trace *t, uint32_t token) {
    str name = code_text(t->c, token);
    uint32_t first, end;
    for (uint32_t block = t->c->tokens[token].block; block; block = t->code->blocks[block].parent) {
        int place =
            t->code->blocks[block].kind == CODE_FUNCTION ? parameter_of(t, block, name) : -1;
        if (place < 0)
            continue;
        if (argument_of(t, block, name, place, &first, &end))
            expression(t, first, end);
        else
            add(t, KEY_UNKNOWN, S(""));
        return;
    }
    add(t, KEY_UNKNOWN, S(""));
}

static void name(struct trace *t, uint32_t token) {
    const struct code_name *n =
        code_name_of(t->c, code_text(t->c, token), t->c->tokens[token].block, token);
    if (!n) {
        parameter(t, token);
    } else if (!n->member.p) {
        expression(t, n->first, n->end);
    } else {
        bool is_key = str_is(n->member, "key") && mentions(t, n->first, n->end, "object"),
             is_name = str_is(n->member, "name") && mentions(t, n->first, n->end, "bucket");
        add(t, is_key ? KEY_OF_EVENT : is_name ? KEY_BUCKET_OF_EVENT : KEY_UNKNOWN, S(""));
    }
}

/* ---- Calls ---- */

static const struct code_call *call_that_ends(const struct trace *t, uint32_t first, uint32_t end) {
    for (uint32_t i = audit_code_call_at(t->code, first);
         i < t->code->n_calls && t->code->calls[i].token < end; i++)
        if (t->code->calls[i].close == end - 1 && t->code->calls[i].open < end - 1)
            return &t->code->calls[i];
    return NULL;
}

/* key.replace("uploads/", "thumbs/"); of "+" for a space it stays what it is. */
static bool replaced(struct trace *t, const struct code_call *call, uint32_t first) {
    uint32_t a, a_end, b, b_end;
    if (!code_argument_at(t->c, call, 0, &a, &a_end) ||
        !code_argument_at(t->c, call, 1, &b, &b_end) || call->open < first + 3)
        return false;
    str from = audit_code_word(t->code, a), to = audit_code_word(t->code, b);
    bool is_plus = str_is(from, "+") || str_find(code_text(t->c, a), S("\\+")) >= 0;
    size_t before = t->parts->n;
    expression(t, first, call->open - 2);
    if (is_plus)
        return true;
    bool is_literal = t->c->tokens[a].kind == CODE_STRING && a_end == a + 1 &&
                      t->c->tokens[b].kind == CODE_STRING && b_end == b + 1;
    struct key_part *p = &t->parts->v[before];
    if (is_literal && t->parts->n == before + 1 && p->kind == KEY_OF_EVENT)
        *p = (struct key_part){KEY_OF_EVENT_EDITED, to, from};
    else
        t->parts->n = before, add(t, KEY_UNKNOWN, S(""));
    return true;
}

/* os.path.join("thumbs", x): the arguments with slashes between. */
static void joined(struct trace *t, const struct code_call *call) {
    uint32_t first, end;
    for (int i = 0; i < KEY_MOST_PARTS && code_argument_at(t->c, call, i, &first, &end); i++) {
        add(t, KEY_LITERAL, i ? S("/") : S(""));
        expression(t, first, end);
    }
}

static void called(struct trace *t, const struct code_call *call, uint32_t first, uint32_t end) {
    static const char *const same[] = {
        "unquote_plus", "unquote", "decodeURIComponent", "decodeURI", "str", "String", NULL};
    static const char *const paths[] = {"os.path.join", "path.join", "posixpath.join",
                                        "path.posix.join"};
    uint32_t a, a_end;
    str last = audit_flow_last(call->callee);
    for (size_t i = 0; i < ARRAY_LEN(paths); i++)
        if (str_is(call->callee, paths[i])) {
            joined(t, call);
            return;
        }
    if (audit_flow_is_one_of(call->callee, same) && code_argument_at(t->c, call, 0, &a, &a_end))
        expression(t, a, a_end);
    else if ((str_is(last, "replace") || str_is(last, "replaceAll")) && replaced(t, call, first))
        return;
    else
        add(t, str_is(last, "get") ? of_event(t, first, end) : KEY_UNKNOWN, S(""));
}

/* ---- Expressions ---- */

/* f"thumbs/{key}", `thumbs/${key}`: pieces, and what stands between them. */
static void pieces(struct trace *t, uint32_t first) {
    uint32_t last = t->c->tokens[first].match;
    for (uint32_t i = first;;) {
        add(t, KEY_LITERAL, audit_code_string(t->arena, t->code, i));
        if (i >= last)
            return;
        uint32_t next = i + 1;
        while (next < last && !(t->c->tokens[next].has_holes && t->c->tokens[next].match <= next))
            next = code_over(t->c, next);
        next = next < last ? next : last;
        expression(t, i + 1, next);
        i = next;
    }
}

/* "thumbs/%s" % x, "thumbs/{}".format(x): what stands before the first hole. */
static void begins_with(struct trace *t, uint32_t token, char hole) {
    str text = audit_code_string(t->arena, t->code, token);
    ptrdiff_t at = str_chr(text, hole);
    add(t, KEY_LITERAL, at < 0 ? text : str_slice(text, 0, (size_t)at));
    add(t, KEY_UNKNOWN, S(""));
}

static void operand(struct trace *t, uint32_t first, uint32_t end) {
    const struct code_token *token = &t->c->tokens[first];
    if (token->kind == CODE_STRING) {
        if (code_over(t->c, first) == end && token->match > first)
            pieces(t, first);
        else if (first + 1 == end)
            add(t, KEY_LITERAL, audit_code_string(t->arena, t->code, first));
        else
            begins_with(t, first, '{');
        return;
    }
    str variable = audit_code_env_of(t->code, first, end);
    if (variable.p) {
        add(t, KEY_ENVIRONMENT, variable);
        return;
    }
    const struct code_call *call = call_that_ends(t, first, end);
    if (call)
        called(t, call, first, end);
    else if (first + 1 == end && token->kind == CODE_NAME)
        name(t, first);
    else
        add(t, of_event(t, first, end), S(""));
}

/* Anything between operands but "+" makes more of them than a text put together. */
static bool is_other_operator(const struct trace *t, uint32_t i) {
    static const char *const words[] = {"or", "and", "if", "else", "in", "not", "is", NULL};
    static const char *const joints[] = {".", "?.", "(", "[", "{"};
    if (t->c->tokens[i].kind != CODE_OP)
        return code_is_word(t->c, i, words);
    for (size_t k = 0; k < ARRAY_LEN(joints); k++)
        if (code_is_op(t->c, i, joints[k]))
            return false;
    return true;
}

static void expression(struct trace *t, uint32_t first, uint32_t end) {
    while (first < end && code_is(t->c, first, "await"))
        first++;
    while (first < end && code_is_op(t->c, first, "(") && t->c->tokens[first].match + 1 == end)
        first++, end--;
    if (first >= end || t->level >= MOST_LEVELS || ++t->steps > MOST_STEPS) {
        add(t, KEY_UNKNOWN, S(""));
        return;
    }
    t->level++;
    uint32_t begin = first;
    for (uint32_t i = first; i < end; i = code_over(t->c, i)) {
        if (code_is_op(t->c, i, "+")) {
            operand(t, begin, i);
            begin = i + 1;
        } else if (is_other_operator(t, i)) {
            if (code_is_op(t->c, i, "%") && t->c->tokens[begin].kind == CODE_STRING &&
                begin + 1 == i)
                begins_with(t, begin, '%');
            else
                add(t, KEY_UNKNOWN, S(""));
            begin = end;
            break;
        }
    }
    if (begin < end)
        operand(t, begin, end);
    t->level--;
}

void audit_key_trace(struct arena *arena, const struct audit_code *code, uint32_t first,
                     uint32_t end, struct key_parts *ret) {
    struct trace t = {.arena = arena, .code = code, .c = code_of(code), .parts = ret};
    ret->n = 0;
    expression(&t, first, end);
}
