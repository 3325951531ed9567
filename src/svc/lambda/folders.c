/*
 * DATA/functions: which folders have users, and the end of those that have none.
 *
 * Nothing there is synced: after a power cut (another boot id in DATA/functions/boot) everything
 * loses its name and is made again from the stored zips.
 *
 * The sweep marks every folder first, then reads which names the rows have, then removes those that
 * are still marked and not named. Whoever brings a package pins its folder before he looks for it,
 * and a pin takes the mark off: so a folder whose row was committed after the rows were read stays.
 */
#include "base/io.h"
#include "base/lock.h"
#include "base/rand.h"
#include "svc/lambda/code.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

struct user {
    unsigned pins;
    bool swept;  /* a sweep is looking at it */
    bool marked; /* and it had no pin since */
};
struct lambda_code {
    char *root;
    pthread_mutex_t lock;
    struct map users; /* name → struct user, of those that are pinned or swept */
    bool touched;
};

/* ---- Files ---- */
/* Renames it to a name of what is to be removed. */
static bool take_name(const struct lambda_code *code, const char *name) {
    char random[17], from[PATH_MAX], to[PATH_MAX];
    rand_hex(random, 8);
    if (snprintf(from, sizeof from, "%s/%s", code->root, name) >= (int)sizeof from ||
        snprintf(to, sizeof to, "%s/" LAMBDA_CODE_GONE "%s", code->root, random) >= (int)sizeof to)
        return false;
    return rename(from, to) == 0;
}

static bool is_own(const char *name) {
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strcmp(name, "boot") == 0;
}
static bool is_gone(const char *name) { return str_starts(str_c(name), S(LAMBDA_CODE_GONE)); }
static bool is_half(const char *name) { return str_starts(str_c(name), S(LAMBDA_CODE_HALF)); }

/* Calls fn with every name that is there. */
static void each_name(struct lambda_code *code,
                      void (*fn)(struct lambda_code *code, const char *name, void *ctx),
                      void *ctx) {
    DIR *dir = opendir(code->root);
    if (!dir)
        return;
    for (struct dirent *e; (e = readdir(dir));)
        if (!is_own(e->d_name))
            fn(code, e->d_name, ctx);
    closedir(dir);
}

/* ---- An earlier life's ---- */
static bool read_boot(struct buf *now) {
    return io_read_file(now, "/proc/sys/kernel/random/boot_id", 256, NULL) == 0;
}

/* True when the folder was last used in this boot. */
static bool is_same_boot(const struct lambda_code *code, const struct buf *now) {
    char path[PATH_MAX];
    CLEANUP_DEINIT(buf) struct buf then = {0};
    snprintf(path, sizeof path, "%s/boot", code->root);
    return now->len && io_read_file(&then, path, 256, NULL) == 0 &&
           str_eq(buf_view(now), buf_view(&then));
}

static void write_boot(const struct lambda_code *code, const struct buf *now) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/boot", code->root);
    CLEANUP_FD int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd >= 0)
        (void)io_write_full(fd, now->p, now->len);
}

static void disown(struct lambda_code *code, const char *name, void *same_boot) {
    if (!is_gone(name) && (is_half(name) || !*(bool *)same_boot))
        (void)take_name(code, name);
}

struct lambda_code *lambda_code_new(struct store *store) {
    struct lambda_code *code = mem_new(struct lambda_code);
    CLEANUP_DEINIT(buf) struct buf root = {0}, now = {0};
    buf_printf(&root, "%s/functions", store_data_dir(store));
    code->root = buf_take(&root);
    pthread_mutex_init(&code->lock, NULL);
    (void)io_mkdirs(code->root, 0700, NULL); /* whoever unpacks is told */
    (void)read_boot(&now);
    bool same_boot = is_same_boot(code, &now);
    each_name(code, disown, &same_boot);
    if (!same_boot)
        write_boot(code,
                   &now); /* after the names are gone: a start that dies before does it again */
    return code;
}

struct lambda_code *lambda_code_free(struct lambda_code *code) {
    if (!code)
        return NULL;
    size_t at = 0;
    str name;
    void *user;
    while (map_next(&code->users, &at, &name, &user))
        free(user);
    map_deinit(&code->users);
    pthread_mutex_destroy(&code->lock);
    free(code->root);
    free(code);
    return NULL;
}

const char *lambda_code_root(const struct lambda_code *code) { return code->root; }

/* ---- Users ---- */
static struct user *user_of(struct lambda_code *code, const char *name) {
    struct user *user = map_get(&code->users, str_c(name));
    if (!user) {
        user = mem_new(struct user);
        map_put(&code->users, str_c(name), user);
    }
    return user;
}

static void forget_if_unused(struct lambda_code *code, const char *name, const struct user *user) {
    if (user->pins == 0 && !user->swept)
        free(map_remove(&code->users, str_c(name)));
}

void lambda_code_pin(struct lambda_code *code, const char *dir) {
    LOCK_SCOPE(&code->lock);
    struct user *user = user_of(code, dir);
    user->pins++;
    user->marked = false;
}

bool lambda_code_unpin(struct lambda_code *code, const char *dir) {
    LOCK_SCOPE(&code->lock);
    struct user *user = user_of(code, dir);
    bool last = --user->pins == 0;
    forget_if_unused(code, dir, user);
    return last && code->touched;
}

void lambda_code_touched(struct lambda_code *code) {
    LOCK_SCOPE(&code->lock);
    code->touched = true;
}

/* ---- The sweep ---- */
static void mark(struct lambda_code *code, const char *name, void *) {
    if (is_half(name) || is_gone(name))
        return;
    LOCK_SCOPE(&code->lock);
    struct user *user = user_of(code, name);
    user->swept = true;
    user->marked = user->pins == 0;
}

static void judge(struct lambda_code *code, const char *name, void *named) {
    LOCK_SCOPE(&code->lock);
    struct user *user = map_get(&code->users, str_c(name));
    if (!user || !user->swept) /* made since the sweep began */
        return;
    bool unnamed = named && !map_get(named, str_c(name));
    if (unnamed && user->marked)
        (void)take_name(code, name);
    else if (unnamed)
        code->touched = true; /* its last user will ask for another sweep */
    user->swept = false;
    forget_if_unused(code, name, user);
}

static void remove_gone(struct lambda_code *code, const char *name, void *) {
    char path[PATH_MAX];
    if (is_gone(name) && snprintf(path, sizeof path, "%s/%s", code->root, name) < (int)sizeof path)
        io_remove_tree(AT_FDCWD, path);
}

void lambda_code_sweep(struct lambda_code *code, int (*named)(void *ctx, struct map *ret),
                       void *ctx) {
    CLEANUP_DEINIT(map) struct map names = {0};
    pthread_mutex_lock(&code->lock);
    code->touched = false;
    pthread_mutex_unlock(&code->lock);
    each_name(code, mark, NULL);
    bool known = named(ctx, &names) == 0;
    each_name(code, judge, known ? &names : NULL);
    if (!known)
        lambda_code_touched(code);
    each_name(code, remove_gone, NULL);
}
