/* Code that a template names by a path here: packed, stored, and named by where it is stored. */
#include "cli/local.h"

#include "base/io.h"
#include "base/zip.h"
#include "cli/package.h"
#include "tmpl/tmpl.h"

#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <sys/stat.h>

/* What Lambda takes: "Lambda quotas", deployment package, unzipped. */
enum { MOST_BYTES = 262144000, PROGRAM = 0755, TEXT = 0644 };

static const struct {
    const char *type, *property;
} rows[] = {{"AWS::Lambda::Function", "Code"}, {"AWS::Lambda::LayerVersion", "Content"}};

/* ---- A package ---- */
struct packing {
    struct zip zip;
    size_t bytes; /* before they were packed */
};

/* Programs stay programs. */
static unsigned mode_of(const struct stat *st) { return st->st_mode & 0111 ? PROGRAM : TEXT; }

static int add_file(struct packing *p, const char *path, const char *name, const struct stat *st,
                    struct err *err) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    if (!S_ISREG(st->st_mode))
        return err_set(err, -EINVAL, "%s is no regular file", path);
    int r = io_read_file(&text, path, MOST_BYTES - p->bytes, err);
    if (r == -EFBIG)
        return err_set(err, r, "a function has %d bytes at most, and with %s it would have more",
                       MOST_BYTES, path);
    if (r)
        return r;
    p->bytes += text.len;
    return zip_add(&p->zip, name, mode_of(st), buf_view(&text), err);
}

static int by_name(const FTSENT **a, const FTSENT **b) {
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

static int add_entry(struct packing *p, const char *folder, const FTSENT *e, struct err *err) {
    switch (e->fts_info) {
    case FTS_D:
    case FTS_DP: return 0;
    case FTS_DC:
        return err_set(err, -ELOOP, "%s leads back to a folder that it is in", e->fts_path);
    case FTS_DNR:
    case FTS_ERR:
    case FTS_NS: return err_sys(err, -e->fts_errno, "cannot read %s", e->fts_path);
    case FTS_SLNONE: return err_set(err, -ENOENT, "%s is a link to nothing", e->fts_path);
    default: return add_file(p, e->fts_path, e->fts_path + strlen(folder) + 1, e->fts_statp, err);
    }
}

static int add_folder(struct packing *p, const char *folder, struct err *err) {
    CLEANUP_MEM char *path = mem_strdup(folder);
    char *const roots[] = {path, NULL};
    FTS *tree = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, by_name);
    int r = tree ? 0 : err_sys(err, -errno, "cannot read %s", folder);
    FTSENT *e;
    errno = 0;
    while (r == 0 && (e = fts_read(tree)))
        r = add_entry(p, folder, e, err);
    if (r == 0 && errno)
        r = err_sys(err, -errno, "cannot read %s", folder);
    if (tree)
        fts_close(tree);
    if (r == 0 && p->zip.n == 0)
        r = err_set(err, -ENOENT, "there is no file in %s", folder);
    return r;
}

/* "PK\3\4", or an empty one's "PK\5\6" */
static bool is_zip(str bytes) {
    return str_starts(bytes, S("PK\003\004")) || str_starts(bytes, S("PK\005\006"));
}

/* The package of a file or a folder; ret is empty before. */
static int pack(const char *path, struct buf *ret, struct err *err) {
    struct packing p = {0};
    struct stat st;
    if (stat(path, &st) != 0)
        return err_sys(err, -errno, "cannot read %s", path);
    int r = S_ISDIR(st.st_mode)   ? add_folder(&p, path, err)
            : S_ISREG(st.st_mode) ? io_read_file(ret, path, MOST_BYTES, err)
                                  : err_set(err, -EINVAL, "%s is no regular file", path);
    if (r == 0 && !S_ISDIR(st.st_mode) && !is_zip(buf_view(ret))) {
        const char *slash = strrchr(path, '/');
        r = zip_add(&p.zip, slash ? slash + 1 : path, mode_of(&st), buf_view(ret), err);
    }
    if (r == 0 && p.zip.n) {
        zip_end(&p.zip);
        buf_clear(ret);
        buf_str(ret, buf_view(&p.zip.out));
    }
    zip_deinit(&p.zip);
    return r;
}

/* Its key in *ret_key: what has the same bytes has the same, so it is stored once. */
static int store(const struct cli_local *local, str path, struct buf *ret_key, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf full = {0}, zip = {0};
    char sum[65];
    if (!str_starts(path, S("/")))
        buf_printf(&full, "%s/", local->folder);
    buf_str(&full, path);
    while (full.len > 1 && full.p[full.len - 1] == '/')
        full.p[--full.len] = '\0';
    int r = pack(buf_cstr(&full), &zip, err);
    if (r)
        return r;
    cli_package_sum(&zip, sum);
    buf_printf(ret_key, "code/%s.zip", sum);
    return local->store(local->ctx, buf_cstr(ret_key), buf_view(&zip), err);
}

/* ---- The template ---- */
/* The byte at a place; text.len where the place is behind it. Columns are characters. */
static size_t offset_of(str text, struct tmpl_pos pos) {
    size_t at = 0;
    for (uint32_t line = 1; line < pos.line && at < text.len; at++)
        line += text.p[at] == '\n';
    for (uint32_t column = 1; column < pos.column && at < text.len; column++)
        for (at++; at < text.len && (text.p[at] & 0xc0) == 0x80; at++)
            ; /* the rest of a character */
    return at;
}

/* Text up to the path, and its place with S3's: *done moves behind the path. */
static int replace(const struct cli_local *local, str template, const struct tmpl_node *value,
                   size_t *done, struct buf *ret, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    size_t from = offset_of(template, value->start), to = offset_of(template, value->end);
    str written = str_slice(template, from, to);
    bool one_line = str_find(written, tmpl_text(value)) >= 0 && str_chr(written, '\n') < 0;
    if (!one_line || from < *done)
        return err_set(err, -EINVAL, "the path is to be written in one line, without escapes");
    int r = store(local, tmpl_text(value), &key, err);
    if (r)
        return r;
    buf_str(ret, str_slice(template, *done, from));
    buf_printf(ret, "{\"S3Bucket\": \"%s\", \"S3Key\": \"%s\"}", local->bucket, buf_cstr(&key));
    *done = to;
    return 0;
}

/* The value that is a path, of a resource; NULL: there is none. */
static const struct tmpl_node *path_of(const struct tmpl_node *resource) {
    str type = tmpl_text(tmpl_get(resource, "Type"));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct tmpl_node *value =
            tmpl_get(tmpl_get(resource, "Properties"), rows[i].property);
        if (str_is(type, rows[i].type) && tmpl_is(value, TMPL_STRING) &&
            !str_starts(tmpl_text(value), S("s3://")))
            return value;
    }
    return NULL;
}

int cli_local_resolve(const struct cli_local *local, str template, struct buf *ret,
                      struct err *err) {
    CLEANUP(tmpl) struct tmpl *tree = NULL;
    size_t done = 0;
    int r = 0;
    const struct tmpl_node *all =
        tmpl_new(&tree, template, NULL) == 0 ? tmpl_get(tmpl_root(tree), "Resources") : NULL;
    size_t n = all && all->kind == TMPL_MAP ? all->n : 0;
    for (size_t i = 0; r == 0 && i < n; i++) {
        const struct tmpl_node *value = path_of(all->members[i].value);
        struct err why = {0};
        if (value && (r = replace(local, template, value, &done, ret, &why)))
            err_set(err, r, STR_FMT ": %s", STR_ARG(all->members[i].key), why.text);
    }
    buf_str(ret, str_skip(template, done));
    return r;
}
