/*
 * Action and NotAction: parsing, and whether they list an action. AWS's ReadOnlyAccess has more
 * than a thousand patterns, and every request of its holder asks, so they lie sorted by their
 * service, and only those of the action's own service are compared with it.
 */
#include "policy/condition_priv.h"

#include "base/ascii.h"

/* ---- Lists of strings: one, or an array ---- */

bool policy_strings_of(const json_t *value, struct policy_strings *ret) {
    *ret = (struct policy_strings){value, json_is_array(value) ? json_array_size(value) : 1};
    for (size_t i = 0; i < ret->n; i++)
        if (!json_is_string(json_is_array(value) ? json_array_get(value, i) : value))
            return false;
    return true;
}

str policy_string_at(const struct policy_strings *s, size_t i) {
    return json_text(json_is_array(s->value) ? json_array_get(s->value, i) : s->value);
}

/* ---- Parsing ---- */

static bool is_vendor(str s) { return s.len > 0 && ascii_only_alnum(s, "-"); }

static int check_action(str action, struct err *err) {
    str vendor, name;
    if (str_is(action, "*"))
        return 0;
    if (!str_cut(action, ':', &vendor, &name) || vendor.len == 0)
        return policy_malformed(
            err, "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
    if (!is_vendor(vendor))
        return policy_malformed(err, "Vendor " STR_FMT " is not valid", STR_ARG(vendor));
    if (str_chr(name, ':') >= 0)
        return policy_malformed(err, "Actions/Condition can contain only one colon.");
    return 0;
}

/* "s3:" of "s3:GetObject"; of "*" nothing, which sorts first. */
static str vendor_of(str action) {
    return str_slice(action, 0, (size_t)(str_chr(action, ':') + 1));
}

static int compare_vendors(str a, str b) {
    size_t n = a.len < b.len ? a.len : b.len;
    for (size_t i = 0; i < n; i++) {
        int d = ascii_lower(a.p[i]) - ascii_lower(b.p[i]);
        if (d)
            return d;
    }
    return (a.len > b.len) - (a.len < b.len);
}

static int by_vendor(const void *a, const void *b) {
    const struct policy_pattern *x = a, *y = b;
    return compare_vendors(vendor_of(x->text), vendor_of(y->text));
}

int policy_actions_parse(struct policy *policy, struct policy_statement *st, const json_t *value,
                         struct err *err) {
    struct policy_strings list;
    if (!policy_strings_of(value, &list))
        return policy_malformed(err, "Syntax errors in policy.");
    if (list.n == 0)
        return policy_malformed(err, "Policy statement must contain actions.");
    st->actions = arena_alloc(&policy->arena, list.n * sizeof *st->actions);
    for (size_t i = 0; i < list.n; i++) {
        if (check_action(policy_string_at(&list, i), err))
            return POLICY_E_MALFORMED;
        policy_pattern_init(&st->actions[st->n_actions++], &policy->arena,
                            policy_string_at(&list, i), PATTERN_WILDCARDS);
    }
    qsort(st->actions, st->n_actions, sizeof *st->actions, by_vendor);
    return 0;
}

/* ---- Matching ---- */

/* The first pattern that does not sort before the vendor's. */
static size_t first_of(const struct policy_statement *st, str vendor) {
    size_t from = 0, to = st->n_actions;
    while (from < to) {
        size_t middle = (from + to) / 2;
        if (compare_vendors(vendor_of(st->actions[middle].text), vendor) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

static bool is_of(const struct policy_statement *st, size_t i, str vendor) {
    return i < st->n_actions && str_starts_nocase(st->actions[i].text, vendor);
}

bool policy_actions_list(const struct policy_statement *st, struct policy_scope *scope,
                         str action) {
    if (st->n_actions && st->actions[0].all)
        return true;
    str vendor = vendor_of(action);
    for (size_t i = first_of(st, vendor); is_of(st, i, vendor); i++)
        if (policy_pattern_match(&st->actions[i], scope, action, true))
            return true;
    return false;
}

double policy_actions_steps(const struct policy_statement *st, str action) {
    str vendor = vendor_of(action);
    double steps = 1;
    for (size_t i = first_of(st, vendor); is_of(st, i, vendor); i++)
        steps += (double)st->actions[i].n * (st->actions[i].literal ? 1 : (double)action.len);
    return steps;
}
