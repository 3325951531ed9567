/*
 * SimulateCustomPolicy, SimulatePrincipalPolicy: the decisions that requests would meet, by the
 * evaluator that they would meet (policy_decide); and GetContextKeysFor…, the keys it would look at.
 *
 * One result an action; several resources are told apart in ResourceSpecificResults, and above them
 * stands the most restrictive decision ("The simulator now returns a single EvaluationResult per
 * action", EvaluationResult, IAM API reference). Which statements are told: of each kind of document
 * those that deny, or else those that allow; of what nothing allows, none. Types of sources and
 * places of statements are as AWS answers them, not as its model has them.
 */
#include "svc/iam/simulated.h"

#include "base/arn.h"

enum {
    /*
     * A page ends where its steps do, and an action that takes more is refused: some seconds of a
     * worker. Ten thousand characters of patterns, a hundred of values: two thousand decisions.
     */
    MAX_STEPS = 2000000000,
    CALLER_BYTES = 1024, /* of the keys that the caller and the time decide, about */
    MAX_TOLD = 20000, /* statements and keys that are told of an action; of a page, where it ends */
};

struct simulating {
    struct iam_simulation s;
    json_t *statements; /* those that were told, by "source.index": a place is looked for once */
    double steps;       /* of the page */
    size_t told;        /* statements and keys: of the page, … */
    size_t told_here;   /* … and of the action */
};

/* ---- One decision ---- */

struct match {
    size_t source, statement;
    bool denies;
};
struct decision {
    const struct iam_simulation *s;
    struct match *matches;
    size_t n, cap;
    size_t source;   /* of the last match: those of one document come together */
    json_t *missing; /* an object, whose names are the keys */
    bool denies[SOURCE_TYPES], allows[SOURCE_TYPES];
    struct policy_decision made;
};

static void decision_deinit(struct decision *d) {
    free(d->matches);
    json_decref(d->missing);
}

static void on_match(void *arg, const struct policy *policy, size_t statement, bool denies) {
    struct decision *d = arg;
    while (d->s->sources[d->source].policy != policy)
        d->source = (d->source + 1) % d->s->n;
    enum iam_source_type type = d->s->sources[d->source].type;
    *(denies ? &d->denies[type] : &d->allows[type]) = true;
    if (d->n == d->cap) {
        d->cap = d->cap ? 2 * d->cap : 8;
        d->matches = mem_realloc(d->matches, d->cap * sizeof *d->matches);
    }
    d->matches[d->n++] = (struct match){d->source, statement, denies};
}

static void on_missing(void *arg, str key) {
    struct decision *d = arg;
    CLEANUP_DEINIT(buf) struct buf name = {0};
    buf_str(&name, key);
    json_set_bool(d->missing, buf_cstr(&name), true);
}

/*
 * Whose the resource is matters only beside a resource policy: without one the simulation is of the
 * caller's account alone.
 */
static str owner_of(const struct iam_simulation *s, str resource) {
    struct arn arn;
    if (!s->resource)
        return s->principal.account;
    return arn_parse(resource, &arn) && arn_is_account(arn.account) ? arn.account : s->owner;
}

static void decide(struct decision *d, str action, str resource) {
    const struct iam_simulation *s = d->s;
    const struct policy_watch watch = {on_match, on_missing, d};
    const struct policy_request request = {
        .principal = s->principal,
        .action = action,
        .resource = resource,
        .resource_account = owner_of(s, resource),
        .context = s->context,
        .watch = &watch,
    };
    const struct policy_set set = {
        .identity = s->identity,
        .n_identity = s->n_identity,
        .resource = s->resource,
        .boundary = s->boundary,
    };
    d->missing = json_object();
    d->made = policy_decide(&request, &set);
}

static const char *words_of(enum policy_effect effect) {
    static const char *const words[] = {[POLICY_ALLOWED] = "allowed",
                                        [POLICY_DENIED_EXPLICIT] = "explicitDeny",
                                        [POLICY_DENIED_IMPLICIT] = "implicitDeny"};
    return words[effect];
}

/* ---- Telling it ---- */

static const char *const type_words[] = {
    [SOURCE_IDENTITY] = "IAM Policy",
    [SOURCE_RESOURCE] = "Resource Policy",
    [SOURCE_BOUNDARY] = "Permissions Boundary Policy",
};

static json_t *position(struct policy_position p) {
    json_t *out = json_object();
    json_set_int(out, "Line", p.line);
    json_set_int(out, "Column", p.column);
    return out;
}

static json_t *describe_statement(const struct iam_source *source, size_t index) {
    struct policy_place place;
    json_t *out = json_object();
    json_set_str(out, "SourcePolicyId", source->id);
    json_set_str(out, "SourcePolicyType", str_c(type_words[source->type]));
    if (policy_place_of(source->text, index, &place)) {
        json_set(out, "StartPosition", position(place.start));
        json_set(out, "EndPosition", position(place.end));
    }
    return out;
}

