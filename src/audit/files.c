/* audit/files: reads files beside a template, and nothing else. */
#include "audit/files_priv.h"

#include "base/io.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- Paths ---- */

static str folder_of(str path) {
    ptrdiff_t slash = str_rchr(path, '/');
    return slash < 0 ? S("") : str_slice(path, 0, slash ? (size_t)slash : 1);
}

void audit_files_begin(struct audit *a, const char *path) {
    a->folder = arena_str(&a->arena, folder_of(str_c(path)));
}

/* What follows the audit's folder in a path that begins with it; absent: it does not. */
static str below(const struct audit *a, str path) {
    str folder = a->folder;
    if (folder.len == 0)
        return str_starts(path, S("/")) ? STR_NONE : path;
    if (!str_starts(path, folder))
        return STR_NONE;
    str rest = str_skip(path, folder.len);
    return str_ends(folder, S("/"))   ? rest
           : str_starts(rest, S("/")) ? str_skip(rest, 1)
                                      : STR_NONE;
}

/* Adds the parts of path, "." and ".." resolved. False: it leads above where out began. */
static bool add_parts(struct buf *out, str path) {
    while (path.len) {
        str part, rest;
        str_cut(path, '/', &part, &rest);
        path = rest;
        if (part.len == 0 || str_is(part, "."))
            continue;
        if (!str_is(part, "..")) {
            buf_str(out, out->len ? S("/") : S(""));
            buf_str(out, part);
            continue;
        }
        if (out->len == 0)
            return false;
        ptrdiff_t slash = str_rchr(buf_view(out), '/');
        out->len = slash < 0 ? 0 : (size_t)slash;
    }
    return true;
}

str audit_beside(const struct audit_template *t, str path) {
    const struct audit *a = t->audit;
    str own = folder_of(str_c(t->file->path)),
        from = str_eq(own, a->folder) ? S("") : below(a, own);
    CLEANUP_DEINIT(buf) struct buf within = {0};
    if (path.len == 0 || path.p[0] == '/' || str_find(path, S("://")) >= 0 || !from.p ||
        memchr(path.p, '\0', path.len) || !add_parts(&within, from) || !add_parts(&within, path))
        return STR_NONE;
    str slash = a->folder.len && !str_ends(a->folder, S("/")) ? S("/") : S("");
    return arena_printf(t->arena, STR_FMT STR_FMT STR_FMT, STR_ARG(a->folder), STR_ARG(slash),
                        STR_ARG(buf_view(&within)));
}

/* ---- Opening ---- */

/*
 * Each part of a path by itself, so that no link is followed. Empty rest: the folder itself.
 */
static int open_below(struct audit *a, str path, int flags) {
    str rest = below(a, path);
    if (!rest.p && !str_eq(path, a->folder))
        return -1;
    CLEANUP_FD int at = open(a->folder.len ? a->folder.p : ".", O_DIRECTORY | O_RDONLY | O_CLOEXEC);
    while (at >= 0 && rest.len) {
        str part, next;
        str_cut(rest, '/', &part, &next);
        rest = next;
        char name[NAME_MAX + 1];
        if (part.len > NAME_MAX)
            return -1;
        memcpy(name, part.p, part.len);
        name[part.len] = '\0';
        int one = openat(at, name,
                         O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_RDONLY |
                             (rest.len ? O_DIRECTORY : flags));
        close(at);
        at = one;
    }
    int opened = at;
    at = -1;
    return opened;
}

/* The whole of a regular file that is not too large. */
static bool read_below(struct audit *a, str path, struct buf *out) {
    struct stat st;
    CLEANUP_FD int fd = open_below(a, path, 0);
    if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size > AUDIT_MOST_FILE ||
        a->n_read + (size_t)st.st_size > AUDIT_MOST_READ)
        return false;
    size_t n = (size_t)st.st_size;
    if (io_read_full(fd, buf_reserve(out, n + 1), n))
        return false;
    out->len = n;
    a->n_read += n;
    return true;
}

struct audit_file *audit_file_get(struct audit *a, str path) {
    static struct audit_file none;
    if (!a->options.reads_files)
        return NULL;
    struct audit_file *file = map_get(&a->by_path, path);
    if (file)
        return file == &none ? NULL : file;
    CLEANUP_DEINIT(buf) struct buf text = {0};
    bool has = a->n_files < AUDIT_MOST_FILES && read_below(a, path, &text);
    file = has ? audit_file_new(a, arena_cstr(&a->arena, path), buf_view(&text)) : &none;
    map_put(&a->by_path, path, file);
    return has ? file : NULL;
}

/* ---- Folders ---- */

enum { MOST_ENTRIES = 500, MOST_LEVELS = 6 };

struct listing {
    struct audit *a;
    void (*fn)(void *ctx, str path);
    void *ctx;
    size_t n; /* entries seen */
};

/* Other people's code, and what tools leave. */
static bool is_passed_over(const char *name) {
    static const char *const names[] = {"node_modules", "vendor",        "vendored", "venv", "env",
                                        "__pycache__",  "site-packages", "dist-info"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return name[0] == '.' || str_ends(str_c(name), S(".dist-info"));
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void list(struct listing *l, str folder, unsigned level);

static void list_one(struct listing *l, str path, unsigned level) {
    struct stat st;
    int fd = open_below(l->a, path, 0);
    bool is_there = fd >= 0 && fstat(fd, &st) == 0;
    if (fd >= 0)
        close(fd);
    if (is_there && S_ISREG(st.st_mode))
        l->fn(l->ctx, path);
    else if (is_there && S_ISDIR(st.st_mode))
        list(l, path, level + 1);
}

static void list(struct listing *l, str folder, unsigned level) {
    int fd = level < MOST_LEVELS ? open_below(l->a, folder, O_DIRECTORY) : -1;
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir) {
        if (fd >= 0)
            close(fd);
        return;
    }
    char *names[MOST_ENTRIES];
    size_t n = 0;
    for (struct dirent *e; n < MOST_ENTRIES && l->n < MOST_ENTRIES && (e = readdir(dir)); l->n++)
        if (!is_passed_over(e->d_name))
            names[n++] = arena_cstr(&l->a->arena, str_c(e->d_name));
    closedir(dir);
    qsort(names, n, sizeof *names, by_name);
    for (size_t i = 0; i < n; i++)
        list_one(l,
                 arena_printf(&l->a->arena, STR_FMT "%s%s", STR_ARG(folder),
                              folder.len && !str_ends(folder, S("/")) ? "/" : "", names[i]),
                 level);
}

void audit_files_each(struct audit *a, str folder, void (*fn)(void *ctx, str path), void *ctx) {
    struct listing l = {.a = a, .fn = fn, .ctx = ctx};
    if (a->options.reads_files)
        list(&l, folder, 0);
}
