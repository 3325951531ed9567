/*
 * audit/code_flow: what runs where: the handler, functions that are called once per element or record,
 * and what errors are caught around.
 */
#include "audit/code_priv.h"
#include "base/ascii.h"

/* Through names and callers; names that are looked at for one question; uses of one function. */
enum { MOST_STEPS = 8, MOST_LOOKS = 500, MOST_USES = 64 };
enum { NOT_KNOWN, IS_ASKED, IS_NOT, IS_SO }; /* per_record */

/* What follows the last dot of a callee, without "new ". */
static str last_part(str callee) {
    ptrdiff_t dot = str_rchr(callee, '.');
    str part = dot < 0 ? callee : str_skip(callee, (size_t)dot + 1);
    return str_starts(part, S("new ")) ? str_skip(part, 4) : part;
}

bool code_argument_at(const struct code *c, const struct code_call *call, int n,
                      uint32_t *ret_first, uint32_t *ret_end) {
    uint32_t at = call->open + 1, end;
    for (;; n--, at = end + 1) {
        for (end = at; end < call->close && !code_is_op(c, end, ",");)
            end = code_over(c, end);
        if (n == 0 || end >= call->close)
            break;
    }
    *ret_first = at;
    *ret_end = end;
    return n == 0 && at < end && end <= call->close;
}

/* ---- Functions and what names them ---- */

/* The function of a name that is not a method's of another object. */
static uint32_t function_named(const struct code *c, str name) {
    for (uint32_t i = 1; name.len && i < c->pub.n_blocks; i++)
        if (c->blocks[i].kind == CODE_FUNCTION && str_eq(c->blocks[i].name, name))
            return i;
    return 0;
}

/* Where functions are named but for their definitions. */
static void index_uses(struct code *c) {
    code_index_new(&c->use_index, c->arena, c->pub.n_blocks);
    for (uint32_t i = 1; i < c->pub.n_blocks; i++)
        if (c->blocks[i].kind == CODE_FUNCTION && c->blocks[i].name.len)
            code_index_put(&c->use_index, c->blocks[i].name);
    c->use_before = arena_alloc(c->arena, c->pub.n_tokens * sizeof *c->use_before);
    for (uint32_t i = 0; i < c->pub.n_tokens; i++) {
        c->use_before[i] = NO_TOKEN;
        if (c->tokens[i].kind != CODE_NAME || c->begins[i] == NO_TOKEN || c->function_at[i] ||
            (i > 0 && (code_is(c, i - 1, "def") || code_is(c, i - 1, "function"))) ||
            code_is_op(c, i + 1, "=") || code_is_op(c, i + 1, ":"))
            continue;
        bool is_member = i > 0 && code_is_op(c, i - 1, ".");
        if (is_member && !(i > 1 && (code_is(c, i - 2, "self") || code_is(c, i - 2, "this"))))
            continue;
        uint32_t *last = (uint32_t *)code_index_get(&c->use_index, code_text(c, i));
        if (last) {
            c->use_before[i] = *last;
            *last = i;
        }
    }
}

/* ---- Functions that are called once per element ---- */

/*
 * Calls that call what they are handed once per element. over: which argument the elements are; -1:
 * what the method is of; -2: the event's records.
 */
enum { OVER_OBJECT = -1, OVER_RECORDS = -2 };
static const struct {
    enum code_language language;
    const char *last; /* part of the callee */
    int function;     /* which argument the function is; of a keyword: */
    const char *keyword;
    int over;
} loops[] = {
    {CODE_JAVASCRIPT, "forEach", 0, NULL, OVER_OBJECT},
    {CODE_JAVASCRIPT, "map", 0, NULL, OVER_OBJECT},
    {CODE_JAVASCRIPT, "flatMap", 0, NULL, OVER_OBJECT},
    {CODE_JAVASCRIPT, "filter", 0, NULL, OVER_OBJECT},
    {CODE_JAVASCRIPT, "reduce", 0, NULL, OVER_OBJECT},
    {CODE_JAVASCRIPT, "some", 0, NULL, OVER_OBJECT},
    {CODE_JAVASCRIPT, "every", 0, NULL, OVER_OBJECT},
    {CODE_JAVASCRIPT, "pMap", 1, NULL, 0},
    {CODE_JAVASCRIPT, "processPartialResponse", 1, NULL, OVER_RECORDS},
    {CODE_JAVASCRIPT, "processPartialResponseSync", 1, NULL, OVER_RECORDS},
    {CODE_PYTHON, "map", 0, NULL, 1},
    {CODE_PYTHON, "imap", 0, NULL, 1},
    {CODE_PYTHON, "starmap", 0, NULL, 1},
    {CODE_PYTHON, "filter", 0, NULL, 1},
    {CODE_PYTHON, "process_partial_response", -1, "record_handler", OVER_RECORDS},
    {CODE_PYTHON, "async_process_partial_response", -1, "record_handler", OVER_RECORDS},
    {CODE_PYTHON, "batch_processor", -1, "record_handler", OVER_RECORDS},
};