/* The statements that decided, by "source.index", borrowed from sim. */
static json_t *matched(struct simulating *sim, const struct decision *d) {
    json_t *out = json_object();
    for (size_t i = 0; d->made.effect != POLICY_DENIED_IMPLICIT && i < d->n; i++) {
        char name[48];
        const struct match *m = &d->matches[i];
        const struct iam_source *source = &sim->s.sources[m->source];
        if (m->denies != d->denies[source->type])
            continue;
        snprintf(name, sizeof name, "%zu.%zu", m->source, m->statement);
        if (!json_has(sim->statements, name))
            json_set(sim->statements, name, describe_statement(source, m->statement));
        json_object_set(out, name, json_object_get(sim->statements, name));
    }
    return out;
}

static json_t *values_of(const json_t *object) {
    const char *name;
    json_t *value, *out = json_array();
    json_object_foreach ((json_t *)object, name, value)
        json_array_append(out, value);
    return out;
}

static json_t *names_of(struct rq *rq, const json_t *object) {
    size_t n;
    json_t *out = json_array();
    const str *names = iam_sorted(rq, object, &n);
    for (size_t i = 0; i < n; i++)
        json_push_str(out, names[i]);
    return out;
}

static const char *words_of_type(const struct decision *d, enum iam_source_type type) {
    return words_of(d->denies[type]   ? POLICY_DENIED_EXPLICIT
                    : d->allows[type] ? POLICY_ALLOWED
                                      : POLICY_DENIED_IMPLICIT);
}

/* How each kind of document decided; empty within one account. */
static json_t *details(const struct decision *d, str resource) {
    json_t *out = json_object();
    if (str_eq(owner_of(d->s, resource), d->s->principal.account))
        return out;
    for (enum iam_source_type type = SOURCE_IDENTITY; type <= SOURCE_RESOURCE; type++)
        json_set_str(out, type_words[type], str_c(words_of_type(d, type)));
    return out;
}

static bool boundary_allows(const struct decision *d) {
    return d->allows[SOURCE_BOUNDARY] && !d->denies[SOURCE_BOUNDARY];
}

/* What is told of a decision, and of that on all resources together. */
struct verdict {
    enum policy_effect effect;
    bool boundary;      /* allows it */
    json_t *statements; /* an object: see matched */
    json_t *missing;    /* an object, whose names are the keys */
};

static void verdict_deinit(struct verdict *v) {
    json_decref(v->statements);
    json_decref(v->missing);
}

static void describe(struct simulating *sim, const struct verdict *v, const char *decision,
                     str resource, json_t *out) {
    json_set_str(out, "EvalResourceName", resource);
    json_set_str(out, decision, str_c(words_of(v->effect)));
    json_set(out, "MatchedStatements", values_of(v->statements));
    json_set(out, "MissingContextValues", names_of(sim->s.rq, v->missing));
    if (!sim->s.boundary)
        return;
    json_t *detail = json_object();
    json_set_bool(detail, "AllowedByPermissionsBoundary", v->boundary);
    json_set(out, "PermissionsBoundaryDecisionDetail", detail);
}

/* ---- One action ---- */

/* The most restrictive has the greatest. */
static int rank_of(enum policy_effect effect) {
    static const int ranks[] =
        {[POLICY_ALLOWED] = 0, [POLICY_DENIED_IMPLICIT] = 1, [POLICY_DENIED_EXPLICIT] = 2};
    return ranks[effect];
}

/* The statements of all are those of the resources that decided. */
static void aggregate(struct verdict *all, const struct verdict *one) {
    int over = rank_of(one->effect) - rank_of(all->effect);
    if (over > 0)
        json_object_clear(all->statements);
    if (over >= 0) {
        all->effect = one->effect;
        json_object_update(all->statements, one->statements);
    }
    json_object_update(all->missing, one->missing);
    all->boundary = all->boundary && one->boundary;
}

/* Decides; what is told of it goes to out, and into all. */
static void simulate_one(struct simulating *sim, str action, str resource, const char *decision,
                         struct verdict *all, json_t *out) {
    CLEANUP_DEINIT(decision) struct decision d = {.s = &sim->s};
    decide(&d, action, resource);
    CLEANUP_DEINIT(verdict)
    struct verdict one = {.effect = d.made.effect,
                          .boundary = boundary_allows(&d),
                          .statements = matched(sim, &d),
                          .missing = json_incref(d.missing)};
    describe(sim, &one, decision, resource, out);
    json_t *why = details(&d, resource);
    if (json_object_size(why))
        json_set(out, "EvalDecisionDetails", why);
    else
        json_decref(why);
    aggregate(all, &one);
    sim->told_here += json_object_size(one.statements) + json_object_size(one.missing);
}

/* On each resource, and on all of them together. */
static void simulate_each(struct simulating *sim, str action, const json_t *arns,
                          struct verdict *all, json_t *out) {
    size_t n = json_array_size(arns);
    json_t *each = json_array(), *why = NULL;
    for (size_t i = 0; i < n && sim->told_here <= MAX_TOLD; i++) {
        json_t *one = json_object();
        simulate_one(sim, action, json_text(json_array_get(arns, i)), "EvalResourceDecision", all,
                     one);
        why = why ? why : json_obj(one, "EvalDecisionDetails");
        json_array_append_new(each, one);
    }
    describe(sim, all, "EvalDecision", n == 1 ? json_text(json_array_get(arns, 0)) : S("*"), out);
    json_set(out, "EvalDecisionDetails", why ? json_incref(why) : json_object());
    json_set(out, "ResourceSpecificResults", each);
}

