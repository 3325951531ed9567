/* The table of settings, and the file that may set them. */
#include "daemon/settings.h"

#include "base/io.h"
#include "base/log.h"
#include "base/map.h"
#include "prog/data.h"

#include <errno.h>
#include <yaml.h>

enum { MOST_FILE = 64 * 1024 };

static const char *const log_names[] = {"json", "text", NULL};
static const char *const level_names[] = {"debug", "info", "warn", "error", NULL};
static const char *const isolation_names[] = {"any", "userns", "full", NULL};

const struct daemon_settings daemon_settings_defaults = {
    .listen = "127.0.0.1",
    .python = "",
    .node = "",
    .port = 4566,
    .log = LOG_JSON,
    .log_level = LOG_INFO,
    .log_mib = 16,
    .reserve_mib = 256,
    .threads = 64,
    .idle_s = 75,
    .head_s = 20,
    .body_s = 60,
    .stop_s = 10,
    .ready_fd = DAEMON_NO_FD,
};

void daemon_settings_deinit(struct daemon_settings *s) { buf_deinit(&s->file); }

const struct prog_flag daemon_flags[DAEMON_FLAGS] = {
    PROG_TEXT(struct daemon_settings, listen, "listen", "ADDRESS",
              "IP address to listen on (127.0.0.1)"),
    PROG_NUMBER(struct daemon_settings, port, "port", "N", 0, 65535,
                "port, TLS and plain alike (4566; 0 picks one)"),
    PROG_CHOICE(struct daemon_settings, log, "log", "FORM", log_names,
                "form of the log: json (a line an event) or text (json)"),
    PROG_CHOICE(struct daemon_settings, log_level, "log-level", "LEVEL", level_names,
                "least level that is logged: debug, info, warn or error (info)"),
    PROG_NUMBER(struct daemon_settings, log_mib, "log-mib", "N", 0, 1 << 20,
                "size at which DIR/calotype.log is put aside, in MiB (16; 0: never)"),
    PROG_SWITCH(struct daemon_settings, strict, "strict",
                "refuse to start with less than full isolation"),
    PROG_CHOICE(struct daemon_settings, isolation, "isolation", "LEVEL", isolation_names,
                "least isolation of functions accepted: any, userns or full (any)"),
    PROG_NUMBER(struct daemon_settings, reserve_mib, "reserve-mib", "N", 1, 1 << 30,
                "disk space kept free, in MiB (256)"),
    PROG_NUMBER(struct daemon_settings, functions_mib, "functions-mib", "N", 0, 1 << 30,
                "memory of all functions together, in MiB (0: 3/4 of the machine's)"),
    PROG_TEXT(struct daemon_settings, python, "python", "PATH",
              "Python that runs functions whose version is not in /usr/bin or /usr/local/bin"),
    PROG_TEXT(struct daemon_settings, node, "node", "PATH", "the same for Node"),
    PROG_NUMBER(struct daemon_settings, threads, "threads", "N", 1, 1024,
                "threads of each of the two HTTP pools (64)"),
    PROG_NUMBER(struct daemon_settings, idle_s, "idle-seconds", "N", 1, 86400,
                "idle connections are closed after so many seconds (75)"),
    PROG_NUMBER(struct daemon_settings, head_s, "head-seconds", "N", 1, 86400,
                "a request's head must have come after so many seconds (20)"),
    PROG_NUMBER(struct daemon_settings, body_s, "body-seconds", "N", 1, 86400,
                "each KiB of a request's body must have come after so many (60)"),
    PROG_NUMBER(struct daemon_settings, stop_s, "stop-seconds", "N", 0, 3600,
                "patience with requests at the end, in seconds (10)"),
    [DAEMON_FILE_FLAGS] = PROG_DATA(struct daemon_settings, data),
    PROG_SWITCH(struct daemon_settings, detach, "detach",
                "return when ready; the log goes to DIR/calotype.log"),
    PROG_NUMBER(struct daemon_settings, ready_fd, "ready-fd", "N", 0, DAEMON_NO_FD,
                "descriptor that gets one line, the endpoint, when ready"),
    PROG_SWITCH(struct daemon_settings, test_clock, "test-clock",
                "let DIR/admin.sock move world time"),
};

/* ---- The file ---- */

struct reading {
    const char *path;
    yaml_parser_t parser;
    yaml_event_t event;
    bool has_event;
    struct daemon_settings *s;
    struct map *seen;
    struct err *err;
};

