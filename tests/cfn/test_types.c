/*
 * What each resource type says to the services: types.txt holds conversations, one paragraph each.
 *
 *   -- a sentence
 *   create|update|remove|find TYPE {properties}   create: what is asked before goes first
 *   from {properties}         update: the ones before
 *   id TEXT                   what there is already
 *   attributes {…}            the same
 *   notes {…}                 what an earlier call of the verb has noted
 *   again                     the verb was called before
 *   free                      the name was free before the intention
 *   on OPERATION {answer}     what an operation answers; without it {}; several are for one call
 *   each,
 *                             the last for all further ones
 *   on OPERATION ! CODE TEXT  how it fails
 *   SERVICE OPERATION {input} a call that is expected, in this order
 *   done|wait|failed ID {attributes}   how it ends; failed: with the reason
 *
 * CALOTYPE_RECORD=1 prints the file as it would have to be.
 */
#include "cm.h"

#include "aws/model.h"
#include "cfn/engine.h"

#include <stdio.h>

enum { LINES = 64 };
struct talk {
    str lines[LINES];
    size_t n;
    unsigned used[LINES]; /* answers: how often */
    struct buf heard;
};

static json_t *json_of(str text) {
    struct err err = {{0}};
    json_t *doc = json_parse(text, &err);
    CHECK_CASE(doc, err.text);
    return doc;
}

static void add_sorted(struct buf *out, const json_t *doc) {
    char *text = json_dumps(doc, JSON_SORT_KEYS | JSON_COMPACT | JSON_ENCODE_ANY);
    buf_c(out, text);
    free(text);
}

static bool word(str line, const char *want, str *ret_rest) {
    str head, rest = STR_NONE;
    str_cut(line, ' ', &head, &rest);
    *ret_rest = rest.p ? rest : S("");
    return str_is(head, want);
}

/* The answer for this call of op; STR_NONE without one. */
static str answer_to(struct talk *t, const char *op) {
    str rest, body, last = STR_NONE;
    for (size_t i = 0; i < t->n; i++) {
        if (!word(t->lines[i], "on", &rest) || !word(rest, op, &body))
            continue;
        last = body;
        if (t->used[i])
            continue;
        t->used[i]++;
        return body;
    }
    return last;
}

static int hear(void *ctx, struct cfn_backend_call *call) {
    struct talk *t = ctx;
    buf_printf(&t->heard, "%s %s ", call->service, call->op);
    add_sorted(&t->heard, call->in);
    buf_char(&t->heard, '\n');
    str answer = answer_to(t, call->op), failure, head, tail = STR_NONE;
    if (answer.p && word(answer, "!", &failure)) {
        str_cut(failure, ' ', &head, &tail);
        buf_str(&call->code, head);
        buf_str(&call->message, tail);
        call->status = 400;
        return CFN_FAILED;
    }
    call->out = answer.p ? json_of(answer) : json_object();
    return CFN_DONE;
}

static str after(const struct talk *t, const char *what) {
    str rest;
    for (size_t i = 0; i < t->n; i++)
        if (word(t->lines[i], what, &rest))
            return rest;
    return STR_NONE;
}

static bool is_given(str line) {
    static const char *const words[] = {"--", "create",     "update", "remove", "find", "from",
                                        "id", "attributes", "again",  "free",   "on",   "notes"};
    str rest;
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (word(line, words[i], &rest))
            return true;
    return false;
}

static void add_end(struct talk *t, const struct cfn_work *w, int r) {
    if (r == CFN_FAILED) {
        buf_printf(&t->heard, "failed " STR_FMT " " STR_FMT "\n", STR_ARG(buf_view(&w->physical)),
                   STR_ARG(buf_view(&w->reason)));
        return;
    }
    buf_printf(&t->heard, "%s " STR_FMT " ", r == CFN_DONE ? "done" : "wait",
               STR_ARG(buf_view(&w->physical)));
    add_sorted(&t->heard, w->attributes);
    buf_char(&t->heard, '\n');
}

static const char *const verbs[] = {"create", "update", "remove", "find"};
static const char *const sent[] = {"Create", "Update", "Delete", "Create"};

/* As the engine does: it asks before it writes down that it will create. */
static int call_verb(const struct cfn_type *type, size_t verb, struct cfn_work *w) {
    if (verb == 0 && !w->again && !w->physical.len && cfn_ask(type, w))
        return CFN_FAILED;
    return verb == 0   ? cfn_type_create(type, w)
           : verb == 1 ? cfn_type_update(type, w)
           : verb == 2 ? cfn_type_remove(type, w)
                       : cfn_type_find_made(type, w);
}

