/* Handlers that wait for each record before they begin the next. */
#include "audit/rules/flow_priv.h"

/* ---- Where one record after the other is the point, or all there is ---- */

static bool is_ordered(const struct audit_template *t, const struct audit_mapping *m) {
    if (!m->source || !audit_is(m->source, "AWS::SQS::Queue"))
        return true; /* streams keep the order of their records */
    struct audit_values fifo = audit_property(t, m->source, "FifoQueue");
    return fifo.n == 1 && audit_is_true(&fifo.v[0]);
}

static bool is_single(const struct audit_template *t, const struct audit_mapping *m) {
    struct audit_values size = audit_path(t, m->node, m->guard, "BatchSize");
    struct audit_range range;
    for (size_t i = 0; i < size.n; i++)
        if (!audit_number(t, &size.v[i], &range) || range.most > 1)
            return false;
    return true;
}

/* Every mapping of the function is such, and nothing else is known to invoke it. */
static bool may_be_sequential(const struct audit_template *t, const struct audit_function *f) {
    size_t n = 0;
    for (const struct audit_mapping *m = t->system->mappings; m; m = m->next) {
        if (m->function != f)
            continue;
        n++;
        if (!is_ordered(t, m) && !is_single(t, m))
            return false;
    }
    for (const struct audit_trigger *i = t->system->triggers; i; i = i->next)
        if (i->target == f->r)
            return false;
    return n > 0;
}

/* ---- The loop ---- */

/* records.reduce(async (before, record) => { await before; … }) */
static bool is_reduce(const struct audit_flow *flow, uint32_t block) {
    uint32_t call = flow->within[block];
    return flow->code->blocks[block].is_loop && flow->code->blocks[block].is_async &&
           call != FLOW_NO_CALL &&
           str_is(audit_flow_last(flow->code->calls[call].callee), "reduce");
}

/* The loop over the records around block, in its function; 0: there is none. */
static uint32_t loop_of(const struct audit_flow *flow, uint32_t block) {
    const struct audit_code *code = flow->code;
    uint32_t found = 0;
    for (uint32_t b = block; b; b = code->blocks[b].parent) {
        const struct code_block *x = &code->blocks[b];
        if (x->kind == CODE_FUNCTION && is_reduce(flow, b) && audit_code_per_record(code, b))
            return b;
        if (x->kind == CODE_FUNCTION)
            break;
        if (x->kind == CODE_LOOP && audit_code_per_record(code, b) &&
            !audit_code_per_record(code, x->parent)) /* it is the loop itself, not one in it */
            found = b;
    }
    return found;
}

/* for (const some of chunks(Records, 10)) await Promise.all(…): several at once. */
static bool goes_by_batches(const struct audit_code *code, uint32_t loop) {
    const struct code_block *b = &code->blocks[loop];
    for (uint32_t i = b->head; i < b->first; i++)
        if (audit_code_is(code, i, "+=") || audit_code_says(code, i, "range"))
            return true;
    return audit_code_mentions(code, b->head, b->first, "chunk") ||
           audit_code_mentions(code, b->head, b->first, "batch");
}

static bool is_all(str callee) {
    return str_is(callee, "Promise.all") || str_is(callee, "Promise.allSettled") ||
           str_is(callee, "asyncio.gather") || str_is(callee, "asyncio.wait");
}

/* batch.put_item() of a batch_writer() only gathers. */
static bool is_gathered(const struct audit_code *code, const struct code_call *call) {
    ptrdiff_t dot = str_rchr(call->callee, '.');
    str of = str_slice(call->callee, 0, dot < 0 ? 0 : (size_t)dot);
    for (uint32_t b = call->block; of.len && b; b = code->blocks[b].parent) {
        const struct code_block *x = &code->blocks[b];
        if (x->kind == CODE_WITH && audit_code_mentions(code, x->head, x->first, "batch_writer"))
            for (uint32_t i = x->head; i < x->first; i++)
                if (str_eq(audit_code_token(code, i), of))
                    return true;
    }
    return false;
}

/* ---- Functions that wait ---- */

