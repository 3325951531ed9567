/*
 * rules/flow: what runs when a handler is called, and what escapes from it. A graph of the functions
 * of one text: its edges are calls and mentions of their names.
 */
#include "audit/rules/flow_priv.h"

#include "base/ascii.h"

/* ---- Small questions about tokens ---- */

str audit_code_word(const struct audit_code *code, uint32_t token) {
    const struct code_token *k = &code->tokens[token];
    str text = audit_code_token(code, token);
    if (k->kind == CODE_NAME)
        return text;
    if (k->kind != CODE_STRING)
        return STR_NONE;
    while (text.len && ascii_is_alpha(text.p[0]))
        text = str_skip(text, 1); /* the prefix */
    while (text.len && ascii_is_one_of(text.p[0], "\"'`"))
        text = str_skip(text, 1);
    while (text.len && ascii_is_one_of(text.p[text.len - 1], "\"'`"))
        text = str_slice(text, 0, text.len - 1);
    return text.p ? text : S("");
}

bool audit_code_says(const struct audit_code *code, uint32_t token, const char *text) {
    str word = audit_code_word(code, token);
    return word.p && str_is(word, text);
}

static bool contains_nocase(str text, str part) {
    for (size_t i = 0; i + part.len <= text.len; i++)
        if (str_starts_nocase(str_skip(text, i), part))
            return true;
    return false;
}

bool audit_code_mentions(const struct audit_code *code, uint32_t first, uint32_t end,
                         const char *text) {
    for (uint32_t i = first; i < end && i < code->n_tokens; i++) {
        str word = audit_code_word(code, i);
        if (word.p && contains_nocase(word, str_c(text)))
            return true;
    }
    return false;
}

str audit_flow_last(str callee) {
    ptrdiff_t at = str_rchr(callee, '.');
    if (at >= 0)
        return str_skip(callee, (size_t)at + 1);
    return str_starts(callee, S("new ")) ? str_skip(callee, 4) : callee;
}

bool audit_flow_is_one_of(str callee, const char *const *names) {
    str last = audit_flow_last(callee);
    for (; *names; names++)
        if (str_is(last, *names))
            return true;
    return false;
}

uint32_t audit_code_name_of(const struct audit_code *code, uint32_t block) {
    const struct code_block *b = &code->blocks[block];
    enum { BEFORE = 8 }; /* exports.handler = async ( */
    for (uint32_t i = b->head; b->name.len && i < b->first; i++)
        if (str_eq(audit_code_token(code, i), b->name))
            return i;
    for (uint32_t i = b->head, n = 0; b->name.len && i-- > 0 && n < BEFORE; n++)
        if (str_eq(audit_code_token(code, i), b->name))
            return i;
    return b->head;
}

bool audit_code_takes_objects(const struct audit_code *code) {
    bool has_key = false, has_object = false, is_s3 = false;
    for (uint32_t i = 0; i < code->n_tokens; i++) {
        has_key = has_key || audit_code_says(code, i, "key");
        has_object = has_object || audit_code_says(code, i, "object");
        is_s3 = is_s3 || audit_code_says(code, i, "s3") || audit_code_says(code, i, "detail");
    }
    return has_key && has_object && is_s3;
}

