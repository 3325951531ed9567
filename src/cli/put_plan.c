/*
 * cli/put_plan: which files `calotype put` uploads, and under which keys: a file's name, or, as
 * `cp -r` has it, a folder's name and what is below it.
 */
#include "base/suffix.h"
#include "cli/output.h"
#include "cli/put.h"
#include "cli/xml.h"
#include "prog/say.h"
#include "prog/verb.h"

#include <errno.h>
#include <fts.h>
#include <sys/stat.h>

str cli_put_name(const struct put *p, const struct put_upload *u) {
    return str_skip(buf_view(&u->key), strlen(p->prefix));
}

void cli_put_end(struct put_upload *u, enum put_state state, const char *why) {
    free(u->problem);
    u->problem = mem_strdup(why);
    u->state = state;
}

void cli_put_deinit(struct put *p) {
    for (size_t i = 0; i < p->n; i++) {
        struct put_upload *u = &p->all[i];
        buf_deinit(&u->key);
        json_decref(u->item);
        free(u->path);
        free(u->version);
        free(u->problem);
    }
    free(p->all);
    map_deinit(&p->names);
    cli_cloud_deinit(&p->cloud);
}

/* ---- One file ---- */

static int refuse_same_key(const char *one, const char *other) {
    prog_error(
        "%s and %s have the same name, and so would have the same key: rename one, or put them "
        "one after the other",
        one, other);
    return PROG_USAGE;
}

/* name: what comes behind the prefix. why: NULL, or why it cannot be uploaded. */
static int add_file(struct put *p, const char *path, str name, const char *why) {
    if (p->n == p->room) {
        p->room = p->room ? 2 * p->room : 64;
        p->all = mem_realloc(p->all, p->room * sizeof *p->all);
    }
    struct put_upload *u = &p->all[p->n++];
    *u = (struct put_upload){.path = mem_strdup(path), .ms = -1};
    buf_printf(&u->key, "%s" STR_FMT, p->prefix, STR_ARG(name));
    if (why)
        cli_put_end(u, PUT_FAILED, why);
    uintptr_t other = (uintptr_t)map_put(&p->names, buf_view(&u->key), (void *)(uintptr_t)p->n);
    return other ? refuse_same_key(p->all[other - 1].path, path) : PROG_OK;
}

/* ---- A folder ---- */

/* "holiday" of "../holiday/"; empty for "." and the like, which are no names. */
static str folder_name(const char *path) {
    str rest = str_c(path);
    while (rest.len && rest.p[rest.len - 1] == '/')
        rest.len--;
    ptrdiff_t slash = str_rchr(rest, '/');
    str name = str_skip(rest, slash < 0 ? 0 : (size_t)slash + 1);
    return str_is(name, ".") || str_is(name, "..") ? STR_NONE : name;
}

