/*
 * policy/place: where a statement stands in the text of its document. jansson keeps no positions, so
 * the text is read once more, and only by who tells of them. It was parsed before, so it is well
 * formed; what is met otherwise ends the search.
 */
#include "policy/policy.h"

/* ---- Reading ---- */

struct text {
    str s;
    size_t at;
};

static char here(const struct text *t) { return t->at < t->s.len ? t->s.p[t->at] : '\0'; }

static void skip_space(struct text *t) {
    while (here(t) && str_chr(S(" \t\r\n"), here(t)) >= 0)
        t->at++;
}

/* Passes by white space and then c. */
static bool take(struct text *t, char c) {
    skip_space(t);
    if (here(t) != c)
        return false;
    t->at++;
    return true;
}

/* At a quote: what stands between it and its end, escapes as they are. */
static str take_string(struct text *t) {
    size_t from = ++t->at;
    while (here(t) && here(t) != '"')
        t->at += here(t) == '\\' ? 2 : 1;
    str inner = str_slice(t->s, from, t->at < t->s.len ? t->at : t->s.len);
    t->at++;
    return inner;
}

/* A value with all that is in it. */
static void skip_value(struct text *t) {
    size_t depth = 0;
    skip_space(t);
    do {
        char c = here(t);
        if (c == '"') {
            take_string(t);
            continue;
        }
        if (c == '{' || c == '[')
            depth++;
        else if (c == '}' || c == ']')
            depth--;
        t->at++;
    } while (here(t) && (depth || str_chr(S(",}] \t\r\n"), here(t)) < 0));
}

/* To the value of the document's member "Statement". */
static bool find_statements(struct text *t) {
    for (bool more = take(t, '{'); more; more = take(t, ',')) {
        skip_space(t);
        if (here(t) != '"')
            return false;
        str key = take_string(t);
        if (!take(t, ':'))
            return false;
        skip_space(t);
        if (str_is(key, "Statement"))
            return true;
        skip_value(t);
    }
    return false;
}

/* ---- Telling ---- */

static struct policy_position position_of(str s, size_t at) {
    struct policy_position p = {1, 1};
    for (size_t i = 0; i < at && i < s.len; i++) {
        if (s.p[i] == '\n')
            p = (struct policy_position){p.line + 1, 1};
        else if (((unsigned char)s.p[i] & 0xC0) != 0x80) /* not within a character */
            p.column++;
    }
    return p;
}

bool policy_place_of(str json, size_t statement, struct policy_place *ret) {
    struct text t = {json, 0};
    if (!find_statements(&t))
        return false;
    bool list = here(&t) == '[';
    size_t from = t.at + 1; /* behind the bracket, or the brace of the only one */
    if (list)
        t.at++;
    skip_value(&t);
    for (size_t i = 0; i < statement; i++) {
        from = t.at;
        if (!list || !take(&t, ','))
            return false;
        skip_value(&t);
    }
    *ret = (struct policy_place){position_of(json, from), position_of(json, t.at)};
    return true;
}
