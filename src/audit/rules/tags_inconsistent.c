/* Tags that most resources of a stack have in one way, and some in another or not at all. */
#include "audit/rules/tags_priv.h"

#include "base/ascii.h"

enum { LEAST_TAGGED = 3, MOST_KEYS = 64, MOST_VALUES = 8 };

/* A key of the template's: all that is written the same but for case, '-' and '_'. */
struct spelling {
    str key;
    size_t n; /* resources */
    const struct audit_tag *first;
    struct {
        str text;
        size_t n;
    } values[MOST_VALUES]; /* those of stack-wide keys */
    size_t n_values;
};
struct keys {
    struct spelling of[MOST_KEYS];
    size_t n;
};

static bool is_mark(char c) { return ascii_is_one_of(c, "-_ "); }

static bool is_same_word(str a, str b) {
    size_t i = 0, k = 0;
    for (;;) {
        while (i < a.len && is_mark(a.p[i]))
            i++;
        while (k < b.len && is_mark(b.p[k]))
            k++;
        if (i == a.len || k == b.len)
            return i == a.len && k == b.len;
        if (ascii_lower(a.p[i++]) != ascii_lower(b.p[k++]))
            return false;
    }
}

static void count_value(struct spelling *key, str text) {
    size_t i = 0;
    while (i < key->n_values && !str_eq(key->values[i].text, text))
        i++;
    if (i == MOST_VALUES || !text.p)
        return;
    if (i == key->n_values)
        key->values[key->n_values++].text = text;
    key->values[i].n++;
}

static void count(struct keys *keys, const struct audit_tags *all) {
    for (size_t i = 0; i < all->n; i++)
        for (size_t k = 0; k < all->tagged[i].n; k++) {
            const struct audit_tag *tag = &all->tagged[i].tags[k];
            size_t at = 0;
            while (at < keys->n && !str_eq(keys->of[at].key, tag->key))
                at++;
            if (at == MOST_KEYS || audit_tagged_find(&all->tagged[i], tag->key) != tag)
                continue;
            if (at == keys->n)
                keys->of[keys->n++] = (struct spelling){.key = tag->key, .first = tag};
            keys->of[at].n++;
            count_value(&keys->of[at], tag->text);
        }
}

/* ---- The same key in another spelling ---- */

static const struct spelling *usual(const struct keys *keys, str key) {
    const struct spelling *best = NULL;
    for (size_t i = 0; i < keys->n; i++)
        if (is_same_word(keys->of[i].key, key) && (!best || keys->of[i].n > best->n))
            best = &keys->of[i];
    return best;
}

static void tell_spelling(struct audit_template *t, const struct audit_tagged *tagged,
                          const struct keys *keys) {
    for (size_t i = 0; i < tagged->n; i++) {
        const struct audit_tag *tag = &tagged->tags[i];
        const struct spelling *best = usual(keys, tag->key);
        if (!best || str_eq(best->key, tag->key))
            continue;
        struct audit_finding *f =
            audit_tell_range(t, &audit_rule_tags_inconsistent, tagged->r, tag->key_at,
                             audit_name_end(t, tag->key_at), tag->guard,
                             "the tag " STR_FMT " is written " STR_FMT " elsewhere",
                             STR_ARG(tag->key), STR_ARG(best->key));
        if (tag->key_node)
            audit_fix_replace(f, tag->key_node, STR_FMT, STR_ARG(best->key));
    }
}

/* ---- A key that the others have ---- */

static bool has_word(const struct audit_template *t, const struct audit_tagged *tagged, str key) {
    for (size_t i = 0; i < tagged->n; i++)
        if (is_same_word(tagged->tags[i].key, key))
            return true;
    /* What SAM's Globals add to a function's own. */
    const struct tmpl_node *globals = tmpl_get(tagged->r->globals, "Tags");
    (void)t;
    return tmpl_is(globals, TMPL_MAP) && (tmpl_function(globals) || tmpl_member(globals, key));
}

static bool is_of_one_value(const struct audit_tags *all, const struct spelling *key) {
    for (size_t i = 0; i < all->n; i++) {
        const struct audit_tag *tag = audit_tagged_find(&all->tagged[i], key->key);
        if (tag && !(tag->text.p && str_eq(tag->text, key->first->text)))
            return false;
    }
    return true;
}