uint32_t audit_code_call_at(const struct audit_code *code, uint32_t token) {
    uint32_t low = 0, high = code->n_calls;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (code->calls[middle].token < token)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint32_t audit_code_block_at(const struct audit_code *code, uint32_t token) {
    uint32_t low = 0, high = code->n_blocks;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (code->blocks[middle].first < token)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* ---- What a call does ---- */

enum audit_flow_work audit_code_work(const struct audit_code *code, const struct code_call *call) {
    /* By the whole callee, or, with a dot before them, by its last part. */
    static const struct {
        const char *callee;
        enum audit_flow_work work;
    } table[] = {
        {"json.loads", FLOW_PARSES},
        {"JSON.parse", FLOW_PARSES},
        {"base64.b64decode", FLOW_PARSES},
        {"Image.open", FLOW_READS},
        {"PIL.Image.open", FLOW_READS},
        {"cv2.imread", FLOW_READS},
        {"cv2.imdecode", FLOW_READS},
        {"sharp", FLOW_READS},
        {"Jimp.read", FLOW_READS},
        {"loadImage", FLOW_READS},
        {"urlopen", FLOW_READS},
        {".urlopen", FLOW_READS},
        {"requests.get", FLOW_READS},
        {"requests.post", FLOW_WRITES},
        {"requests.put", FLOW_WRITES},
        {"fetch", FLOW_READS},
        {"axios", FLOW_READS},
        {"axios.get", FLOW_READS},
        {"axios.post", FLOW_WRITES},
        {"axios.put", FLOW_WRITES},
        {"subprocess.run", FLOW_WRITES},
        {"subprocess.check_call", FLOW_WRITES},
        {"subprocess.check_output", FLOW_WRITES},
        {"execSync", FLOW_WRITES},
        {"execFileSync", FLOW_WRITES},
        {"child_process.execSync", FLOW_WRITES},
    };
    struct code_aws aws;
    if (audit_code_aws(code, call, &aws))
        return aws.is_write ? FLOW_WRITES : FLOW_READS;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        str name = str_c(table[i].callee);
        if (str_eq(call->callee, name) || (name.p[0] == '.' && str_ends(call->callee, name)))
            return table[i].work;
    }
    return FLOW_NOTHING;
}

enum audit_flow_work audit_flow_work(const struct audit_flow *flow, const struct code_call *call) {
    return audit_code_work(flow->code, call);
}

/* ---- Who has what ---- */

uint32_t audit_flow_owner(const struct audit_flow *flow, uint32_t block) {
    const struct code_block *blocks = flow->code->blocks;
    for (; block; block = blocks[block].parent)
        if (blocks[block].kind == CODE_FUNCTION &&
            (block == flow->code->handler || blocks[block].name.len))
            return block;
    return 0;
}

/* May a function be meant by its name at a token? Behind a dot only a method, or what is exported. */
static bool may_mean(const struct audit_code *code, uint32_t token, const struct code_block *f) {
    if (token == 0 ||
        !(audit_code_is(code, token - 1, ".") || audit_code_is(code, token - 1, "?.")))
        return true;
    return code->blocks[f->parent].kind == CODE_CLASS ||
           (token > 1 &&
            (audit_code_is(code, token - 2, "exports") || audit_code_is(code, token - 2, "self") ||
             audit_code_is(code, token - 2, "this")));
}

uint32_t audit_flow_callee(const struct audit_flow *flow, const struct code_call *call) {
    const struct audit_code *code = flow->code;
    const struct code_block *f = map_get(flow->names, audit_flow_last(call->callee));
    return f && call->open && may_mean(code, call->open - 1, f) ? (uint32_t)(f - code->blocks) : 0;
}

bool audit_flow_runs(const struct audit_flow *flow, const struct code_call *call) {
    uint32_t owner = audit_flow_owner(flow, call->block);
    return owner && flow->reached[owner];
}

bool audit_flow_cleans_up(const struct audit_flow *flow, const struct code_call *call) {
    const struct code_block *blocks = flow->code->blocks;
    uint32_t owner = audit_flow_owner(flow, call->block);
    for (uint32_t b = call->block; b && b != owner; b = blocks[b].parent)
        if (blocks[b].kind == CODE_CATCH || blocks[b].kind == CODE_FINALLY)
            return true;
    return false;
}

/* ---- What is caught where it stands ---- */

/* What follows a call in its chain: .promise().catch(f), .then(f, g), .on('error', f). */
static bool chain_catches(const struct audit_code *code, const struct code_call *call) {
    uint32_t i = call->close + 1;
    while (i + 2 < code->n_tokens && audit_code_is(code, i, ".") &&
           audit_code_is(code, i + 2, "(")) {
        uint32_t open = i + 2, close = code->tokens[open].match;
        if (close <= open)
            return false;
        if (audit_code_is(code, i + 1, "catch"))
            return true;
        if (audit_code_is(code, i + 1, "on") && audit_code_says(code, open + 1, "error"))
            return true;
        if (audit_code_is(code, i + 1, "then"))
            for (uint32_t j = open + 1; j < close; j++) {
                if (audit_code_is(code, j, ","))
                    return true;
                if (code->tokens[j].match > j)
                    j = code->tokens[j].match;
            }
        i = close + 1;
    }
    return false;
}

static bool has_parameter(const struct audit_code *code, uint32_t block, str name) {
    for (uint32_t i = code->blocks[block].head; i < code->blocks[block].first; i++)
        if (str_eq(audit_code_token(code, i), name))
            return true;
    return false;
}

/* Does a name in the body of a function mean the parameter of a function within, or is it that? */
static bool is_shadowed(const struct audit_code *code, uint32_t block, uint32_t token) {
    str name = audit_code_token(code, token);
    uint32_t next = audit_code_block_at(code, token);
    if (next < code->n_blocks && code->blocks[next].kind == CODE_FUNCTION &&
        code->blocks[next].head <= token)
        return true;
    for (uint32_t b = code->tokens[token].block; b && b != block; b = code->blocks[b].parent)
        if (code->blocks[b].kind == CODE_FUNCTION && has_parameter(code, b, name))
            return true;
    return false;
}

uint32_t audit_code_error_parameter(const struct audit_code *code, const struct code_call *call,
                                    bool *ret_used) {
    for (uint32_t b = audit_code_block_at(code, call->open); b < code->n_blocks; b++) {
        const struct code_block *f = &code->blocks[b];
        if (f->first > call->close)
            break;
        if (f->kind != CODE_FUNCTION || f->head < call->open || f->end > call->close + 1)
            continue;
        uint32_t i = f->head; /* the parameter: (err, or function name(err, or err => */
        while (i < f->first && !audit_code_is(code, i, "("))
            i++;
        i = i < f->first ? i + 1 : f->head;
        str name = audit_code_token(code, i);
        if (!str_is(name, "err") && !str_is(name, "error") && !str_is(name, "e"))
            break;
        *ret_used = false;
        for (uint32_t j = f->first; j < f->end && !*ret_used; j++)
            *ret_used = code->tokens[j].kind == CODE_NAME &&
                        str_eq(audit_code_token(code, j), name) && !is_shadowed(code, b, j);
        return i;
    }
    return 0;
}

/* A call that collects what fails within its brackets. */
static bool collects(const struct audit_code *code, const struct code_call *call) {
    if (str_ends(call->callee, S("Promise.allSettled")) ||
        str_is(audit_flow_last(call->callee), "allSettled"))
        return true;
    return str_is(audit_flow_last(call->callee), "gather") &&
           audit_code_mentions(code, call->open, call->close, "return_exceptions");
}

static bool is_for_each(str callee) { return str_is(audit_flow_last(callee), "forEach"); }

/*
 * Whether what fails at a token is caught before its function's end. call: the call in whose brackets
 * it stands, or itself.
 */
static bool is_caught(const struct audit_flow *flow, uint32_t block, uint32_t token,
                      uint32_t call) {
    const struct audit_code *code = flow->code;
    uint32_t owner = audit_flow_owner(flow, block);
    bool is_lost = false; /* nobody waits for it: a TRY further out does not catch it */
    for (uint32_t b = block; b && b != owner; b = code->blocks[b].parent) {
        const struct code_block *x = &code->blocks[b];
        if (x->kind == CODE_TRY && flow->caught[b] && !is_lost && token >= x->first &&
            token < x->end)
            return true;
        if (x->kind == CODE_WITH && audit_code_mentions(code, x->head, x->first, "suppress"))
            return true;
        if (x->kind == CODE_FUNCTION && x->is_async && flow->within[b] != FLOW_NO_CALL &&
            is_for_each(code->calls[flow->within[b]].callee))
            is_lost = true;
    }
    for (uint32_t c = call; c != FLOW_NO_CALL && code->calls[c].token > code->blocks[owner].head;
         c = flow->outer[c]) {
        if (!is_lost && collects(code, &code->calls[c]))
            return true;
        if (chain_catches(code, &code->calls[c]))
            return true;
    }
    return false;
}

bool audit_flow_escapes(const struct audit_flow *flow, const struct code_call *call) {
    const struct audit_code *code = flow->code;
    uint32_t owner = audit_flow_owner(flow, call->block);
    bool used;
    return owner && flow->exposed[owner] && !audit_code_error_parameter(code, call, &used) &&
           !is_caught(flow, call->block, call->token, (uint32_t)(call - code->calls));
}

/* ---- The graph ---- */

struct edge {
    uint32_t from, to; /* functions; from 0: the module */
    bool is_exposing;  /* what fails in `to` fails in `from` */
    uint32_t next;     /* the next of the same `from`; 0: none */
};
struct graph {
    struct audit_flow *flow;
    struct edge *edges;
    uint32_t n, cap;
    uint32_t *first; /* by block */
};

static void add_edge(struct graph *g, uint32_t from, uint32_t to, bool is_exposing) {
    if (g->n == g->cap) {
        g->cap *= 2;
        g->edges = mem_realloc(g->edges, g->cap * sizeof *g->edges);
    }
    g->edges[g->n] = (struct edge){from, to, is_exposing, g->first[from]};
    g->first[from] = g->n++;
}

/* The call in whose brackets a token stands, from one that begins before it. */
static uint32_t call_around(const struct audit_code *code, const uint32_t *outer, uint32_t call,
                            uint32_t token) {
    while (call != FLOW_NO_CALL &&
           (code->calls[call].close < token || code->calls[call].open > token))
        call = outer[call];
    return call;
}

static void nest_calls(struct audit_flow *flow, struct arena *arena) {
    const struct audit_code *code = flow->code;
    uint32_t *outer = arena_zalloc(arena, code->n_calls * sizeof *outer),
             *within = arena_zalloc(arena, code->n_blocks * sizeof *within);
    uint32_t top = FLOW_NO_CALL;
    for (uint32_t c = 0; c < code->n_calls; c++) {
        while (top != FLOW_NO_CALL && code->calls[top].close < code->calls[c].token)
            top = outer[top];
        outer[c] = top;
        top = c;
    }
    for (uint32_t b = 0; b < code->n_blocks; b++) {
        uint32_t head = code->blocks[b].head, c = audit_code_call_at(code, head);
        within[b] = call_around(code, outer, c ? c - 1 : FLOW_NO_CALL, head);
    }
    flow->outer = outer;
    flow->within = within;
}

/* A function's name that is handed to what calls it once an element, and hands its error on. */
static bool calls_it(const struct audit_flow *flow, uint32_t call) {
    static const char *const names[] = {
        "map",  "forEach", "filter",          "flatMap",   "reduce", "submit",
        "imap", "starmap", "run_in_executor", "to_thread", NULL};
    return call != FLOW_NO_CALL && audit_flow_is_one_of(flow->code->calls[call].callee, names);
}

/* Executors: an error waits in the future; a result() that is caught catches it. */
static bool result_is_caught(const struct audit_flow *flow) {
    const struct audit_code *code = flow->code;
    for (uint32_t c = 0; c < code->n_calls; c++) {
        str last = audit_flow_last(code->calls[c].callee);
        if (str_is(last, "exception") && str_chr(code->calls[c].callee, '.') >= 0 &&
            code->calls[c].close == code->calls[c].open + 1)
            return true;
        if (str_is(last, "result") &&
            is_caught(flow, code->calls[c].block, code->calls[c].token, c))
            return true;
    }
    return false;
}

/* Every mention of a function's name that is neither its own nor a member's. */
static void add_edges(struct graph *g) {
    const struct audit_flow *flow = g->flow;
    const struct audit_code *code = flow->code;
    bool futures_caught = result_is_caught(flow);
    uint32_t c = 0, top = FLOW_NO_CALL;
    for (uint32_t i = 0; i < code->n_tokens; i++) {
        for (; c < code->n_calls && code->calls[c].token <= i; c++)
            top = c;
        while (top != FLOW_NO_CALL && code->calls[top].close < i)
            top = flow->outer[top];
        if (code->tokens[i].kind != CODE_NAME)
            continue;
        const struct code_block *to = map_get(flow->names, audit_code_token(code, i));
        if (!to || !may_mean(code, i, to) ||
            i == audit_code_name_of(code, (uint32_t)(to - code->blocks)))
            continue;
        uint32_t block = code->tokens[i].block, from = audit_flow_owner(flow, block);
        bool is_call = i + 1 < code->n_tokens && audit_code_is(code, i + 1, "(");
        bool is_submitted =
            top != FLOW_NO_CALL && str_is(audit_flow_last(code->calls[top].callee), "submit");
        bool exposes = (is_call || calls_it(flow, top)) && !(is_submitted && futures_caught) &&
                       !is_caught(flow, block, i, top);
        add_edge(g, from, (uint32_t)(to - code->blocks), exposes);
    }
}

/* All functions that edges lead to from the handler; not only_exposing: from the module too. */
static const bool *spread(const struct graph *g, struct arena *arena, bool only_exposing) {
    const struct audit_code *code = g->flow->code;
    bool *seen = arena_zalloc(arena, code->n_blocks * sizeof *seen);
    uint32_t *todo = arena_alloc(arena, (code->n_blocks + 1) * sizeof *todo), n = 0;
    todo[n++] = code->handler;
    seen[code->handler] = true;
    if (!only_exposing)
        todo[n++] = 0;
    while (n) {
        for (uint32_t e = g->first[todo[--n]], next; e; e = next) {
            next = g->edges[e].next;
            if (seen[g->edges[e].to] || (only_exposing && !g->edges[e].is_exposing))
                continue;
            seen[g->edges[e].to] = true;
            todo[n++] = g->edges[e].to;
        }
    }
    return seen;
}

static void name_functions(const struct audit_code *code, struct map *names) {
    for (uint32_t b = code->n_blocks; b-- > 1;) /* of two the first stays */
        if (code->blocks[b].kind == CODE_FUNCTION && code->blocks[b].name.len)
            map_put(names, code->blocks[b].name, (void *)&code->blocks[b]);
}

static void read_flow(struct audit_flow *flow) {
    const struct audit_code *code = flow->code;
    struct arena *arena = flow->t->arena;
    bool *caught = arena_zalloc(arena, code->n_blocks * sizeof *caught);
    for (uint32_t b = 1; b < code->n_blocks; b++)
        if (code->blocks[b].kind == CODE_CATCH)
            caught[code->blocks[b].of] = true;
    flow->caught = caught;
    nest_calls(flow, arena);
    enum { EDGES = 64 };
    struct graph g = {.flow = flow, .n = 1, .cap = EDGES}; /* edge 0 means none */
    g.first = arena_zalloc(arena, code->n_blocks * sizeof *g.first);
    g.edges = mem_zalloc(EDGES * sizeof *g.edges);
    add_edges(&g);
    flow->reached = spread(&g, arena, false);
    flow->exposed = spread(&g, arena, true);
    free(g.edges);
}

void audit_flow_each(struct audit_template *t, bool image_work,
                     void (*fn)(const struct audit_flow *flow)) {
    for (const struct audit_function *f = t->system->functions; f; f = f->next) {
        const struct audit_code *code = f->code;
        while (code && !code->handler)
            code = code->next;
        if (!code || code->is_damaged || (image_work && !f->is_image_work))
            continue;
        struct map names = {0};
        struct audit_flow flow = {.t = t, .function = f, .code = code, .names = &names};
        name_functions(code, &names);
        read_flow(&flow);
        fn(&flow);
        map_deinit(&names);
    }
}

/* ---- Telling ---- */

struct audit_finding *audit_tell_code(struct audit_template *t, const struct audit_rule *rule,
                                      const struct audit_function *function,
                                      const struct audit_code *code, uint32_t first, uint32_t last,
                                      const char *fmt, ...) {
    const struct code_token *end = &code->tokens[last];
    va_list args;
    va_start(args, fmt);
    str message = arena_vprintf(t->arena, fmt, args);
    va_end(args);
    return audit_tell_range(t, rule, function->r, audit_code_pos(code, code->tokens[first].at),
                            audit_code_pos(code, end->at + end->len), NULL, STR_FMT,
                            STR_ARG(message));
}

str audit_code_callee(struct arena *arena, const struct audit_code *code,
                      const struct code_call *call) {
    enum { LONGEST = 60 };
    struct code_aws aws;
    str name = call->callee;
    if (str_is(audit_flow_last(name), "send") && audit_code_aws(code, call, &aws))
        return str_c(aws.operation);
    if (str_starts(name, S("new ")))
        name = str_skip(name, 4);
    if (str_starts(name, S(".")))
        name = str_skip(name, 1);
    return arena_str(arena, str_utf8_slice(name, LONGEST));
}
