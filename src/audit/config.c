/* audit/config: .calotype.yaml. */
#include "audit/config.h"

#include <errno.h>

const char *const audit_profiles[] = {"baseline", "image-pipeline", "all", NULL};
const char *const audit_severities[] = {"info", "warning", "error", NULL};

static bool index_of(const char *const *words, str name, size_t *ret) {
    for (size_t i = 0; words[i]; i++)
        if (str_is(name, words[i])) {
            *ret = i;
            return true;
        }
    return false;
}

bool audit_profile_of(str name, enum audit_profile *ret) {
    size_t i;
    bool found = index_of(audit_profiles, name, &i);
    if (found)
        *ret = (enum audit_profile)i;
    return found;
}

bool audit_severity_of(str name, enum audit_severity *ret) {
    size_t i;
    bool found = index_of(audit_severities, name, &i);
    if (found)
        *ret = (enum audit_severity)i;
    return found;
}

struct reading {
    struct audit_config *config;
    const char *path;
    struct err *err;
};

static int PRINTF_LIKE(3, 4) refuse(struct reading *r, struct tmpl_pos at, const char *fmt, ...) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    va_list args;
    va_start(args, fmt);
    buf_vprintf(&text, fmt, args);
    va_end(args);
    return err_set(r->err, -EINVAL, "%s:%u:%u: %s", r->path, at.line, at.column, buf_cstr(&text));
}

/* ---- Members of "audit" ---- */

static int read_profile(struct reading *r, const struct tmpl_node *value) {
    enum audit_profile profile;
    if (!audit_profile_of(tmpl_text(value), &profile))
        return refuse(r, value->start, "profile is baseline, image-pipeline or all");
    enum audit_profile *kept = arena_new(&r->config->arena, enum audit_profile);
    *kept = profile;
    r->config->profile = kept;
    return 0;
}

static int severity(struct reading *r, const struct tmpl_node *value, const char *name,
                    const enum audit_severity **ret) {
    enum audit_severity one;
    if (!audit_severity_of(tmpl_text(value), &one))
        return refuse(r, value->start, "%s is info, warning or error", name);
    enum audit_severity *kept = arena_new(&r->config->arena, enum audit_severity);
    *kept = one;
    *ret = kept;
    return 0;
}

static int read_severity(struct reading *r, const struct tmpl_node *value) {
    return severity(r, value, "severity", &r->config->least);
}

static int read_fail_on(struct reading *r, const struct tmpl_node *value) {
    return severity(r, value, "fail-on", &r->config->fail_on);
}

static int read_ignored_map(struct reading *r, const struct tmpl_node *map,
                            struct audit_ignore *ret, const struct tmpl_node **ret_id) {
    for (size_t i = 0; i < map->n; i++) {
        const struct tmpl_member *m = &map->members[i];
        if (!tmpl_text(m->value).p)
            return refuse(r, m->value->start, STR_FMT " is a text", STR_ARG(m->key));
        if (str_is(m->key, "id"))
            *ret_id = m->value;
        else if (str_is(m->key, "resource"))
            ret->resource = arena_cstr(&r->config->arena, m->value->text);
        else if (str_is(m->key, "files"))
            ret->files = arena_cstr(&r->config->arena, m->value->text);
        else if (!str_is(m->key, "reason"))
            return refuse(r, m->key_at,
                          "an ignore has id, resource, files and reason, not " STR_FMT,
                          STR_ARG(m->key));
    }
    return 0;
}

static int read_ignored(struct reading *r, const struct tmpl_node *one, struct audit_ignore *ret) {
    const struct tmpl_node *id = one->kind == TMPL_MAP ? NULL : one;
    int e = one->kind == TMPL_MAP ? read_ignored_map(r, one, ret, &id) : 0;
    if (e)
        return e;
    const struct audit_rule *rule = audit_rule_find(tmpl_text(id));
    if (!rule)
        return refuse(r, (id ? id : one)->start,
                      "there is no rule \"" STR_FMT "\" (`calotype audit explain` lists them)",
                      STR_ARG(tmpl_text(id)));
    ret->id = rule->id;
    return 0;
}

static int read_ignore(struct reading *r, const struct tmpl_node *value) {
    if (value->kind != TMPL_LIST)
        return refuse(r, value->start, "ignore is a list of ids");
    struct audit_ignore *all = arena_zalloc(&r->config->arena, value->n * sizeof *all);
    for (size_t i = 0; i < value->n; i++) {
        int e = read_ignored(r, value->members[i].value, &all[i]);
        if (e)
            return e;
    }
    r->config->ignored = all;
    r->config->n_ignored = value->n;
    return 0;
}

static const struct {
    const char *name;
    int (*read)(struct reading *r, const struct tmpl_node *value);
} members[] = {
    {"profile", read_profile},
    {"severity", read_severity},
    {"fail-on", read_fail_on},
    {"ignore", read_ignore},
};

static int read_member(struct reading *r, const struct tmpl_member *m) {
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        if (str_is(m->key, members[i].name))
            return members[i].read(r, m->value);
    return refuse(r, m->key_at, "audit has profile, severity, fail-on and ignore, not " STR_FMT,
                  STR_ARG(m->key));
}

int audit_config_read(struct audit_config *ret, const char *path, str text, struct err *err) {
    struct tmpl_fault fault = {{0}, {{0}}};
    struct reading r = {ret, path, err};
    *ret = (struct audit_config){0};
    if (tmpl_new(&ret->tree, text, &fault))
        return err_set(err, -EINVAL, "%s: %s", path, fault.why.text);
    const struct tmpl_node *root = tmpl_root(ret->tree);
    const struct tmpl_node *audit = tmpl_get(root, "audit");
    if (root->kind != TMPL_MAP)
        return refuse(&r, root->start, "it is a map with the member audit");
    for (size_t i = 0; i < root->n; i++)
        if (!str_is(root->members[i].key, "audit"))
            return refuse(&r, root->members[i].key_at, "it has the member audit, not " STR_FMT,
                          STR_ARG(root->members[i].key));
    if (audit && audit->kind != TMPL_MAP)
        return refuse(&r, audit->start, "audit is a map");
    for (size_t i = 0; audit && i < audit->n; i++) {
        int e = read_member(&r, &audit->members[i]);
        if (e)
            return e;
    }
    return 0;
}

void audit_config_deinit(struct audit_config *config) {
    config->tree = tmpl_free(config->tree);
    arena_deinit(&config->arena);
}