/* The first parameter of a function that stands in the call, as one of what it is called for. */
static void add_parameter(struct code *c, uint32_t function) {
    const struct code_block *b = &c->blocks[function];
    const struct code_more *m = &c->more[function];
    uint32_t at = b->head;
    while (at < b->first && (code_is_keyword(c, at) || code_is_op(c, at, "(")))
        at++;
    if (at >= b->first || c->tokens[at].kind != CODE_NAME)
        return;
    struct code_name *n = code_name_add(c, at, m->over, m->over_end);
    n->member = S("[]");
    n->block = function;
}

static void mark(struct code *c, const struct code_call *call, size_t k) {
    uint32_t first, end, function;
    if (loops[k].keyword ? !audit_code_argument(&c->pub, call, loops[k].keyword, &first, &end)
                         : !code_argument_at(c, call, loops[k].function, &first, &end))
        return;
    function = c->function_at[first];
    bool is_here = function != 0;
    if (!is_here && end == first + 1)
        function = function_named(c, code_text(c, first));
    if (!function)
        return;
    struct code_more *m = &c->more[function];
    c->blocks[function].is_loop = true;
    if (loops[k].over == OVER_RECORDS)
        m->per_record = IS_SO;
    else if (loops[k].over == OVER_OBJECT)
        m->over = c->begins[call->open - 1], m->over_end = call->token;
    else if (!code_argument_at(c, call, loops[k].over, &m->over, &m->over_end))
        m->over = m->over_end = 0;
    if (loops[k].over == OVER_OBJECT) {
        uint32_t dot = call->open;
        while (dot > m->over && !code_is_op(c, dot, ".") && !code_is_op(c, dot, "?."))
            dot--;
        m->over_end = dot;
    }
    if (is_here && m->over < m->over_end)
        add_parameter(c, function);
}

void code_loops(struct code *c) {
    for (uint32_t i = 0; i < c->pub.n_calls; i++) {
        str last = last_part(c->calls[i].callee);
        for (size_t k = 0; k < ARRAY_LEN(loops); k++)
            if (loops[k].language == c->pub.language && str_is(last, loops[k].last)) {
                mark(c, &c->calls[i], k);
                break;
            }
    }
    index_uses(c);
}

/* ---- Records ---- */

static bool names_records(const struct code *c, uint32_t first, uint32_t end, unsigned steps,
                          unsigned *looks) {
    for (uint32_t i = first; i < end && i < c->pub.n_tokens && ++*looks < MOST_LOOKS; i++) {
        const struct code_token *t = &c->tokens[i];
        str text = code_text(c, i);
        if (t->kind == CODE_STRING && str_find(text, S("Records")) >= 0)
            return true;
        if (t->kind != CODE_NAME)
            continue;
        if (str_eq_nocase(text, S("records")))
            return true;
        if (c->begins[i] != i || steps == 0)
            continue;
        const struct code_name *n = code_name_of(c, text, t->block, i);
        if (n && !(i >= n->first && i < n->end) &&
            (str_is(n->member, "Records") || names_records(c, n->first, n->end, steps - 1, looks)))
            return true;
    }
    return false;
}

static bool is_over_records(const struct code *c, uint32_t block) {
    const struct code_block *b = &c->blocks[block];
    const struct code_more *m = &c->more[block];
    unsigned looks = 0;
    bool is_loop = b->kind == CODE_LOOP || b->is_loop;
    return is_loop && m->over < m->over_end &&
           names_records(c, m->over, m->over_end, MOST_STEPS, &looks);
}

/* Is a function called, or handed on, where things are done per record? */
static bool is_used_per_record(const struct code *c, uint32_t function) {
    const uint32_t *last = code_index_get(&c->use_index, c->blocks[function].name);
    unsigned n = 0;
    for (uint32_t i = last ? *last : NO_TOKEN; i != NO_TOKEN && n++ < MOST_USES;
         i = c->use_before[i])
        if (audit_code_per_record(&c->pub, c->tokens[i].block))
            return true;
    return false;
}