/* Is the simulation about resources, or about none in particular? */
static bool has_resources(const json_t *arns) {
    return json_array_size(arns) > 1 ||
           (json_array_size(arns) == 1 && !str_is(json_text(json_array_get(arns, 0)), "*"));
}

static json_t *simulate_action(struct simulating *sim, str action, const json_t *arns) {
    CLEANUP_DEINIT(verdict)
    struct verdict all = {POLICY_ALLOWED, true, json_object(), json_object()};
    json_t *out = json_object();
    json_set_str(out, "EvalActionName", action);
    sim->told_here = 0;
    if (has_resources(arns))
        simulate_each(sim, action, arns, &all, out);
    else
        simulate_one(sim, action, S("*"), "EvalDecision", &all, out);
    return out;
}

/* What an action takes at most. */
static double steps_of(const struct iam_simulation *s, str action, const json_t *arns) {
    struct policy_load load = {action, json_array_size(arns), 0, s->context_bytes + CALLER_BYTES};
    double steps = 0;
    for (size_t i = 0; i < load.resources; i++)
        load.resource_bytes += json_text(json_array_get(arns, i)).len;
    if (load.resources == 0)
        load.resources = 1;
    for (size_t i = 0; i < s->n; i++) {
        steps += policy_steps(s->sources[i].policy, &load);
        /* the place of each statement is looked for from the text's beginning, and counted out */
        steps +=
            2.0 * (double)s->sources[i].text.len * (double)policy_statements(s->sources[i].policy);
    }
    return steps;
}

static int fail_much(struct rq *rq) {
    return aws_fail(rq, &IAM_InvalidInput,
                    "These are more policies, resources and context values than calotype simulates "
                    "for one action");
}

/* ---- The operations ---- */

static int simulate_page(struct simulating *sim, struct kit_page *page) {
    struct rq *rq = sim->s.rq;
    const json_t *actions = json_arr(rq->in, "ActionNames"),
                 *arns = json_arr(rq->in, "ResourceArns");
    for (size_t i = 0; i < json_array_size(actions) && !page->more; i++) {
        str place = arena_printf(&rq->arena, "%08zu", i);
        if (str_cmp(place, buf_view(&page->after)) <= 0)
            continue; /* on an earlier page */
        str action = json_text(json_array_get(actions, i));
        double steps = steps_of(&sim->s, action, arns);
        bool begun = json_array_size(page->items) > 0;
        page->more = json_array_size(page->items) == page->most ||
                     (begun && (sim->steps + steps > MAX_STEPS || sim->told > MAX_TOLD));
        if (page->more)
            break;
        if (steps > MAX_STEPS)
            return fail_much(rq);
        sim->steps += steps;
        kit_page_add(page, place, simulate_action(sim, action, arns));
        if (sim->told_here > MAX_TOLD)
            return fail_much(rq);
        sim->told += sim->told_here;
    }
    return 0;
}

static int simulate(struct rq *rq, int (*fill)(struct iam_simulation *s, struct rq *rq)) {
    const struct kit_paging paging = iam_paging_opaque("EvaluationResults");
    struct simulating sim = {.statements = json_object()};
    CLEANUP_DEINIT(kit_page) struct kit_page page = {0};
    int r = kit_page_begin(&page, rq, &paging, STR_NONE);
    if (r == 0)
        r = fill(&sim.s, rq);
    if (r == 0)
        r = simulate_page(&sim, &page);
    if (r == 0)
        r = kit_page_end(&page);
    iam_simulation_deinit(&sim.s);
    json_decref(sim.statements);
    return r;
}

int iam_op_SimulateCustomPolicy(struct iam_svc *, struct rq *rq) {
    return simulate(rq, iam_simulation_custom);
}

int iam_op_SimulatePrincipalPolicy(struct iam_svc *, struct rq *rq) {
    return simulate(rq, iam_simulation_principal);
}

/* ---- The keys that documents look at ---- */

static int list_keys(struct rq *rq) {
    struct iam_simulation s = {0};
    struct decision keys = {.s = &s, .missing = json_object()};
    int r = iam_simulation_documents(&s, rq);
    for (size_t i = 0; i < s.n && r == 0; i++)
        policy_each_key(s.sources[i].policy, on_missing, &keys);
    if (r == 0) {
        rq->out = json_object();
        json_set(rq->out, "ContextKeyNames", names_of(rq, keys.missing));
    }
    decision_deinit(&keys);
    iam_simulation_deinit(&s);
    return r;
}

int iam_op_GetContextKeysForCustomPolicy(struct iam_svc *, struct rq *rq) { return list_keys(rq); }
int iam_op_GetContextKeysForPrincipalPolicy(struct iam_svc *, struct rq *rq) {
    return list_keys(rq);
}
