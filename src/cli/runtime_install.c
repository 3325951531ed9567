/*
 * Installs what functions in a language run on. Python's interpreter and packages are Debian's, and so is
 * Node; the clients of @aws-sdk come from npm, pinned by the lock that is part of calotype.
 *
 * Node's are made in a folder beside their place, .nodejs-XXXXXX, which gets its name when it is whole and on
 * the disk: who is killed leaves nothing half, and the next run removes what is left. What was there before
 * is kept until then as .nodejs-before, since functions that run have it open.
 */
#include "base/file.h"
#include "base/io.h"
#include "cli/find.h"
#include "cli/runtime.h"
#include "cli/tool.h"
#include "prog/say.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    MOST_LOCK = 4 << 20,
    MOST_PACKAGES = 4,
    APT_WORDS = 6,
    FOLDER_MODE = 0755,
    FILE_MODE = 0644
};

void cli_runtime_result_deinit(struct cli_runtime_result *result) {
    buf_deinit(&result->folder);
    buf_deinit(&result->version);
}

/* ---- What is there ---- */
/* *ret_why: why no interpreter runs, as a daemon would say it; "" where one does. */
static int look(const struct packages *of, const char *data, struct err *ret_why, struct err *err) {
    CLEANUP_JSON json_t *doc = NULL;
    int r = cli_runtime_look_here(data, &doc, err);
    const json_t *row = cli_runtime_row(doc, of);
    str why = json_array_size(json_arr(row, "Interpreters")) ? S("") : json_str(row, "Reason");
    if (r == 0)
        snprintf(ret_why->text, sizeof ret_why->text, STR_FMT, STR_ARG(why));
    return r;
}

static bool find(const struct packages *of, struct cli_runtime_result *ret) {
    buf_clear(&ret->folder);
    buf_clear(&ret->version);
    return packages_find(of, &ret->folder) &&
           packages_version(of, buf_cstr(&ret->folder), &ret->version);
}

/* ---- Debian's ---- */
/* Another apt-get is waited for: a machine that has just started often runs one. */
#define APT_PATIENCE "--option=DPkg::Lock::Timeout=120"
/* The packages of Debian, by names; a NULL ends. */
static int apt_install(const char *const packages[], struct err *err) {
    static const char *const update[] = {"apt-get", "--quiet", "update", NULL};
    const char *argv[MOST_PACKAGES + APT_WORDS + 1] = {
        "apt-get", "--quiet", "--yes", APT_PATIENCE, "--no-install-recommends", "install"};
    CLEANUP_DEINIT(buf) struct buf names = {0};
    for (size_t i = 0; packages[i]; i++) {
        argv[i + APT_WORDS] = packages[i];
        buf_printf(&names, " %s", packages[i]);
    }
    if (geteuid() != 0)
        return err_set(err, -EPERM,
                       "what is missing are packages of Debian, which root installs: sudo apt-get "
                       "install --no-install-recommends%s",
                       buf_cstr(&names));
    setenv("DEBIAN_FRONTEND", "noninteractive", 1);
    int r = cli_tool_run(&(struct cli_tool){.argv = argv}, err);
    if (r == -ENOENT)
        return err_set(err, r,
                       "this machine has no apt-get: install what Debian has as%s with what the "
                       "system has for that",
                       buf_cstr(&names));
    if (r == 0)
        return 0;
    /* The lists may be old, or never have been fetched. */
    r = cli_tool_run(&(struct cli_tool){.argv = update}, err);
    return r ? r : cli_tool_run(&(struct cli_tool){.argv = argv}, err);
}

/*
 * After all was done: it is there, or the words say why not. had_interpreter: one was there before,
 * so that none needs to be looked for.
 */
static int check(const struct packages *of, const char *data, bool had_interpreter,
                 struct cli_runtime_result *ret, struct err *err) {
    struct err why = {0};
    int r = had_interpreter ? 0 : look(of, data, &why, err);
    if (r)
        return r;
    if (*why.text)
        return err_set(err, -ENOENT, "all is installed, and yet %s", why.text);
    if (!find(of, ret))
        return err_set(err, -ENOENT,
                       "all is installed, and yet there is no %s where a daemon looks", of->probe);
    return 0;
}

static int install_python(const struct packages *of, const char *data,
                          struct cli_runtime_result *ret, struct err *err) {
    struct err why = {0};
    int r = look(of, data, &why, err);
    if (r || (!*why.text && find(of, ret)))
        return r;
    ret->changed = true;
    r = apt_install((const char *const[]){"python3", "python3-boto3", NULL}, err);
    return r ? r : check(of, data, !*why.text, ret, err);
}

/* ---- Files ---- */
/* What earlier runs have left. */
static void remove_begun(const char *folder) {
    DIR *dir = opendir(folder);
    for (struct dirent *e; dir && (e = readdir(dir));)
        if (str_starts(str_c(e->d_name), S(".nodejs-")))
            io_remove_tree(dirfd(dir), e->d_name);
    if (dir)
        closedir(dir);
}

static int copy(const char *from, const char *folder, const char *name, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf text = {0}, to = {0};
    buf_printf(&to, "%s/%s", folder, name);
    int r = io_read_file(&text, from, MOST_LOCK, err);
    return r ? r : file_write_durable(buf_cstr(&to), buf_view(&text), FILE_MODE, err);
}