/* Speaks one paragraph; what was heard is in t->heard. */
static void speak(struct talk *t) {
    size_t verb = 0;
    while (verb < 3 && !after(t, verbs[verb]).p)
        verb++;
    str type, text, old = after(t, "from"), attributes = after(t, "attributes"),
                    notes = after(t, "notes");
    str_cut(after(t, verbs[verb]), ' ', &type, &text);
    const struct cfn_backend backend = {.ctx = t, .call = hear};
    struct cfn_caller caller = {.backend = &backend, .place = {S("000000000000"), S("us-east-1")}};
    CLEANUP_JSON json_t *props = json_of(text);
    CLEANUP_JSON json_t *before = old.p ? json_of(old) : NULL;
    struct cfn_work w = {.account = caller.place.account,
                         .region = caller.place.region,
                         .stack_name = S("s"),
                         .logical_id = S("It"),
                         .type = type,
                         .name = S("s-It-RANDOM"),
                         .props = props,
                         .old = before,
                         .verb = sent[verb],
                         .again = after(t, "again").p != NULL,
                         .is_free = after(t, "free").p != NULL,
                         .notes = notes.p ? json_of(notes) : json_object(),
                         .attributes = attributes.p ? json_of(attributes) : json_object(),
                         .caller = &caller};
    buf_str(&w.physical, after(t, "id"));
    const struct cfn_type *known = cfn_type_find(type);
    CHECK_CASE(known, type.p);
    add_end(t, &w, call_verb(known, verb, &w));
    json_decref(w.notes);
    json_decref(w.attributes);
    buf_deinit(&w.physical);
    buf_deinit(&w.reason);
    buf_deinit(&w.note);
}

static void check_talk(struct talk *t, bool recording) {
    CLEANUP_DEINIT(buf) struct buf want = {0};
    for (size_t i = 0; i < t->n; i++) {
        if (is_given(t->lines[i])) {
            if (recording)
                printf(STR_FMT "\n", STR_ARG(t->lines[i]));
            continue;
        }
        buf_str(&want, t->lines[i]);
        buf_char(&want, '\n');
    }
    speak(t);
    if (recording)
        printf("%s\n", buf_cstr(&t->heard));
    else if (!str_eq(buf_view(&t->heard), buf_view(&want)))
        fail_msg(STR_FMT "\n--- heard\n%s--- expected\n%s", STR_ARG(t->lines[0]),
                 buf_cstr(&t->heard), buf_cstr(&want));
    buf_deinit(&t->heard);
    *t = (struct talk){0};
}

static const char *talks_path;

static void conversations(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf file = {0};
    FILE *f = fopen(talks_path, "r");
    CHECK(f);
    for (int c; (c = getc(f)) != EOF;)
        buf_char(&file, (char)c);
    fclose(f);
    struct talk t = {0};
    size_t talks = 0;
    bool recording = getenv("CALOTYPE_RECORD") != NULL;
    for (str rest = buf_view(&file), line; rest.p;) {
        str_cut(rest, '\n', &line, &rest);
        if (line.len && line.p[0] != '#') {
            CHECK(t.n < LINES);
            t.lines[t.n++] = line;
            continue;
        }
        if (t.n) {
            check_talk(&t, recording);
            talks++;
        }
        if (line.len && recording)
            printf(STR_FMT "\n", STR_ARG(line));
    }
    CHECK(talks > 0);
}

/* ---- The tables against the API models and the schemas ---- */

static const struct api_op *op_of(const struct cfn_type *type, const char *name) {
    if (!name)
        return NULL;
    for (size_t i = 0; api_services[i]; i++)
        if (str_is(api_services[i]->name, type->service)) {
            const struct api_op *op = api_op_find(api_services[i], str_c(name));
            CHECK_CASE(op, name);
            return op;
        }
    fail_msg("%s", type->service);
    return NULL;
}

/* A path of struct cfn_prop leads to members that the operation knows. */
static void check_path(const struct api_op *op, const char *path, const char *property) {
    str first = STR_NONE, rest = str_c(path), part;
    if (str_cut(rest, ':', &first, &part)) {
        CHECK_CASE(api_member_find(op->in, first), path);
        rest = part;
    }
    const struct api_shape *shape = op->in;
    while (rest.p && !str_is(rest, ".")) {
        str_cut(rest, '.', &part, &rest);
        if (shape->type == API_MAP)
            return;
        const struct api_member *m =
            api_member_find(shape, str_is(part, "*") ? str_c(property) : part);
        CHECK_CASE(m, property);
        shape = m->shape;
    }
}

