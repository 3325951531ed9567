/*
 * Finding interpreters, and asking them what their sandboxes must show.
 *
 * A probe prints lines of a word, a tab and a text: "version", "program" (its real file), "prefix"
 * (the folder that lies at LAMBDA_LANG inside), "see" (a folder or file to be shown), "hide" (a
 * folder of packages in one of those), "library" (a shared library that no other line and no table
 * shows), "lacks" (why no function can run on it), and "done" at the end.
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
    PROBE_MS = 10000, /* an interpreter that says nothing for so long is none */
    /* One that is none is asked again, for the machine may have been short of memory: after so long,
     * and after so many times what it took, so that a hanging one is seldom waited for. */
    AGAIN_MS = 30000,
    AGAIN_TIMES = 60,
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
    struct stamp stamp; /* of the program */
    const char *prefix; /* the folder that its library lies below, or NULL */
    const char *inside; /* its program, inside of a sandbox */
    const char *lacks;  /* why no function runs on it; NULL: they do */
    struct sandbox_bind binds[BINDS];
    size_t n_binds;
};

/* One file that was asked. */
struct asked {
    bool busy;                              /* a thread asks it, without the lock */
    struct stamp stamp;                     /* of the file, which may lead to another */
    struct lambda_interpreter *interpreter; /* NULL: it is none */
    struct err why;                         /* then */
    int64_t again_ms;                       /* then: when it is asked again, mono */
};

struct lambda_interpreters {
    pthread_mutex_t lock;
    pthread_cond_t answered;
    struct map asked; /* path → struct asked; none goes */
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

bool lambda_interpreter_is_same(const struct lambda_interpreter *it) {
    struct stamp now = stamp_of(it->program);
    return is_same(&now, &it->stamp);
}

/* ---- Running one ---- */
/*
 * What an interpreter, or a version manager's script, has to find itself, and no more: what changes
 * an interpreter would change what it says, and the daemon's secrets are nobody's business.
 */
static const char **variables(struct arena *arena) {
    static const char *const left_out[] = {"NODE_", "PYTHON", "LD_", "AWS_", "CALOTYPE_"};
    extern char **environ;
    size_t n = 0, kept = 0;
    while (environ[n])
        n++;
    const char **all = arena_alloc(arena, (n + 1) * sizeof *all);
    for (size_t i = 0; i < n; i++) {
        bool out = false;
        for (size_t k = 0; !out && k < ARRAY_LEN(left_out); k++)
            out = str_starts(str_c(environ[i]), str_c(left_out[k]));
        if (!out)
            all[kept++] = environ[i];
    }
    all[kept] = NULL;
    return all;
}

/* In a process group of its own, with no file of the daemon's, and signals as a shell has them. */
static pid_t spawn(const char *const argv[], int out, struct err *err) {
    CLEANUP_DEINIT(arena) struct arena arena = {0};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    pid_t pid;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
    posix_spawn_file_actions_addchdir_np(&files, "/");
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                              POSIX_SPAWN_SETPGROUP);
    int r = posix_spawn(&pid, argv[0], &files, &attributes, (char *const *)(uintptr_t)argv,
                        (char *const *)(uintptr_t)variables(&arena));
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return r ? err_sys(err, -r, "%s", argv[0]) : pid;
}

