/*
 * Which conditions can hold together. Metadata.Ask is a list of questions: "A and not B and P is x"
 * (can that be?), or two of these with "=>" between (whenever the first, the second?).
 */
#include "shown.h"

/* One literal: "not A", "A", "P is x", "P is" (nothing). */
static const struct audit_guard *literal(const struct audit_template *t,
                                         const struct audit_guard *guard, str text) {
    bool holds = !str_starts(text, S("not "));
    str name = holds ? text : str_skip(text, 4);
    ptrdiff_t at = str_find(name, S(" is "));
    if (at < 0 && str_ends(name, S(" is")))
        return audit_guard_equals(t, guard, str_slice(name, 0, name.len - 3), S(""));
    return at < 0 ? audit_guard_condition(t, guard, name, holds)
                  : audit_guard_equals(t, guard, str_slice(name, 0, (size_t)at),
                                       str_skip(name, (size_t)at + 4));
}

static const struct audit_guard *parse(const struct audit_template *t, str text) {
    const struct audit_guard *guard = NULL;
    for (ptrdiff_t at; text.len; text = at < 0 ? S("") : str_skip(text, (size_t)at + 5)) {
        at = str_find(text, S(" and "));
        guard = literal(t, guard, at < 0 ? text : str_slice(text, 0, (size_t)at));
    }
    return guard;
}

static void show(const struct audit_template *t, struct buf *out) {
    const struct tmpl_node *asked = tmpl_get(t->metadata, "Ask");
    for (size_t i = 0; asked && i < asked->n; i++) {
        str text = tmpl_text(asked->members[i].value);
        ptrdiff_t at = str_find(text, S(" => "));
        bool is_so = at < 0 ? audit_possible(t, parse(t, text))
                            : audit_implies(t, parse(t, str_slice(text, 0, (size_t)at)),
                                            parse(t, str_skip(text, (size_t)at + 4)));
        buf_printf(out, "%s: " STR_FMT "\n", is_so ? "yes" : "no", STR_ARG(text));
    }
}

int main(int argc, char **argv) { return shown_main(argc, argv, show); }
