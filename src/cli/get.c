/* calotype get: a photograph itself, or one of its derivatives, into a file. */
#include "cli/common.h"
#include "cli/named.h"
#include "cli/verb.h"
#include "prog/say.h"

#include <errno.h>

struct get {
    struct cli_common common;
    struct cli_cloud cloud;
    const char *size, *output;
    bool force;
    json_t *list; /* with --json */
};

static void tell(struct get *g, const struct cli_named *photo, const char *file) {
    if (strcmp(file, "-") == 0)
        return;
    if (!g->common.json) {
        prog_print_line("%s", file);
        prog_flush(); /* what is there is said, whatever ends us */
        return;
    }
    json_t *doc = json_object();
    json_set_str(doc, "ObjectKey", buf_view(&photo->key));
    json_set_str(doc, "File", str_c(file));
    json_array_append_new(g->list, doc);
}

/* A key's last part is not a name of a file when it is empty or steps out of the folder. */
static int check_name(const struct cli_named *photo, str name, struct err *err) {
    if (name.len && !str_is(name, ".") && !str_is(name, "..") && !str_is(name, "-"))
        return 0;
    return err_set(err, -EINVAL, "%s ends in no name for a file: give one with --output",
                   buf_cstr(&photo->key));
}

static int fetch(struct get *g, const struct cli_named *photo, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf name = {0};
    struct cli_picture picture;
    int r = cli_named_picture(&picture, photo, &g->cloud, g->size, err);
    if (r == 0 && !g->output) {
        cli_picture_add_name(&name, photo, &picture);
        r = check_name(photo, buf_view(&name), err);
    }
    const char *file = g->output ? g->output : buf_cstr(&name);
    r = r ? r : cli_picture_fetch(&picture, &g->cloud, file, g->force || g->output, err);
    if (r == 0)
        tell(g, photo, file);
    return r;
}

static int get_one(void *ctx, const char *name, struct err *err) {
    struct get *g = ctx;
    struct cli_named photo = {0};
    int r = cli_named_find(&photo, &g->cloud, name, err);
    r = r ? r : fetch(g, &photo, err);
    cli_named_deinit(&photo);
    return r;
}

static int run(void *ctx, char **names, int n, struct err *err) {
    struct get *g = ctx;
    if (g->output && n > 1) {
        prog_error("--output names one file, for one photograph");
        return PROG_USAGE;
    }
    if (g->common.json && g->output && strcmp(g->output, "-") == 0) {
        prog_error("--json and the picture would both go to stdout: leave out one");
        return PROG_USAGE;
    }
    g->list = json_array();
    int r = cli_common_open(&g->common, &g->cloud, err);
    if (r)
        return r;
    int code = cli_each_name(names, n, get_one, g, err);
    if (g->common.json)
        cli_print_json(g->list);
    return code;
}

static void deinit(void *ctx) {
    struct get *g = ctx;
    cli_cloud_deinit(&g->cloud);
    json_decref(g->list);
}

static const struct prog_flag flags[] = {
    CLI_COMMON_FLAGS(struct get),
    PROG_PATH(struct get, size, "size", "SIZE", "a derivative, by its name: 800 (the original)"),
    PROG_PATH(struct get, output, "output", "FILE",
              "where to write it (the file's name, in this folder); - is stdout"),
    PROG_SWITCH(struct get, force, "force", "write over files that are there"),
};

const struct prog_verb cli_verb_get = {
    .name = "get",
    .summary = "fetch a photograph into a file",
    .arguments = "[--env NAME] [--size SIZE] [--output FILE] NAME...",
    .about = "Fetches the picture itself; NAME is its key, without uploads/ if you like. Writes\n"
             "cat.jpg, or with --size 800 cat-800.jpg, into this folder, and prints the file's\n"
             "name. A file that is there is left alone, unless --force or --output says otherwise.",
    .flags = flags,
    .n_flags = ARRAY_LEN(flags),
    .least = 1,
    .most = -1,
    .operand = "NAME",
    .size = sizeof(struct get),
    .run = run,
    .deinit = deinit,
};
