/*
 * calotype open: shows a photograph with the program that the desktop has for pictures. That one
 * reads a file, since a link to the cloud would need its certificate; the file lies in a folder of
 * the user alone, one for each picture, and is written over when it is opened again.
 */
#include "base/io.h"
#include "base/suffix.h"
#include "cli/common.h"
#include "cli/named.h"
#include "cli/verb.h"
#include "prog/say.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct open {
    struct cli_common common;
    struct cli_cloud cloud;
    const char *size;
};

/* ---- Where to ---- */

/* Ours alone, whoever was first to make a folder of that name in /tmp. */
static int check_folder(const char *path, struct err *err) {
    struct stat st;
    if (lstat(path, &st) != 0)
        return err_sys(err, -errno, "cannot use %s", path);
    if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 077))
        return err_set(err, -EPERM, "%s is not a folder of yours alone: use another TMPDIR", path);
    return 0;
}

static int make_folder(struct buf *path, struct err *err) {
    const char *runtime = getenv("XDG_RUNTIME_DIR"), *tmp = getenv("TMPDIR");
    struct stat st;
    /* Under sudo it may be the one of who called it. */
    if (runtime && runtime[0] == '/' && stat(runtime, &st) == 0 && st.st_uid == geteuid())
        buf_printf(path, "%s/calotype", runtime);
    else
        buf_printf(path, "%s/calotype-%u", tmp && tmp[0] == '/' ? tmp : "/tmp", geteuid());
    if (mkdir(buf_cstr(path), 0700) != 0 && errno != EEXIST)
        return err_sys(err, -errno, "cannot make %s", buf_cstr(path));
    return check_folder(buf_cstr(path), err);
}

/* A desktop runs some files when they are opened, or their scripts; pictures it shows. */
static int check_picture(const struct cli_picture *picture, struct err *err) {
    if (suffix_media_type(picture->key))
        return 0;
    return err_set(err, -EINVAL, STR_FMT " has no name of a picture: calotype get fetches it",
                   STR_ARG(picture->key));
}

/* FOLDER/IMAGEID/harbour-800.jpg: its title in a viewer is a name that people know. */
static int make_path(struct open *o, const struct cli_named *photo,
                     const struct cli_picture *picture, struct buf *path, struct err *err) {
    char id[33];
    int r = make_folder(path, err);
    if (r)
        return r;
    cli_image_id(id, str_c(o->cloud.bucket), buf_view(&photo->key));
    buf_printf(path, "/%s", id);
    r = io_mkdirs(buf_cstr(path), 0700, err);
    buf_char(path, '/');
    cli_picture_add_name(path, photo, picture);
    return r;
}

/* ---- Showing it ---- */

static bool has_display(void) {
    static const char *const names[] = {"WAYLAND_DISPLAY", "DISPLAY"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const char *value = getenv(names[i]);
        if (value && *value)
            return true;
    }
    return false;
}

/* xdg-open's own exit code; 127 where there is none. It returns when the viewer has begun. */
static int show_file(const char *path) {
    char *argv[] = {"xdg-open", (char *)path, NULL};
    posix_spawn_file_actions_t actions;
    pid_t pid;
    int status = 0;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
    int r = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (r)
        return 127;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return 127;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 127;
}

static int show(const char *path, bool json) {
    int code = has_display() ? show_file(path) : 0;
    if (!has_display())
        prog_hint("there is no display here; the picture is in this file:");
    else if (code == 127)
        prog_hint("there is no xdg-open here (package xdg-utils); the picture is in this file:");
    else if (code)
        prog_hint("xdg-open ended with %d; the picture is in this file:", code);
    if (json) {
        CLEANUP_JSON json_t *doc = json_object();
        json_set_str(doc, "File", str_c(path));
        cli_print_json(doc);
    } else {
        prog_print_line("%s", path);
    }
    return code ? PROG_PARTIAL : PROG_OK;
}

static int run(void *ctx, char **rest, int, struct err *err) {
    struct open *o = ctx;
    struct cli_named photo = {0};
    struct cli_picture picture;
    CLEANUP_DEINIT(buf) struct buf path = {0};
    int r = cli_common_open(&o->common, &o->cloud, err);
    r = r ? r : cli_named_find(&photo, &o->cloud, rest[0], err);
    r = r ? r : cli_named_picture(&picture, &photo, &o->cloud, o->size, err);
    r = r ? r : check_picture(&picture, err);
    r = r ? r : make_path(o, &photo, &picture, &path, err);
    r = r ? r : cli_picture_fetch(&picture, &o->cloud, buf_cstr(&path), true, err);
    r = r ? r : show(buf_cstr(&path), o->common.json);
    cli_named_deinit(&photo);
    return r;
}

static void deinit(void *ctx) { cli_cloud_deinit(&((struct open *)ctx)->cloud); }

static const struct prog_flag flags[] = {
    CLI_COMMON_FLAGS(struct open),
    PROG_PATH(struct open, size, "size", "SIZE", "a derivative, by its name: 800 (the original)"),
};

const struct prog_verb cli_verb_open = {
    .name = "open",
    .summary = "show a photograph on the desktop",
    .arguments = "[--env NAME] [--size SIZE] NAME",
    .about =
        "Fetches the picture into a temporary file, has xdg-open show it, and prints the file's\n"
        "name; NAME is its key, without uploads/ if you like. Without a display it only says\n"
        "where the file is; where it cannot be shown it ends 1.",
    .flags = flags,
    .n_flags = ARRAY_LEN(flags),
    .least = 1,
    .most = 1,
    .operand = "NAME",
    .size = sizeof(struct open),
    .run = run,
    .deinit = deinit,
};
