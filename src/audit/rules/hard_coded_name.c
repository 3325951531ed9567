/* Names that a second stack of the template would give, too. */
#include "audit/rules/names_priv.h"

#include "base/ascii.h"

/* ---- Is the name used elsewhere? ---- */

/*
 * How often a word is written in the template: the names' words are put in, then all texts are read. A
 * function and its log group have the same one, and get another together.
 */
struct use {
    size_t n, names; /* names: of those the ones that get another name together */
};
struct uses {
    struct map words; /* struct use */
};

static bool is_word(char c) { return ascii_is_alnum(c) || ascii_is_one_of(c, "_.-"); }

/* The word at *at or behind, which is moved behind it; empty: no more. */
static str next_word(str text, size_t *at) {
    size_t from = *at;
    while (from < text.len && !is_word(text.p[from]))
        from++;
    size_t end = from;
    while (end < text.len && is_word(text.p[end]))
        end++;
    *at = end;
    return str_slice(text, from, end);
}

/* "/photos/worker" is known by its last word. */
static str word_of(str name) {
    size_t i = name.len;
    while (i > 0 && is_word(name.p[i - 1]))
        i--;
    return str_skip(name, i);
}

static void count(void *ctx, const struct audit_literal *l) {
    struct uses *uses = ctx;
    size_t at = 0;
    if (audit_literal_is_prose(l))
        return;
    for (str word; (word = next_word(l->text, &at)).len;) {
        struct use *use = map_get(&uses->words, word);
        if (use)
            use->n++;
    }
}

static bool is_used_elsewhere(const struct uses *uses, str name) {
    const struct use *use = map_get(&uses->words, word_of(name));
    return !use || use->n > use->names;
}

/* ---- Telling ---- */

/*
 * A bucket's name ends with the account: a stack's may have capitals, and a bucket's is one in the world.
 * Other names begin with the stack's, behind the path that some have.
 */
static void fix(const struct uses *uses, struct audit_finding *f, const struct audit_resource *r,
                const struct tmpl_node *node) {
    str text = tmpl_text(node);
    enum { MOST_NAME = 63 - 13 };
    if (!f || !text.p || str_find(text, S("${")) >= 0 || str_chr(text, '\'') >= 0 ||
        is_used_elsewhere(uses, text))
        return;
    if (audit_is(r, "AWS::S3::Bucket")) {
        if (text.len <= MOST_NAME)
            audit_fix_replace(f, node, "!Sub '" STR_FMT "-${AWS::AccountId}'", STR_ARG(text));
        return;
    }
    ptrdiff_t slash = str_rchr(text, '/');
    size_t path = (size_t)(slash + 1);
    audit_fix_replace(f, node, "!Sub '" STR_FMT "${AWS::StackName}-" STR_FMT "'",
                      STR_ARG(str_slice(text, 0, path)), STR_ARG(str_skip(text, path)));
}

struct told {
    struct audit_finding *f;
    const struct audit_resource *r;
    const struct tmpl_node *node;
};
struct all {
    struct told *told; /* those that may be mended */
    size_t n, cap;
};

static void tell(struct audit_template *t, const struct audit_resource *r, const char *property,
                 struct all *all, struct uses *uses) {
    const struct audit_values values = audit_property(t, r, property);
    for (size_t i = 0; i < values.n; i++) {
        const struct audit_value *v = &values.v[i];
        str text = v->kind == AUDIT_ABSENT ? STR_NONE : audit_text(t, v->node);
        /* One that a condition or a mapping chooses is of what it is chosen by. */
        if (text.len == 0 || v->guard != r->guard || audit_name_is_of_stack(text))
            continue;
        struct audit_finding *f = audit_tell_node(
            t, &audit_rule_hard_coded_name, r, v->node, v->guard,
            "the name " STR_FMT " has no parameter, stack name or account in it", STR_ARG(text));
        if (!f || v->kind != AUDIT_LITERAL || all->n == all->cap)
            continue;
        all->told[all->n++] = (struct told){f, r, v->node};
        struct use *use = map_get(&uses->words, word_of(text));
        if (!use) {
            use = arena_new(t->arena, struct use);
            map_put(&uses->words, word_of(text), use);
        }
        use->names++;
    }
}

static void check(struct audit_template *t) {
    struct uses uses = {{0}};
    struct all all = {arena_alloc(t->arena, t->n_resources * sizeof *all.told), 0, t->n_resources};
    for (size_t i = 0; i < t->n_resources; i++) {
        const char *property = audit_unique_name_property(t->resources[i].type);
        if (property)
            tell(t, &t->resources[i], property, &all, &uses);
    }
    if (all.n)
        audit_literals(t, count, &uses);
    for (size_t i = 0; i < all.n; i++)
        fix(&uses, all.told[i].f, all.told[i].r, all.told[i].node);
    map_deinit(&uses.words);
}

const struct audit_rule audit_rule_hard_coded_name = {
    .id = "hard-coded-name",
    .class = 17,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_PIPELINE,
    .title = "Name that only one stack can have",
    .why = "a second stack of the template fails, and what must be replaced cannot be",
    .fix = "leave the name out, or build it with !Sub from a parameter, ${AWS::StackName} or "
           "${AWS::AccountId}",
    .bad = "Resources:\n"
           "  Jobs:\n"
           "    Type: AWS::SQS::Queue\n"
           "    Properties:\n"
           "      QueueName: jobs\n",
    .good = "Resources:\n"
            "  Jobs:\n"
            "    Type: AWS::SQS::Queue\n"
            "    Properties:\n"
            "      QueueName: !Sub ${AWS::StackName}-jobs\n",
    .check = check,
};
