/* One flag: found by its name, and its text turned into the member that it sets. */
#include "prog/flag.h"

#include "base/buf.h"

#include <errno.h>

const struct prog_flag *prog_flag_find(const struct prog_flag *rows, size_t n, str name) {
    for (size_t i = 0; i < n; i++)
        if (str_is(name, rows[i].name))
            return &rows[i];
    return NULL;
}

static int set_switch(const struct prog_flag *flag, void *member, const char *text,
                      struct err *err) {
    bool on = strcmp(text, "true") == 0;
    if (!on && strcmp(text, "false") != 0)
        return err_set(err, -EINVAL, "%s is true or false, not \"%s\"", flag->name, text);
    *(bool *)member = on;
    return 0;
}

static int set_text(const struct prog_flag *, void *member, const char *text, struct err *) {
    *(const char **)member = text;
    return 0;
}

static int set_number(const struct prog_flag *flag, void *member, const char *text,
                      struct err *err) {
    uint64_t n;
    if (!str_to_u64(str_c(text), &n) || n < flag->least || n > flag->most)
        return err_set(err, -EINVAL, "%s is a number from %u to %u, not \"%s\"", flag->name,
                       flag->least, flag->most, text);
    *(unsigned *)member = (unsigned)n;
    return 0;
}

static int set_choice(const struct prog_flag *flag, void *member, const char *text,
                      struct err *err) {
    CLEANUP_DEINIT(buf) struct buf known = {0};
    for (unsigned i = 0; flag->choices[i]; i++) {
        if (strcmp(flag->choices[i], text) == 0) {
            *(unsigned *)member = i;
            return 0;
        }
        buf_printf(&known, "%s%s", i ? ", " : "", flag->choices[i]);
    }
    return err_set(err, -EINVAL, "%s is one of %s, not \"%s\"", flag->name, buf_cstr(&known), text);
}

static int add_text(const struct prog_flag *, void *member, const char *text, struct err *) {
    struct prog_texts *list = member;
    list->p = mem_realloc(list->p, (list->n + 1) * sizeof(char *));
    list->p[list->n++] = text;
    return 0;
}

int prog_check_given(const char *text, struct err *err) {
    return *text ? 0 : err_set(err, -EINVAL, "the value is empty");
}

int prog_flag_set(const struct prog_flag *flag, void *into, const char *text, struct err *err) {
    static int (*const set[])(const struct prog_flag *flag, void *member, const char *text,
                              struct err *err) = {
        [FLAG_SWITCH] = set_switch, [FLAG_TEXT] = set_text, [FLAG_NUMBER] = set_number,
        [FLAG_CHOICE] = set_choice, [FLAG_LIST] = add_text,
    };
    struct err why = {0};
    if (flag->check && flag->check(text, &why))
        return err_set(err, -EINVAL, "%s: %s", flag->name, why.text);
    return set[flag->kind](flag, (char *)into + flag->at, text, err);
}