/* Which functions of the text do something that takes its time, themselves or by others. */
struct waiting {
    const struct audit_flow *flow;
    bool *waits; /* by block */
};

static bool takes_time(const struct waiting *w, const struct code_call *call) {
    const struct audit_code *code = w->flow->code;
    if (audit_flow_work(w->flow, call) > FLOW_PARSES)
        return !is_gathered(code, call);
    uint32_t callee = audit_flow_callee(w->flow, call);
    return callee && w->waits[callee] && (!code->blocks[callee].is_async || call->is_awaited);
}

/* A function of a function: each round finds those one step further away. */
static void find_waiting(struct waiting *w) {
    enum { MOST_ROUNDS = 6 };
    const struct audit_code *code = w->flow->code;
    w->waits = arena_zalloc(w->flow->t->arena, code->n_blocks * sizeof *w->waits);
    bool more = true;
    for (unsigned round = 0; more && round < MOST_ROUNDS; round++) {
        more = false;
        for (uint32_t i = 0; i < code->n_calls; i++) {
            uint32_t owner = audit_flow_owner(w->flow, code->calls[i].block);
            if (owner && !w->waits[owner] && takes_time(w, &code->calls[i]))
                more = w->waits[owner] = true;
        }
    }
}

/* Does the loop's turn wait for the call? In JavaScript only for what is awaited. */
static bool is_waited_for(const struct waiting *w, const struct code_call *call, uint32_t loop) {
    const struct audit_code *code = w->flow->code;
    if (is_all(call->callee))
        return call->is_awaited && !goes_by_batches(code, loop);
    if (code->language == CODE_JAVASCRIPT)
        return call->is_awaited;
    return takes_time(w, call);
}

static void check_handler(const struct audit_flow *flow) {
    const struct audit_code *code = flow->code;
    if (may_be_sequential(flow->t, flow->function))
        return;
    struct waiting w = {.flow = flow};
    find_waiting(&w);
    uint32_t told = 0;
    for (uint32_t i = 0; i < code->n_calls; i++) {
        const struct code_call *call = &code->calls[i];
        uint32_t loop = loop_of(flow, call->block);
        if (!loop || loop == told || call->token < code->blocks[loop].first ||
            !audit_flow_runs(flow, call) || !is_waited_for(&w, call, loop))
            continue;
        told = loop;
        uint32_t head = code->blocks[loop].head;
        str name = audit_code_callee(flow->t->arena, flow->code, call);
        audit_tell_code(flow->t, &audit_rule_handler_sequential, flow->function, code, head, head,
                        "each record waits until " STR_FMT " of the record before it is done",
                        STR_ARG(name));
    }
}

static void check(struct audit_template *t) { audit_flow_each(t, true, check_handler); }

const struct audit_rule audit_rule_handler_sequential = {
    .id = "handler-sequential",
    .class = 9,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_PIPELINE,
    .title = "Records processed one after the other",
    .why =
        "the time of a batch is the sum of its records, most of it spent waiting for the network; the "
        "last ones meet the time-out",
    .fix = "process them at once: Promise.allSettled over map, or a ThreadPoolExecutor",
    .bad = "Resources:\n"
           "  Resize:\n"
           "    Type: AWS::Lambda::Function\n"
           "    Properties:\n"
           "      Runtime: nodejs22.x\n"
           "      Handler: index.handler\n"
           "      Code:\n"
           "        ZipFile: |\n"
           "          exports.handler = async (event) => {\n"
           "            for (const record of event.Records) {\n"
           "              await resize(record);\n"
           "            }\n"
           "          };\n",
    .good = "Resources:\n"
            "  Resize:\n"
            "    Type: AWS::Lambda::Function\n"
            "    Properties:\n"
            "      Runtime: nodejs22.x\n"
            "      Handler: index.handler\n"
            "      Code:\n"
            "        ZipFile: |\n"
            "          exports.handler = async (event) => {\n"
            "            await Promise.all(event.Records.map((record) => resize(record)));\n"
            "          };\n",
    .check = check,
};