bool audit_code_per_record(const struct audit_code *code, uint32_t block) {
    const struct code *c = code_of(code);
    for (; block != 0; block = c->blocks[block].parent) {
        struct code_more *m = &c->more[block];
        if (m->per_record == IS_SO)
            return true;
        if (m->per_record == IS_ASKED)
            return false;
        if (m->per_record == IS_NOT)
            continue;
        m->per_record = IS_ASKED;
        bool is_so = is_over_records(c, block);
        if (!is_so && c->blocks[block].kind == CODE_FUNCTION && block != c->pub.handler)
            is_so = is_used_per_record(c, block);
        m->per_record = is_so ? IS_SO : IS_NOT;
        if (is_so)
            return true;
    }
    return false;
}

/* ---- Errors ---- */

static uint32_t try_of(const struct code *c, uint32_t block, unsigned steps);

/* The TRY that all uses of a function are in; 0: not all are. */
static uint32_t try_of_uses(const struct code *c, uint32_t function, unsigned steps) {
    const uint32_t *last = code_index_get(&c->use_index, c->blocks[function].name);
    uint32_t found = 0;
    unsigned n = 0;
    for (uint32_t i = last ? *last : NO_TOKEN; i != NO_TOKEN; i = c->use_before[i]) {
        found = n++ < MOST_USES / MOST_STEPS ? try_of(c, c->tokens[i].block, steps - 1) : 0;
        if (!found)
            return 0;
    }
    return found;
}

static uint32_t try_of(const struct code *c, uint32_t block, unsigned steps) {
    for (; block != 0; block = c->blocks[block].parent) {
        const struct code_block *b = &c->blocks[block];
        if (b->kind == CODE_TRY && c->more[block].is_caught)
            return block;
        if (b->kind == CODE_FUNCTION && steps > 0 && block != c->pub.handler) {
            uint32_t found = try_of_uses(c, block, steps);
            if (found)
                return found;
        }
    }
    return 0;
}

uint32_t audit_code_try(const struct audit_code *code, uint32_t block) {
    return try_of(code_of(code), block, MOST_STEPS / 2);
}

/* ---- The handler ---- */

static bool is_outer(const struct code *c, uint32_t block) {
    for (uint32_t b = c->blocks[block].parent; b != 0; b = c->blocks[b].parent)
        if (c->blocks[b].kind == CODE_FUNCTION || c->blocks[b].kind == CODE_CLASS)
            return false;
    return true;
}

static uint32_t outer_named(const struct code *c, str name) {
    uint32_t found = 0;
    for (uint32_t i = 1; i < c->pub.n_blocks; i++)
        if (c->blocks[i].kind == CODE_FUNCTION && str_eq(c->blocks[i].name, name) && is_outer(c, i))
            found = i;
    return found;
}

/* The function that a value has within, or names: wrap(async () => …), wrap(base). */
static uint32_t function_in(const struct code *c, uint32_t first, uint32_t end, unsigned steps) {
    for (uint32_t i = first; i < end; i++)
        if (c->function_at[i])
            return c->function_at[i];
    for (uint32_t i = first; i < end && i < first + MOST_USES; i++) {
        if (c->tokens[i].kind != CODE_NAME || c->begins[i] != i)
            continue;
        uint32_t found = outer_named(c, code_text(c, i));
        const struct code_name *n = found || !steps ? NULL : code_name_of(c, code_text(c, i), 0, i);
        if (n && !(n->first >= first && n->end <= end))
            found = function_in(c, n->first, n->end, steps - 1);
        if (found)
            return found;
    }
    return 0;
}

static uint32_t expression_end(const struct code *c, uint32_t at) {
    return c->pub.language == CODE_PYTHON ? code_part_end(c, at)
                                          : code_expression_end(c, at, false);
}

uint32_t code_find_handler(const struct code *c, str handler) {
    if (!handler.len)
        return 0;
    uint32_t found = outer_named(c, handler);
    if (found)
        return found;
    static const char *const before[] = {"", "exports."};
    for (size_t i = 0; i < ARRAY_LEN(before); i++) {
        str name = arena_printf(c->arena, "%s" STR_FMT, before[i], STR_ARG(handler));
        const struct code_name *n = code_name_of(c, name, 0, c->pub.n_tokens);
        found = n ? function_in(c, n->first, n->end, 2) : 0;
        if (found)
            return found;
    }
    for (uint32_t i = 2; i + 1 < c->pub.n_tokens; i++) /* {handler: base}, {base as handler} */
        if (str_eq(code_text(c, i), handler)) {
            if (code_is_op(c, i + 1, ":") && c->tokens[i + 2].kind == CODE_NAME)
                found = function_in(c, i + 2, expression_end(c, i + 2), 2);
            else if (code_is(c, i - 1, "as"))
                found = function_in(c, i - 2, i - 1, 2);
            if (found)
                return found;
        }
    return 0;
}