/* Has the place what this lock says? The lock is copied before npm reads it. */
static bool is_current(const char *place, const char *lock) {
    CLEANUP_DEINIT(buf) struct buf ours = {0}, theirs = {0}, path = {0}, probe = {0};
    buf_printf(&path, "%s/package-lock.json", place);
    buf_printf(&probe, "%s/node_modules/@aws-sdk", place);
    return access(buf_cstr(&probe), R_OK) == 0 && io_read_file(&ours, lock, MOST_LOCK, NULL) == 0 &&
           io_read_file(&theirs, buf_cstr(&path), MOST_LOCK, NULL) == 0 &&
           str_eq(buf_view(&ours), buf_view(&theirs));
}

/* ---- npm's ---- */
static int run_npm(const char *folder, struct err *err) {
    static const char *const argv[] = {
        "npm",        "ci",        "--omit=dev",           "--ignore-scripts",
        "--no-audit", "--no-fund", "--no-update-notifier", NULL};
    return cli_tool_run(&(struct cli_tool){.argv = argv, .folder = folder, .dies_with_us = true},
                        err);
}

static int sync_all(const char *folder, struct err *err) {
    CLEANUP_FD int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || syncfs(fd) != 0)
        return err_sys(err, -errno, "cannot bring %s to the disk", folder);
    return 0;
}

/* Gives made the name place; what had it becomes before. */
static int put_in_place(const char *made, const char *place, const char *before, struct err *err) {
    if (renameat2(AT_FDCWD, made, AT_FDCWD, place, RENAME_NOREPLACE) == 0)
        return file_sync_parent(place, err);
    if (errno != EEXIST)
        return err_sys(err, -errno, "cannot name %s", place);
    if (renameat2(AT_FDCWD, made, AT_FDCWD, place, RENAME_EXCHANGE) != 0 ||
        rename(made, before) != 0)
        return err_sys(err, -errno, "cannot name %s", place);
    return file_sync_parent(place, err);
}

/* In a folder of its own beside place, which is made and has the lock on it. */
static int make_nodejs(const char *place, const char *parent, const char *package, const char *lock,
                       struct err *err) {
    CLEANUP_DEINIT(buf) struct buf made = {0}, before = {0};
    buf_printf(&made, "%s/.nodejs-XXXXXX", parent);
    buf_printf(&before, "%s/.nodejs-before", parent);
    if (!mkdtemp(made.p) || chmod(made.p, FOLDER_MODE) != 0)
        return err_sys(err, -errno, "cannot make a folder in %s", parent);
    int r = copy(package, buf_cstr(&made), "package.json", err);
    r = r ? r : copy(lock, buf_cstr(&made), "package-lock.json", err);
    r = r ? r : run_npm(buf_cstr(&made), err);
    if (r == 0 && !is_current(buf_cstr(&made), lock))
        r = err_set(err, -EPROTO, "npm ci ended well, and did not make what the lock says");
    r = r ? r : sync_all(buf_cstr(&made), err);
    r = r ? r : put_in_place(buf_cstr(&made), place, buf_cstr(&before), err);
    if (r)
        io_remove_tree(AT_FDCWD, buf_cstr(&made));
    return r;
}

/* One at a time: the second waits for the first, and finds that nothing is to be done. */
static int hold(const char *parent, int *ret_fd, struct err *err) {
    mode_t was = umask(022);
    int r = io_mkdirs(parent, FOLDER_MODE, err);
    umask(was);
    if (r)
        return r;
    *ret_fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*ret_fd < 0 || flock(*ret_fd, LOCK_EX) != 0)
        return err_sys(err, -errno, "cannot use %s", parent);
    return 0;
}

static int bring_nodejs(struct cli_runtime_result *ret, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf place = {0}, parent = {0};
    CLEANUP_MEM char *package = NULL, *lock = NULL;
    CLEANUP_FD int held = -1;
    if (!packages_place(packages_of(S("nodejs")), &place))
        return err_set(err, -ENOENT, "HOME is not set, so there is no folder to install into");
    buf_str(&parent, str_slice(buf_view(&place), 0, (size_t)str_rchr(buf_view(&place), '/')));
    int r = cli_find("package.json", NULL, &package, err);
    r = r ? r : cli_find("package-lock.json", NULL, &lock, err);
    r = r ? r : hold(buf_cstr(&parent), &held, err);
    if (r)
        return r;
    remove_begun(buf_cstr(&parent));
    if (is_current(buf_cstr(&place), lock))
        return 0;
    if (!cli_tool_is_here("npm")) {
        r = apt_install((const char *const[]){"npm", NULL}, err);
        if (r)
            return r;
    }
    ret->changed = true;
    return make_nodejs(buf_cstr(&place), buf_cstr(&parent), package, lock, err);
}

static int install_nodejs(const struct packages *of, const char *data,
                          struct cli_runtime_result *ret, struct err *err) {
    struct err why = {0};
    int r = look(of, data, &why, err);
    if (r == 0 && *why.text) {
        ret->changed = true;
        r = apt_install((const char *const[]){"nodejs", NULL}, err);
    }
    r = r ? r : bring_nodejs(ret, err);
    return r ? r : check(of, data, !*why.text, ret, err);
}

/* ---- All ---- */
int cli_runtime_install(const struct packages *of, const char *data, struct cli_runtime_result *ret,
                        struct err *err) {
    static const struct {
        const char *word;
        int (*install)(const struct packages *of, const char *data, struct cli_runtime_result *ret,
                       struct err *err);
    } rows[] = {{"python", install_python}, {"node", install_nodejs}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (strcmp(rows[i].word, of->word) == 0)
            return rows[i].install(of, data, ret, err);
    abort(); /* a language without a row */
}