/* All that comes until the answer or the pipe ends, or until time or room is out. */
static void read_answer(int fd, struct buf *out) {
    int64_t until = clock_mono_ms() + PROBE_MS;
    while (out->len < PROBE_MOST && !str_ends(buf_view(out), S("\ndone\t\n"))) {
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
    kill(-pid, SIGKILL); /* it has said all, or will not; what it has started goes too */
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    return 0;
}

/* ---- What it said ---- */
/* Root's functions run as other users: what a umask of 077 has made is of no use to them. */
static bool is_for_all(const char *path) {
    struct stat st;
    if (geteuid() != 0 || stat(path, &st))
        return true;
    mode_t others = st.st_mode & (S_IROTH | S_IXOTH);
    return S_ISDIR(st.st_mode) ? others == (S_IROTH | S_IXOTH) : others != 0;
}

static void bind(struct lambda_interpreter *it, const char *host, const char *inside) {
    if (!is_for_all(host))
        it->lacks = arena_printf(&it->arena, "other users than root may not read %s", host).p;
    if (it->n_binds < BINDS)
        it->binds[it->n_binds++] = (struct sandbox_bind){host, inside};
    else
        it->lacks = "it needs more files than a sandbox can show";
}

static void take_version(struct lambda_interpreter *it, const char *text) { it->version = text; }
static void take_program(struct lambda_interpreter *it, const char *text) { it->program = text; }
static void take_prefix(struct lambda_interpreter *it, const char *text) { it->prefix = text; }
static void take_lacks(struct lambda_interpreter *it, const char *text) { it->lacks = text; }

/* What lies below its prefix lies below LAMBDA_LANG inside; the rest stays where it is. */
static const char *inside_of(struct lambda_interpreter *it, const char *path) {
    size_t n = it->prefix ? strlen(it->prefix) : 0;
    if (n == 0 || strncmp(path, it->prefix, n) != 0 || path[n] != '/')
        return path;
    return arena_printf(&it->arena, LAMBDA_LANG "%s", path + n).p;
}

static void take_seen(struct lambda_interpreter *it, const char *text) {
    const char *inside = inside_of(it, text);
    if (str_starts(str_c(inside), S("/tmp/"))) /* the function's own /tmp would cover it */
        it->lacks = arena_printf(&it->arena, "it needs %s, and /tmp is the function's own", text).p;
    bind(it, text, inside);
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
    bool is_path;
} words[] = {
    {"version", take_version, false}, {"lacks", take_lacks, false}, {"program", take_program, true},
    {"prefix", take_prefix, true},    {"see", take_seen, true},     {"hide", take_hidden, true},
    {"library", take_library, true},
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
            if (str_is(word, words[i].word) && (!words[i].is_path || str_starts(line, S("/"))))
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
    if (it->lacks) {
        err_set(err, -ENOTSUP, "%s runs no functions: %s", it->program, it->lacks);
        return NULL;
    }
    return STEAL(it);
}

/*
 * Could somebody have written that file whom neither root nor the daemon's user has chosen? A group
 * that may write is the machine's choice (Debian's staff has /usr/local). Who has /usr/bin may replace
 * all that runs here anyway: in a user namespace that is root by another number.
 */
static bool is_strange(const char *path, uid_t system) {
    struct stat st;
    if (lstat(path, &st))
        return true;
    bool is_known = st.st_uid == 0 || st.st_uid == geteuid() || st.st_uid == system;
    return !is_known || ((st.st_mode & S_IWOTH) && !(st.st_mode & S_ISVTX));
}

/* 0: the file that path leads to, and the folders that lead to it, may be run without being named. */
static int check_owners(const struct lambda_family *family, const char *path, struct err *err) {
    struct stat system = {0};
    CLEANUP_MEM char *part = realpath(path, NULL);
    (void)stat(LAMBDA_HOST_TOOLS, &system);
    for (char *slash; part && *part; *slash = '\0') {
        if (is_strange(part, system.st_uid))
            return err_set(
                err, -EPERM,
                "%s is not run, for another user may write %s (%s PATH runs it all the same)", path,
                part, family->option);
        slash = strrchr(part, '/');
    }
    return part ? 0 : err_sys(err, -errno, "%s", path);
}

/*
 * A link, a script of a version manager, or the program of a virtual environment lead to another
 * file; that one runs inside, so it is asked: where it looks for its library may depend on its path.
 */
static struct lambda_interpreter *ask(const struct lambda_family *family, const char *path,
                                      bool is_set, struct err *err) {
    if (!is_set && check_owners(family, path, err))
        return NULL;
    CLEANUP(lambda_interpreter) struct lambda_interpreter *first = ask_once(family, path, err);
    if (!first || strcmp(first->program, path) == 0)
        return STEAL(first);
    if (!is_set && check_owners(family, first->program, err))
        return NULL;
    return ask_once(family, first->program, err);
}

/* ---- Remembered ---- */
/* Without the lock, for it takes as long as the program takes; meanwhile *one is this thread's. */
static void look_again(struct lambda_interpreters *all, struct asked *one,
                       const struct lambda_family *family, const char *path) {
    struct err why = {0};
    const char *set = map_get(&all->set, str_c(family->option));
    bool is_set = set && strcmp(set, path) == 0;
    int64_t began_ms = clock_mono_ms();
    one->busy = true;
    lock_drop(&all->lock);
    struct stamp stamp = stamp_of(path);
    struct lambda_interpreter *it = ask(family, path, is_set, &why);
    lock_take(&all->lock);
    lambda_interpreter_free(one->interpreter);
    *one = (struct asked){.stamp = stamp, .interpreter = it, .why = why};
    int64_t now_ms = clock_mono_ms(), wait_ms = AGAIN_TIMES * (now_ms - began_ms);
    one->again_ms = now_ms + (wait_ms > AGAIN_MS ? wait_ms : AGAIN_MS);
    pthread_cond_broadcast(&all->answered);
}

static bool is_fresh(const struct asked *one, const char *path) {
    struct stamp now = stamp_of(path);
    if (!is_same(&now, &one->stamp))
        return false;
    return one->interpreter ? lambda_interpreter_is_same(one->interpreter)
                            : one->again_ms > clock_mono_ms();
}

/*
 * A reference to what the file at path is, which is there; NULL with words: none. Lets go of the lock
 * where the file has to be asked, so what the caller has of other files must be references.
 */
static struct lambda_interpreter *interpreter_at(struct lambda_interpreters *all,
                                                 const struct lambda_family *family,
                                                 const char *path, struct err *err) {
    struct asked *one = map_get(&all->asked, str_c(path));
    if (!one) {
        one = mem_new(struct asked);
        map_put(&all->asked, str_c(path), one);
        look_again(all, one, family, path);
    }
    while (one->busy)
        pthread_cond_wait(&all->answered, &all->lock);
    if (!is_fresh(one, path))
        look_again(all, one, family, path);
    if (!one->interpreter && err)
        *err = one->why;
    return one->interpreter ? keep(one->interpreter) : NULL;
}

/* ---- Which one ---- */
/* The path of the program of that name in a folder; false: it is not there. */
static bool path_in(char ret[PATH_MAX], const char *folder, const char *name) {
    return snprintf(ret, PATH_MAX, "%s/%s", folder, name) < PATH_MAX && access(ret, X_OK) == 0;
}

/*
 * The first program of that file name that runs, and fits the row where one is given: a reference.
 * *why is what is wrong with the first that does not run, where it has no words yet.
 */
static struct lambda_interpreter *look_for(struct lambda_interpreters *all,
                                           const struct lambda_family *family, const char *name,
                                           const struct lambda_runtime *fits, struct err *why) {
    char path[PATH_MAX];
    for (const char *const *folder = all->folders; *folder; folder++) {
        CLEANUP(lambda_interpreter) struct lambda_interpreter *it = NULL;
        if (path_in(path, *folder, name))
            it = interpreter_at(all, family, path, why->text[0] ? NULL : why);
        if (it && (!fits || lambda_interpreter_fits(it, fits)))
            return STEAL(it);
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
                                               const struct lambda_family *family,
                                               struct err *why) {
    struct lambda_interpreter *it = NULL;
    const char *name;
    for (size_t i = 0; !it && (name = name_at(family, i)); i++)
        it = look_for(all, family, name, NULL, why);
    return it;
}

static int refuse(const struct lambda_runtime *runtime, const struct err *why, struct err *err) {
    const struct lambda_family *family = runtime->family;
    if (why->text[0])
        return err_set(err, -ENOTSUP,
                       "this machine has no %s that runs functions of %s: %s; `%s` brings one",
                       family->language, runtime->name, why->text, family->install);
    return err_set(err, -ENOTSUP,
                   "this machine has no %s, which functions of %s need: install it with `%s`",
                   family->language, runtime->name, family->install);
}

/* *ret is a reference. */
static int find_locked(struct lambda_interpreters *all, const struct lambda_runtime *runtime,
                       struct lambda_interpreter **ret, struct err *err) {
    const struct lambda_family *family = runtime->family;
    const char *path = map_get(&all->set, str_c(family->option));
    struct err why = {0};
    CLEANUP(lambda_interpreter) struct lambda_interpreter *set = NULL;
    if (path && !(set = interpreter_at(all, family, path, &why)))
        return err_set(err, -ENOTSUP, "%s %s", family->option, why.text);
    struct lambda_interpreter *it = NULL;
    if (set && lambda_interpreter_fits(set, runtime))
        it = STEAL(set);
    if (!it && runtime->exact)
        it = look_for(all, family, runtime->exact, runtime, &why);
    if (!it)
        it = look_for(all, family, family->program, runtime, &why);
    if (!it)
        it = set ? STEAL(set) : look_for_any(all, family, &why);
    *ret = it;
    return it ? 0 : refuse(runtime, &why, err);
}

int lambda_interpreters_find(struct lambda_interpreters *all, const struct lambda_runtime *runtime,
                             struct lambda_interpreter **ret, struct err *err) {
    CLEANUP(lambda_interpreter) struct lambda_interpreter *it = NULL;
    LOCK_SCOPE(&all->lock);
    int r = runtime->family->language ? find_locked(all, runtime, &it, err) : 0;
    if (ret)
        *ret = STEAL(it);
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

/* A reference to the interpreter that rows get of which there is no exact one; NULL: there is none. */
static struct lambda_interpreter *usual_locked(struct lambda_interpreters *all,
                                               const struct lambda_family *family) {
    struct err why = {0};
    const char *path = map_get(&all->set, str_c(family->option));
    return path ? interpreter_at(all, family, path, NULL) : look_for_any(all, family, &why);
}

json_t *lambda_interpreters_list(struct lambda_interpreters *all) {
    const struct lambda_family *family;
    json_t *list = json_array();
    LOCK_SCOPE(&all->lock);
    for (size_t i = 0; (family = lambda_family_at(i)); i++) {
        CLEANUP_DEINIT(buf) struct buf one = {0};
        CLEANUP(lambda_interpreter) struct lambda_interpreter *it = NULL;
        if (family->language)
            it = usual_locked(all, family);
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
    lock_cond_init(&all->answered);
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
    pthread_cond_destroy(&all->answered);
    pthread_mutex_destroy(&all->lock);
    free(all);
    return NULL;
}
