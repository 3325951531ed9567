/*
 * Finding interpreters, and asking them what their sandboxes must show.
 *
 * A probe prints lines of a word, a tab and a text: "version", "program" (its real file), "prefix"
 * (the folder that lies at LAMBDA_LANG inside), "see" (a folder or file to be shown), "hide" (a
 * folder of packages in one of those), "library" (a shared library that no other line and no table
 * shows), and "done" at the end.
 */
#include "svc/lambda/interpreters.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/lock.h"
#include "base/map.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    PROBE_MS = 10000,   /* an interpreter that says nothing for so long is none */
    PROBE_MOST = 65536, /* bytes that it may say */
    PROBE_ARGS = 12,    /* of its command, the NULL too */
    BINDS = 40,         /* of an interpreter */
};

static const char *const usual_folders[] = {"/usr/bin", "/usr/local/bin", NULL};

/* What identifies the bytes of a file without reading them. */
struct stamp {
    dev_t dev;
    ino_t ino;
    off_t size;
    struct timespec modified, changed;
};

struct lambda_interpreter {
    _Atomic unsigned refs;
    struct arena arena; /* of all texts */
    const char *version, *program;
    const char *prefix; /* the folder that its library lies below, or NULL */
    const char *inside; /* its program, inside of a sandbox */
    struct stamp stamp; /* of its program */
    struct sandbox_bind binds[BINDS];
    size_t n_binds;
};

/* One file that was asked. */
struct asked {
    struct stamp stamps[2];                 /* of the file, and of the program that it led to */
    struct lambda_interpreter *interpreter; /* NULL: it is none */
    struct err why;                         /* then */
};

struct lambda_interpreters {
    pthread_mutex_t lock;
    struct map asked; /* path → struct asked */
    /* ---- The same from the beginning to the end ---- */
    struct map set; /* a family's option → path */
    const char *const *folders;
};

/* ---- An interpreter ---- */
static struct lambda_interpreter *keep(struct lambda_interpreter *it) {
    it->refs++;
    return it;
}

struct lambda_interpreter *lambda_interpreter_free(struct lambda_interpreter *it) {
    if (it && --it->refs == 0) {
        arena_deinit(&it->arena);
        free(it);
    }
    return NULL;
}

const char *lambda_interpreter_version(const struct lambda_interpreter *it) { return it->version; }
const char *lambda_interpreter_program(const struct lambda_interpreter *it) { return it->program; }

const char *lambda_interpreter_inside(const struct lambda_interpreter *it) { return it->inside; }
size_t lambda_interpreter_binds(const struct lambda_interpreter *it,
                                const struct sandbox_bind **ret) {
    *ret = it->binds;
    return it->n_binds;
}

bool lambda_interpreter_fits(const struct lambda_interpreter *it,
                             const struct lambda_runtime *runtime) {
    str version = str_c(it->version), series = str_c(runtime->version);
    return str_starts(version, series) && version.p[series.len] == '.';
}

/* ---- The same file? ---- */
static struct stamp stamp_of(const char *path) {
    struct stat st;
    if (stat(path, &st))
        return (struct stamp){0};
    return (struct stamp){st.st_dev, st.st_ino, st.st_size, st.st_mtim, st.st_ctim};
}

