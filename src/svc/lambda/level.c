/* Levels of log lines, by name and in the JSON of an event. */
#include "svc/lambda/level.h"

#include "base/own.h"

enum lambda_level lambda_level_of(str name) {
    static const struct {
        str name;
        enum lambda_level level;
    } levels[] = {
        {S_INIT("TRACE"), LAMBDA_TRACE},  {S_INIT("DEBUG"), LAMBDA_DEBUG},
        {S_INIT("INFO"), LAMBDA_INFO},    {S_INIT("WARN"), LAMBDA_WARN},
        {S_INIT("WARNING"), LAMBDA_WARN}, {S_INIT("ERROR"), LAMBDA_ERROR},
        {S_INIT("FATAL"), LAMBDA_FATAL},  {S_INIT("CRITICAL"), LAMBDA_FATAL},
    };
    for (size_t i = 0; i < ARRAY_LEN(levels); i++)
        if (str_eq_nocase(name, levels[i].name))
            return levels[i].level;
    return LAMBDA_LEVEL_NONE;
}

/* ---- In JSON ---- */
/* The members of one object; what is deeper is passed over. */
struct scan {
    str rest;
    size_t depth;
    bool wants_key;
    str key;    /* of the member that is being read, as it is spelt */
    bool ended; /* the object */
    enum lambda_level level;
    bool metrics;
};

/* Behind the opening quote: the string as it is spelt, without its quotes. False: it has no end. */
static bool take_string(struct scan *s, str *ret) {
    for (size_t i = 0; i < s->rest.len; i++) {
        if (s->rest.p[i] == '\\') {
            i++;
        } else if (s->rest.p[i] == '"') {
            *ret = str_slice(s->rest, 0, i);
            s->rest = str_skip(s->rest, i + 1);
            return true;
        }
    }
    return false;
}

static void note_string(struct scan *s, str text) {
    if (s->depth != 1)
        return;
    if (s->wants_key) {
        s->key = text;
        s->wants_key = false;
        s->metrics |= str_is(text, "_aws");
    } else if (str_is(s->key, "level")) {
        enum lambda_level level = lambda_level_of(text);
        s->level = level ? level : LAMBDA_INFO;
    }
}

/* False: what is left cannot be an object. */
static bool step(struct scan *s) {
    char c = s->rest.p[0];
    str text;
    s->rest = str_skip(s->rest, 1);
    if (s->ended)
        return c == '\n' || c == '\r' || c == ' ' || c == '\t';
    switch (c) {
    case '"':
        if (!take_string(s, &text))
            return false;
        note_string(s, text);
        return true;
    case '{':
    case '[': s->wants_key = s->depth++ == 0; return true;
    case '}':
    case ']': s->ended = --s->depth == 0; return true;
    case ',': s->wants_key = s->depth == 1; return true;
    default: return true;
    }
}

enum lambda_level lambda_level_of_event(str text) {
    struct scan s = {.rest = text, .level = LAMBDA_INFO};
    if (text.len == 0 || text.p[0] != '{')
        return LAMBDA_LEVEL_NONE;
    while (s.rest.len)
        if (!step(&s))
            return LAMBDA_LEVEL_NONE;
    return s.ended && !s.metrics ? s.level : LAMBDA_LEVEL_NONE;
}
