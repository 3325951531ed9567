/* The verbs with their rows, and what a shell offers for the words in them. */
#include "cli/verb.h"
#include "daemon/verb.h"
#include "tools/pages/pages.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void pages_fail(const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    fputs("write-pages: ", stderr);
    vfprintf(stderr, fmt, args);
    fputc('\n', stderr);
    va_end(args);
    exit(1);
}

static const struct prog_verb *const shown[] = {
#define VERB(name) &cli_verb_##name,
#include "cli/verbs.def"
#undef VERB
};
static const struct prog_verb *const of_daemon[] = {
#define VERB(name) &daemon_verb_##name,
#include "daemon/verbs.def"
#undef VERB
};

/* The row that has the flags. */
static const struct prog_verb *row_of(const struct prog_verb *verb) {
    for (size_t i = 0; verb->take_over && i < ARRAY_LEN(of_daemon); i++)
        if (strcmp(of_daemon[i]->name, verb->name) == 0)
            return of_daemon[i];
    if (verb->take_over)
        pages_fail("calotype-daemon has no verb %s", verb->name);
    return verb;
}

size_t pages_count(void) { return ARRAY_LEN(shown); }

struct pages_verb pages_at(size_t i) {
    return (struct pages_verb){shown[i]->name, shown[i]->summary, row_of(shown[i])};
}

bool pages_has(str name) {
    for (size_t i = 0; i < ARRAY_LEN(shown); i++)
        if (str_is(name, shown[i]->name))
            return true;
    return false;
}

/* ---- Kinds ---- */

struct kind {
    const char *word;
    enum pages_kind kind;
};
/* Of the values of flags; of those that are not here nothing is known. */
static const struct kind values[] = {{"FILE", PAGES_FILES}, {"DIR", PAGES_FOLDERS}};
/* Of the other arguments of a verb: each word is here. */
static const struct kind operands[] = {
    {"FILE|FOLDER", PAGES_FILES}, {"NAME", PAGES_PHOTOGRAPHS}, {"PREFIX", PAGES_PHOTOGRAPHS},
    {"COMMAND", PAGES_COMMAND},   {"GROUP", PAGES_NOTHING},    {"TEMPLATE", PAGES_FILES},
};

enum pages_kind pages_kind_of_flag(const struct prog_flag *flag) {
    if (flag->kind == FLAG_CHOICE)
        return PAGES_CHOICES;
    for (size_t i = 0; flag->value && i < ARRAY_LEN(values); i++)
        if (strcmp(values[i].word, flag->value) == 0)
            return values[i].kind;
    return PAGES_NOTHING;
}

enum pages_kind pages_kind_of_operand(const struct prog_verb *verb) {
    if (verb->choices || verb->most == 0)
        return verb->choices ? PAGES_CHOICES : PAGES_NOTHING;
    for (size_t i = 0; verb->operand && i < ARRAY_LEN(operands); i++)
        if (strcmp(operands[i].word, verb->operand) == 0)
            return operands[i].kind;
    pages_fail("%s takes %s, of which nothing is known (tools/pages/verbs.c)", verb->name,
               verb->operand ? verb->operand : "arguments without a name");
}