static bool is_same(const struct stamp *a, const struct stamp *b) {
    return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
           a->modified.tv_sec == b->modified.tv_sec && a->modified.tv_nsec == b->modified.tv_nsec &&
           a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

bool lambda_interpreter_is_fresh(const struct lambda_interpreter *it) {
    struct stamp now = stamp_of(it->program);
    return is_same(&now, &it->stamp);
}

/* ---- Running one ---- */
static pid_t spawn(const char *const argv[], int out, struct err *err) {
    extern char **environ;
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none;
    pid_t pid;
    sigemptyset(&none);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    int r =
        posix_spawn(&pid, argv[0], &files, &attributes, (char *const *)(uintptr_t)argv, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return r ? err_sys(err, -r, "%s", argv[0]) : pid;
}

/* All that comes until the end of the pipe, or until time or room is out. */
static void read_answer(int fd, struct buf *out) {
    int64_t until = clock_mono_ms() + PROBE_MS;
    while (out->len < PROBE_MOST) {
        int64_t left = until - clock_mono_ms();
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        int n = left > 0 ? poll(&ready, 1, (int)left) : 0;
        if (n < 0 && errno == EINTR)
            continue;
        ssize_t got = n > 0 ? read(fd, buf_reserve(out, 4096), 4096) : 0;
        if (got <= 0)
            return;
        out->len += (size_t)got;
        out->p[out->len] = '\0';
    }
}

/* 0 and what it printed, which may be nothing. */
static int run(const struct lambda_family *family, const char *path, struct buf *out,
               struct err *err) {
    const char *argv[PROBE_ARGS] = {path};
    for (size_t i = 0; family->probe[i] && i + 2 < PROBE_ARGS; i++)
        argv[i + 1] = family->probe[i];
    int ends[2];
    if (pipe2(ends, O_CLOEXEC))
        return err_sys(err, -errno, "a pipe");
    CLEANUP_FD int in = ends[0];
    pid_t pid = spawn(argv, ends[1], err);
    close(ends[1]);
    if (pid < 0)
        return pid;
    read_answer(in, out);
    kill(pid, SIGKILL); /* it has said all, or will not */
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    return 0;
}

/* ---- What it said ---- */
static void bind(struct lambda_interpreter *it, const char *host, const char *inside) {
    if (it->n_binds < BINDS)
        it->binds[it->n_binds++] = (struct sandbox_bind){host, inside};
}

static void take_version(struct lambda_interpreter *it, const char *text) { it->version = text; }
static void take_program(struct lambda_interpreter *it, const char *text) { it->program = text; }
static void take_prefix(struct lambda_interpreter *it, const char *text) { it->prefix = text; }

/* What lies below its prefix lies below LAMBDA_LANG inside; the rest stays where it is. */
static const char *inside_of(struct lambda_interpreter *it, const char *path) {
    size_t n = it->prefix ? strlen(it->prefix) : 0;
    if (n == 0 || strncmp(path, it->prefix, n) != 0 || path[n] != '/')
        return path;
    return arena_printf(&it->arena, LAMBDA_LANG "%s", path + n).p;
}

static void take_seen(struct lambda_interpreter *it, const char *text) {
    bind(it, text, inside_of(it, text));
}
static void take_hidden(struct lambda_interpreter *it, const char *text) {
    bind(it, "", inside_of(it, text));
}
static void take_library(struct lambda_interpreter *it, const char *text) {
    bind(it, text, arena_printf(&it->arena, LAMBDA_LANG "/lib%s", strrchr(text, '/')).p);
}

static const struct word {
    const char *word;
    void (*take)(struct lambda_interpreter *it, const char *text);
} words[] = {
    {"version", take_version}, {"program", take_program}, {"prefix", take_prefix},
    {"see", take_seen},        {"hide", take_hidden},     {"library", take_library},
};

/* True: it said all. Unknown words, as a start-up message of the machine's, are left out. */
static bool take_answer(struct lambda_interpreter *it, str answer) {
    str line, word;
    while (str_cut(answer, '\n', &line, &answer)) {
        if (!str_cut(line, '\t', &word, &line))
            continue;
        if (str_is(word, "done"))
            return it->version && it->program;
        for (size_t i = 0; i < ARRAY_LEN(words); i++)
            if (str_is(word, words[i].word) && (i == 0 || str_starts(line, S("/"))))
                words[i].take(it, arena_str(&it->arena, line).p);
    }
    return false;
}

static void add_host_files(struct lambda_interpreter *it, const struct sandbox_bind *files) {
    for (; files->host; files++)
        if (access(files->host, R_OK) == 0)
            bind(it, files->host, files->inside);
}

/* Asks the program at path. One reference, or NULL with words. */
static struct lambda_interpreter *ask_once(const struct lambda_family *family, const char *path,
                                           struct err *err) {
    CLEANUP_DEINIT(buf) struct buf answer = {0};
    CLEANUP(lambda_interpreter) struct lambda_interpreter *it = mem_new(struct lambda_interpreter);
    it->refs = 1;
    if (run(family, path, &answer, err))
        return NULL;
    add_host_files(it, lambda_host_libraries);
    if (!take_answer(it, buf_view(&answer))) {
        err_set(err, -ENOTSUP, "%s does not run as %s", path, family->language);
        return NULL;
    }
    it->stamp = stamp_of(it->program);
    it->inside = arena_printf(&it->arena, LAMBDA_LANG "/bin%s", strrchr(it->program, '/')).p;
    bind(it, it->program, it->inside);
    const char *usual = arena_printf(&it->arena, LAMBDA_LANG "/bin/%s", family->program).p;
    if (strcmp(usual, it->inside) != 0)
        bind(it, it->program, usual); /* "#!/usr/bin/env python3" */
    return STEAL(it);
}

/*
 * A link, a script of a version manager, or the program of a virtual environment lead to another
 * file; that one runs inside, so it is asked: where it looks for its library may depend on its path.
 */
static struct lambda_interpreter *ask(const struct lambda_family *family, const char *path,
                                      struct err *err) {
    CLEANUP(lambda_interpreter) struct lambda_interpreter *first = ask_once(family, path, err);
    if (!first || strcmp(first->program, path) == 0)
        return STEAL(first);
    return ask_once(family, first->program, err);
}

/* ---- Remembered ---- */
static void look_again(struct asked *one, const struct lambda_family *family, const char *path) {
    lambda_interpreter_free(one->interpreter);
    one->stamps[0] = stamp_of(path);
    one->interpreter = ask(family, path, &one->why);
    one->stamps[1] = stamp_of(one->interpreter ? one->interpreter->program : path);
}

static bool is_fresh(const struct asked *one, const char *path) {
    struct stamp now[2] = {stamp_of(path),
                           stamp_of(one->interpreter ? one->interpreter->program : path)};
    return is_same(&now[0], &one->stamps[0]) && is_same(&now[1], &one->stamps[1]);
}

/* What is known of the file at path, which is there. */
static const struct asked *asked_of(struct lambda_interpreters *all,
                                    const struct lambda_family *family, const char *path) {
    struct asked *one = map_get(&all->asked, str_c(path));
    if (!one) {
        one = mem_new(struct asked);
        map_put(&all->asked, str_c(path), one);
        look_again(one, family, path);
    } else if (!is_fresh(one, path))
        look_again(one, family, path);
    return one;
}

/* ---- Which one ---- */
/* The path of the program of that name in a folder; false: it is not there. */
static bool path_in(char ret[PATH_MAX], const char *folder, const char *name) {
    return snprintf(ret, PATH_MAX, "%s/%s", folder, name) < PATH_MAX && access(ret, X_OK) == 0;
}

/* The first program of that file name that runs, and fits the row where one is given. */
static struct lambda_interpreter *look_for(struct lambda_interpreters *all,
                                           const struct lambda_family *family, const char *name,
                                           const struct lambda_runtime *fits) {
    char path[PATH_MAX];
    for (const char *const *folder = all->folders; *folder; folder++) {
        struct lambda_interpreter *it =
            path_in(path, *folder, name) ? asked_of(all, family, path)->interpreter : NULL;
        if (it && (!fits || lambda_interpreter_fits(it, fits)))
            return it;
    }
    return NULL;
}

/* The i-th file name that a program of the family may have; NULL: there are no more. */
static const char *name_at(const struct lambda_family *family, size_t i) {
    const struct lambda_runtime *row;
    if (i-- == 0)
        return family->program;
    for (size_t at = 0; (row = lambda_runtime_at(at)); at++)
        if (row->family == family && row->exact && i-- == 0)
            return row->exact;
    return NULL;
}

static struct lambda_interpreter *look_for_any(struct lambda_interpreters *all,
                                               const struct lambda_family *family) {
    struct lambda_interpreter *it = NULL;
    const char *name;
    for (size_t i = 0; !it && (name = name_at(family, i)); i++)
        it = look_for(all, family, name, NULL);
    return it;
}

static int find_locked(struct lambda_interpreters *all, const struct lambda_runtime *runtime,
                       struct lambda_interpreter **ret, struct err *err) {
    const struct lambda_family *family = runtime->family;
    const char *path = map_get(&all->set, str_c(family->option));
    const struct asked *set = path ? asked_of(all, family, path) : NULL;
    if (set && !set->interpreter)
        return err_set(err, -ENOTSUP, "%s %s", family->option, set->why.text);
    struct lambda_interpreter *it = set ? set->interpreter : NULL, *exact = NULL;
    if (it && lambda_interpreter_fits(it, runtime))
        exact = it;
    if (!exact && runtime->exact)
        exact = look_for(all, family, runtime->exact, runtime);
    if (!exact)
        exact = look_for(all, family, family->program, runtime);
    if (!exact)
        exact = it ? it : look_for_any(all, family);
    if (!exact)
        return err_set(err, -ENOTSUP,
                       "this machine has no %s, which functions of %s need: install it with `%s`",
                       family->language, runtime->name, family->install);
    *ret = exact;
    return 0;
}

int lambda_interpreters_find(struct lambda_interpreters *all, const struct lambda_runtime *runtime,
                             struct lambda_interpreter **ret, struct err *err) {
    struct lambda_interpreter *it = NULL;
    LOCK_SCOPE(&all->lock);
    int r = runtime->family->language ? find_locked(all, runtime, &it, err) : 0;
    if (ret)
        *ret = it ? keep(it) : NULL;
    return r;
}

bool lambda_interpreters_seem_here(struct lambda_interpreters *all,
                                   const struct lambda_family *family) {
    char path[PATH_MAX];
    const char *name;
    bool found = !family->language || map_get(&all->set, str_c(family->option));
    for (size_t i = 0; !found && (name = name_at(family, i)); i++)
        for (size_t k = 0; !found && all->folders[k]; k++)
            found = path_in(path, all->folders[k], name);
    return found;
}

/* The interpreter that rows get of which there is no exact one; NULL: there is none. */
static struct lambda_interpreter *usual_locked(struct lambda_interpreters *all,
                                               const struct lambda_family *family) {
    const char *path = map_get(&all->set, str_c(family->option));
    return path ? asked_of(all, family, path)->interpreter : look_for_any(all, family);
}

json_t *lambda_interpreters_list(struct lambda_interpreters *all) {
    const struct lambda_family *family;
    json_t *list = json_array();
    LOCK_SCOPE(&all->lock);
    for (size_t i = 0; (family = lambda_family_at(i)); i++) {
        CLEANUP_DEINIT(buf) struct buf one = {0};
        const struct lambda_interpreter *it = family->language ? usual_locked(all, family) : NULL;
        if (family->language && !it)
            continue;
        buf_c(&one, family->name);
        if (it)
            buf_printf(&one, " (by %s %s)", family->language, it->version);
        json_push_str(list, buf_view(&one));
    }
    return list;
}

void lambda_interpreters_names(struct lambda_interpreters *all, struct buf *out) {
    CLEANUP_JSON json_t *list = lambda_interpreters_list(all);
    size_t i, n = json_array_size(list);
    json_t *one;
    json_array_foreach (list, i, one)
        buf_printf(out, "%s%s", i == 0 ? "" : i + 1 < n ? ", " : " and ", json_string_value(one));
}

/* ---- The machine's ---- */
static int set(struct lambda_interpreters *all, const char *option, const char *path,
               struct err *err) {
    if (!path || !*path)
        return 0;
    CLEANUP_MEM char *real = realpath(path, NULL);
    if (!real || access(real, X_OK))
        return err_sys(err, -errno, "%s %s", option, path);
    map_put(&all->set, str_c(option), STEAL(real));
    return 0;
}

struct lambda_interpreters *lambda_interpreters_new(const struct lambda_places *places,
                                                    struct err *err) {
    CLEANUP(lambda_interpreters)
    struct lambda_interpreters *all = mem_new(struct lambda_interpreters);
    lock_init(&all->lock);
    all->folders = places->folders ? places->folders : usual_folders;
    if (set(all, "--python", places->python, err) || set(all, "--node", places->node, err))
        return NULL;
    return STEAL(all);
}

struct lambda_interpreters *lambda_interpreters_free(struct lambda_interpreters *all) {
    size_t at = 0;
    str key;
    void *value;
    if (!all)
        return NULL;
    while (map_next(&all->asked, &at, &key, &value)) {
        lambda_interpreter_free(((struct asked *)value)->interpreter);
        free(value);
    }
    for (at = 0; map_next(&all->set, &at, &key, &value);)
        free(value);
    map_deinit(&all->asked);
    map_deinit(&all->set);
    pthread_mutex_destroy(&all->lock);
    free(all);
    return NULL;
}
