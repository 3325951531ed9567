/*
 * daemon/reload: the settings, read once more while the daemon runs. One table: each setting of the
 * file, and how it changes in a running daemon, or that it does not.
 */
#include "daemon/reload.h"

#include "base/log.h"
#include "daemon/notify.h"

#include <stdio.h>

static void set_log(const struct daemon_live *, const struct daemon_settings *s) {
    log_setup((enum log_format)s->log, (enum log_level)s->log_level);
}
static void set_log_size(const struct daemon_live *, const struct daemon_settings *s) {
    log_set_most((int64_t)s->log_mib << 20);
}
static void set_reserve(const struct daemon_live *live, const struct daemon_settings *s) {
    store_set_reserve(live->store, (uint64_t)s->reserve_mib << 20);
}
static void set_functions(const struct daemon_live *live, const struct daemon_settings *s) {
    lambda_set_memory(live->lambda, (uint64_t)s->functions_mib << 20);
}
static void set_patience(const struct daemon_live *live, const struct daemon_settings *s) {
    net_set_patience(live->net, s->head_s, s->body_s);
}
static void keep(const struct daemon_live *, const struct daemon_settings *) {}

/* In the order of daemon_flags. apply: NULL where only a restart changes it. */
static const struct row {
    const char *name;
    void (*apply)(const struct daemon_live *live, const struct daemon_settings *s);
} rows[DAEMON_FILE_FLAGS] = {
    {"listen", NULL},
    {"port", NULL},
    {"log", set_log},
    {"log-level", set_log},
    {"log-mib", set_log_size},
    {"strict", NULL},
    {"isolation", NULL},
    {"reserve-mib", set_reserve},
    {"functions-mib", set_functions},
    {"python", NULL},
    {"node", NULL},
    {"threads", NULL},
    {"idle-seconds", NULL},
    {"head-seconds", set_patience},
    {"body-seconds", set_patience},
    {"stop-seconds", keep}, /* read at the end */
};

static bool is_same(const struct prog_flag *flag, const struct daemon_settings *a,
                    const struct daemon_settings *b) {
    const void *x = (const char *)a + flag->at, *y = (const char *)b + flag->at;
    if (flag->kind == FLAG_TEXT)
        return strcmp(*(const char *const *)x, *(const char *const *)y) == 0;
    if (flag->kind == FLAG_SWITCH)
        return *(const bool *)x == *(const bool *)y;
    return *(const unsigned *)x == *(const unsigned *)y;
}

/* Only numbers, choices and switches change in a running daemon: a text would need an owner. */
static void copy(const struct prog_flag *flag, struct daemon_settings *to,
                 const struct daemon_settings *from) {
    void *x = (char *)to + flag->at;
    const void *y = (const char *)from + flag->at;
    if (flag->kind == FLAG_SWITCH)
        *(bool *)x = *(const bool *)y;
    else
        *(unsigned *)x = *(const unsigned *)y;
}

static void add_name(struct buf *out, const char *name) {
    buf_printf(out, "%s%s", out->len ? ", " : "", name);
}

static void tell(const struct buf *changed, const struct buf *waiting) {
    log_info("daemon", "the settings were read again: %s%s%s%s",
             changed->len ? "changed: " : "nothing has changed", buf_cstr(changed),
             waiting->len ? "; waiting for a restart: " : "", buf_cstr(waiting));
}

static void apply_all(const struct daemon_live *live, struct daemon_settings *now,
                      const struct daemon_settings *fresh, json_t *ret) {
    CLEANUP_DEINIT(buf) struct buf changed = {0}, waiting = {0};
    json_t *done = json_array(), *later = json_array();
    for (size_t i = 0; i < DAEMON_FILE_FLAGS; i++) {
        const struct prog_flag *flag =
            prog_flag_find(daemon_flags, DAEMON_FLAGS, str_c(rows[i].name));
        if (is_same(flag, now, fresh))
            continue;
        add_name(rows[i].apply ? &changed : &waiting, flag->name);
        json_array_append_new(rows[i].apply ? done : later, json_string(flag->name));
        if (!rows[i].apply)
            continue;
        copy(flag, now, fresh);
        rows[i].apply(live, now);
    }
    tell(&changed, &waiting);
    json_set(ret, "changed", done);
    json_set(ret, "waiting", later);
}

int daemon_reload_settings(const struct daemon_live *live, struct daemon_settings *now, json_t *ret,
                           struct err *err) {
    struct daemon_settings fresh;
    struct err why = {0};
    int r = daemon_settings_again(&fresh, now, &why);
    if (r == 0)
        apply_all(live, now, &fresh, ret);
    else
        log_error("daemon", "the settings stay as they are: %s", why.text);
    daemon_settings_deinit(&fresh);
    if (r && err)
        *err = why;
    return r;
}