static void tell_missing(struct audit_template *t, const struct audit_tagged *tagged,
                         const struct audit_tags *all, const struct keys *keys) {
    for (size_t i = 0; i < keys->n; i++) {
        const struct spelling *key = &keys->of[i];
        if (3 * key->n < 2 * all->n || tagged->is_unknown || str_is(key->key, "Name") ||
            has_word(t, tagged, key->key))
            continue;
        struct audit_finding *f =
            audit_tell(t, &audit_rule_tags_inconsistent, tagged->r, NULL,
                       "the tag " STR_FMT " of the other resources is missing", STR_ARG(key->key));
        if (!f || !tagged->node || !is_of_one_value(all, key))
            continue;
        CLEANUP_DEINIT(buf) struct buf tag = {0};
        audit_tag_write(&tag, tagged->kind, key->key, key->first->value);
        if (!tagged->kind->is_map)
            audit_fix_append(f, tagged->node, "%s", buf_cstr(&tag));
        else if (str_starts(buf_view(&tag), key->key))
            audit_fix_member(f, tagged->node, arena_cstr(t->arena, key->key), "%s",
                             buf_cstr(&tag) + key->key.len + strlen(": "));
    }
}

/* ---- Another value ---- */

/* Tags that say something of the whole stack, so that one value is right. */
static bool is_of_the_stack(str key) {
    static const char *const keys[] = {"Environment", "Env",        "Stage",       "Project",
                                       "Application", "App",        "Owner",       "Team",
                                       "CostCenter",  "Department", "BusinessUnit"};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        if (is_same_word(key, str_c(keys[i])))
            return true;
    return false;
}

static void tell_values(struct audit_template *t, const struct audit_tagged *tagged,
                        const struct keys *keys) {
    for (size_t i = 0; i < tagged->n; i++) {
        const struct audit_tag *tag = &tagged->tags[i];
        size_t at = 0, best = 0;
        while (at < keys->n && !str_eq(keys->of[at].key, tag->key))
            at++;
        if (at == keys->n || !tag->text.p || !is_of_the_stack(tag->key))
            continue;
        const struct spelling *key = &keys->of[at];
        for (size_t k = 1; k < key->n_values; k++)
            best = key->values[k].n > key->values[best].n ? k : best;
        if (key->n >= LEAST_TAGGED && 3 * key->values[best].n >= 2 * key->n &&
            !str_eq(key->values[best].text, tag->text))
            audit_tell_node(t, &audit_rule_tags_inconsistent, tagged->r, tag->value, tag->guard,
                            "the tag " STR_FMT " is " STR_FMT " elsewhere", STR_ARG(tag->key),
                            STR_ARG(key->values[best].text));
    }
}

static void check(struct audit_template *t) {
    const struct audit_tags *all = audit_tags(t);
    struct keys keys = {.n = 0};
    count(&keys, all);
    for (size_t i = 0; i < all->n; i++) {
        tell_spelling(t, &all->tagged[i], &keys);
        if (all->n < LEAST_TAGGED)
            continue;
        tell_missing(t, &all->tagged[i], all, &keys);
        tell_values(t, &all->tagged[i], &keys);
    }
}

const struct audit_rule audit_rule_tags_inconsistent = {
    .id = "tags-inconsistent",
    .class = 15,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_PIPELINE,
    .title = "Tags that differ across resources",
    .why = "a bill or a policy by tags leaves out what is tagged otherwise",
    .fix = "give every resource the same keys, in the same spelling, with the stack's values",
    .bad = "Resources:\n"
           "  Jobs:\n"
           "    Type: AWS::SQS::Queue\n"
           "    Properties:\n"
           "      Tags: [{Key: Environment, Value: !Ref AWS::StackName}]\n"
           "  Reports:\n"
           "    Type: AWS::SNS::Topic\n"
           "    Properties:\n"
           "      Tags: [{Key: environment, Value: !Ref AWS::StackName}]\n",
    .good = "Resources:\n"
            "  Jobs:\n"
            "    Type: AWS::SQS::Queue\n"
            "    Properties:\n"
            "      Tags: [{Key: Environment, Value: !Ref AWS::StackName}]\n"
            "  Reports:\n"
            "    Type: AWS::SNS::Topic\n"
            "    Properties:\n"
            "      Tags: [{Key: Environment, Value: !Ref AWS::StackName}]\n",
    .check = check,
};