static int by_name(const FTSENT **a, const FTSENT **b) {
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

/* A photograph by its name, and a file, perhaps by way of a link. Hidden ones are programs' own. */
static bool is_photograph(const FTSENT *e) {
    struct stat st;
    bool is_file = e->fts_info == FTS_F;
    if (e->fts_info == FTS_SL)
        is_file = stat(e->fts_accpath, &st) == 0 && S_ISREG(st.st_mode);
    return is_file && e->fts_name[0] != '.' && suffix_media_type(str_c(e->fts_name));
}

struct walk {
    struct put *p;
    FTS *fts;
    str name;        /* the folder's */
    size_t root_len; /* of its path, in the paths of entries */
    size_t found, others;
};

static int add_entry(struct walk *w, const FTSENT *e, const char *why) {
    CLEANUP_DEINIT(buf) struct buf name = {0};
    str below = str_skip(str_c(e->fts_path), w->root_len);
    while (str_starts(below, S("/")))
        below = str_skip(below, 1);
    buf_printf(&name, STR_FMT "%s" STR_FMT, STR_ARG(w->name), w->name.len && below.len ? "/" : "",
               STR_ARG(below));
    return add_file(w->p, e->fts_path, buf_view(&name), why);
}

static int take_entry(struct walk *w, FTSENT *e) {
    struct err why = {0};
    bool is_hidden = e->fts_level > 0 && e->fts_name[0] == '.';
    switch (e->fts_info) {
    case FTS_D:
        if (is_hidden)
            fts_set(w->fts, e, FTS_SKIP);
        w->others += is_hidden;
        return PROG_OK;
    case FTS_DP: return PROG_OK;
    case FTS_DNR:
    case FTS_ERR:
    case FTS_NS: err_sys(&why, -e->fts_errno, "not read"); return add_entry(w, e, why.text);
    default: break;
    }
    if (!is_photograph(e)) {
        w->others++;
        return PROG_OK;
    }
    w->found++;
    return add_entry(w, e, NULL);
}

static int add_folder(struct put *p, const char *path) {
    char *roots[] = {(char *)path, NULL};
    struct walk w = {.p = p, .name = folder_name(path), .root_len = strlen(path)};
    w.fts = fts_open(roots, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, by_name);
    int r = PROG_OK, failed = w.fts ? 0 : -errno;
    FTSENT *e;
    while (r == PROG_OK && w.fts && (errno = 0, e = fts_read(w.fts)))
        r = take_entry(&w, e);
    if (r == PROG_OK && w.fts)
        failed = -errno; /* fts_read sets it to 0 at the end */
    if (w.fts)
        fts_close(w.fts);
    if (failed) {
        struct err why = {0};
        err_sys(&why, failed, "not all of it was read");
        r = add_file(p, path, w.name.len ? w.name : str_c(path), why.text);
    }
    if (r == PROG_OK && w.others)
        prog_hint("%s: %zu photograph%s; left out: %zu other%s", path, w.found,
                  w.found == 1 ? "" : "s", w.others, w.others == 1 ? "" : "s");
    else if (r == PROG_OK)
        prog_hint("%s: %zu photograph%s", path, w.found, w.found == 1 ? "" : "s");
    return r;
}

int cli_put_plan(struct put *p, char **paths, size_t n) {
    for (size_t i = 0; i < n; i++) {
        struct stat st;
        struct err why = {0};
        str name = folder_name(paths[i]);
        int failed = stat(paths[i], &st) == 0 ? 0 : -errno;
        if (failed)
            err_sys(&why, failed, "not uploaded");
        else if (!S_ISREG(st.st_mode))
            err_set(&why, 0, "not uploaded: it is %s and no file", cli_kind_of_file(st.st_mode));
        int r = !failed && S_ISDIR(st.st_mode)
                    ? add_folder(p, paths[i])
                    : add_file(p, paths[i], name.len ? name : str_c(paths[i]),
                               why.text[0] ? why.text : NULL);
        if (r)
            return r;
    }
    return PROG_OK;
}

/* ---- Does anything process such names? ---- */

static int read_rules(struct put *p, struct buf *xml, struct err *err) {
    struct client_response response = {0};
    struct client_fault fault;
    struct client_request request = {.service = "s3",
                                     .method = "GET",
                                     .bucket = str_c(p->cloud.bucket),
                                     .path = S("/"),
                                     .query = S("notification=")};
    int r = client_send(p->cloud.client, &request, &response, &fault);
    if (r == 0)
        buf_str(xml, buf_view(&response.body));
    client_response_deinit(&response);
    return r ? cli_stack_fault(&p->cloud, "s3:GetBucketNotification", &fault, err) : 0;
}

/* One <…Configuration>: every filter rule holds. */
static bool config_matches(str config, str key) {
    str rule;
    while (cli_xml_next(&config, "FilterRule", &rule)) {
        CLEANUP_DEINIT(buf) struct buf name = {0}, value = {0};
        if (!client_xml_text(rule, "Name", &name) || !client_xml_text(rule, "Value", &value))
            continue;
        bool suffix = str_eq_nocase(buf_view(&name), S("suffix"));
        if (!(suffix ? str_ends(key, buf_view(&value)) : str_starts(key, buf_view(&value))))
            return false;
    }
    return true;
}

static bool is_processed(str xml, str key) {
    static const char *const kinds[] = {"CloudFunctionConfiguration", "QueueConfiguration",
                                        "TopicConfiguration"};
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        str rest = xml, config;
        while (cli_xml_next(&rest, kinds[i], &config))
            if (config_matches(config, key))
                return true;
    }
    return false;
}

int cli_put_refuse_unprocessed(struct put *p, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf xml = {0};
    int r = read_rules(p, &xml, err);
    for (size_t i = 0; r == 0 && i < p->n; i++) {
        struct put_upload *u = &p->all[i];
        if (u->state == PUT_QUEUED && !is_processed(buf_view(&xml), buf_view(&u->key)))
            cli_put_end(
                u, PUT_FAILED,
                "not uploaded: nothing processes names like this one (.jpg, .jpeg and .png are)");
    }
    return r;
}