/* "A={id} B[]={name} C:=true": every member is known to the operation. */
static void check_input(const struct api_op *op, const char *in) {
    for (str rest = str_c(in), one, name, value; rest.p;) {
        str_cut(rest, ' ', &one, &rest);
        CHECK_CASE(str_cut(one, '=', &name, &value), in);
        name = str_slice(name, 0,
                         name.len - (str_ends(name, S("[]"))  ? 2
                                     : str_ends(name, S(":")) ? 1
                                                              : 0));
        if (op)
            CHECK_CASE(api_member_find(op->in, name), in);
    }
}

/* A property that an update may take away can be said to be as it was when nothing was said. */
static bool can_go(const struct cfn_type *type, const struct cfn_prop *p,
                   const struct tmpl_prop *fact) {
    return !p->set || p->once || p->each || p->clear || p->empty || p->flag || type->put ||
           fact->otherwise || (fact->flags & TMPL_PROP_REQUIRED);
}

static void check_prop(const struct cfn_type *type, const struct cfn_prop *p,
                       const struct tmpl_type *known) {
    /* Without them there is no function of a zip file; what is said of them once stays. */
    static const char *const stay[] = {"Handler", "Runtime", "Architectures"};
    const struct tmpl_prop *fact = tmpl_prop_find(known->properties, str_c(p->name));
    const struct api_op *set = op_of(type, p->set), *clear = op_of(type, p->clear);
    CHECK_CASE(fact && !(fact->flags & TMPL_PROP_READ_ONLY), p->name);
    if (p->create)
        check_path(op_of(type, type->make.op), p->create, p->name);
    if (set &&
        !set->modelled) { /* refused by its name; what is off, or an empty list, asks for nothing */
        CHECK_CASE(p->flag || p->each, p->name);
        return;
    }
    if (set) {
        check_path(set, p->as ? p->as : p->create ? p->create : "*", p->name);
        check_input(set, type->on);
    }
    if (clear)
        check_input(clear, type->on);
    bool stays = false;
    for (size_t i = 0; i < ARRAY_LEN(stay); i++)
        stays = stays || strcmp(stay[i], p->name) == 0;
    CHECK_CASE(stays || can_go(type, p, fact), p->name);
}

static void check_type(const struct cfn_type *type) {
    const struct tmpl_type *known = tmpl_type_find(str_c(type->name));
    CHECK_CASE(known, type->name);
    CHECK(cfn_type_find(str_c(type->name)) == type);
    for (const struct cfn_prop *p = type->props; p && p->name; p++)
        check_prop(type, p, known);
    for (const struct cfn_attribute *a = type->attributes; a->name; a++)
        CHECK_CASE(tmpl_has_attribute(known, str_c(a->name)), a->name);
    if (!type->service)
        return;
    const struct api_op *make = op_of(type, type->make.op), *ask = op_of(type, type->ask.op);
    const char *in = type->make.in ? type->make.in : type->on;
    check_input(make, in);
    check_input(ask, type->ask.in ? type->ask.in : in);
    check_input(op_of(type, type->read), type->on);
    check_input(op_of(type, type->drop), type->on);
    if (type->tags.set) {
        const char *on = type->tags.on ? type->tags.on : type->on;
        check_input(op_of(type, type->tags.set), on);
        check_input(op_of(type, type->tags.clear), on);
        check_path(op_of(type, type->tags.set), type->tags.list ? type->tags.list : "Tags", NULL);
        check_path(op_of(type, type->tags.clear), type->tags.keys ? type->tags.keys : "TagKeys",
                   NULL);
    }
    /* Stack tags are given to a resource only where the engine can pass them on. */
    CHECK_INT(known->tag_property.p != NULL,
              cfn_supports(type, S("Tags")) && !tmpl_is_custom(str_c(type->name)));
}

static void tables_hold(void **state) {
    (void)state;
    size_t n;
    const struct cfn_type *const *types = cfn_types(&n);
    CHECK_INT(n, tmpl_n_types);
    for (size_t i = 0; i < n; i++)
        check_type(types[i]);
}

int main(int argc, char **argv) {
    talks_path = argc > 1 ? argv[1] : "tests/cfn/types.txt";
    const struct CMUnitTest tests[] = {cmocka_unit_test(tables_hold),
                                       cmocka_unit_test(conversations)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