static int at_mark(const struct reading *r, yaml_mark_t mark, const char *what) {
    return err_set(r->err, -EINVAL, "%s:%zu:%zu: %s", r->path, mark.line + 1, mark.column + 1,
                   what);
}

static int next(struct reading *r) {
    if (r->has_event)
        yaml_event_delete(&r->event);
    r->has_event = yaml_parser_parse(&r->parser, &r->event);
    if (r->has_event)
        return 0;
    return at_mark(r, r->parser.problem_mark, r->parser.problem ? r->parser.problem : "not YAML");
}

static str scalar_text(const yaml_event_t *e) {
    return str_n(e->data.scalar.value, e->data.scalar.length);
}

/* A name was read: its value follows. */
static int read_value(struct reading *r, const struct prog_flag *flag) {
    int fault = next(r);
    if (fault)
        return fault;
    if (r->event.type != YAML_SCALAR_EVENT)
        return at_mark(r, r->event.start_mark, "a setting is a single value");
    /*
     * The text must outlive the event; s->file was given room for all of it, so it does not move.
     */
    struct buf *own = &r->s->file;
    const char *text = own->p + own->len;
    buf_str(own, scalar_text(&r->event));
    buf_char(own, '\0');
    struct err why = {0};
    if (prog_flag_set(flag, r->s, text, &why) < 0)
        return at_mark(r, r->event.start_mark, why.text);
    return 0;
}

static int read_setting(struct reading *r) {
    str name = scalar_text(&r->event);
    const struct prog_flag *flag = prog_flag_find(daemon_flags, DAEMON_FILE_FLAGS, name);
    struct err why;
    if (!flag) {
        err_set(&why, 0, "there is no setting \"%.*s\"", STR_ARG(name));
        return at_mark(r, r->event.start_mark, why.text);
    }
    if (map_put(r->seen, name, r)) {
        err_set(&why, 0, "%s is set twice", flag->name);
        return at_mark(r, r->event.start_mark, why.text);
    }
    return read_value(r, flag);
}

/*
 * stream, document, mapping, (name, value)*, ends; an empty file is a document without a mapping.
 */
static int read_events(struct reading *r) {
    bool inside = false;
    for (;;) {
        int fault = next(r);
        if (fault)
            return fault;
        switch (r->event.type) {
        case YAML_STREAM_END_EVENT: return 0;
        case YAML_MAPPING_START_EVENT: inside = true; break;
        case YAML_MAPPING_END_EVENT: inside = false; break;
        case YAML_STREAM_START_EVENT:
        case YAML_DOCUMENT_START_EVENT:
        case YAML_DOCUMENT_END_EVENT: break;
        case YAML_SCALAR_EVENT:
            if (inside && (fault = read_setting(r)))
                return fault;
            if (inside || scalar_text(&r->event).len == 0)
                break;
            /* fall through */
        default:
            return at_mark(r, r->event.start_mark, "expected lines of the form \"name: value\"");
        }
    }
}

int daemon_settings_load(struct daemon_settings *s, const char *data, struct err *err) {
    CLEANUP_MEM char *path = prog_data_path(data, "calotype.yaml");
    CLEANUP_DEINIT(buf) struct buf text = {0};
    CLEANUP_DEINIT(map) struct map seen = {0};
    int fault = io_read_file(&text, path, MOST_FILE, err);
    if (fault == -ENOENT)
        return 0;
    if (fault < 0)
        return fault;
    struct reading r = {.path = path, .s = s, .seen = &seen, .err = err};
    /* A value with its NUL is never longer than "name: value" and the line break. */
    buf_reserve(&s->file, text.len + 1);
    if (!yaml_parser_initialize(&r.parser))
        abort(); /* out of memory: docs/decisions/0001 */
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)text.p, text.len);
    fault = read_events(&r);
    if (r.has_event)
        yaml_event_delete(&r.event);
    yaml_parser_delete(&r.parser);
    return fault;
}

int daemon_settings_again(struct daemon_settings *ret, const struct daemon_settings *now,
                          struct err *err) {
    *ret = daemon_settings_defaults;
    int r = daemon_settings_load(ret, now->data, err);
    return r ? r : prog_verb_flags(daemon_flags, DAEMON_FLAGS, &now->line, ret, err);
}
