/* cli/common: the flags, and pieces of output, that verbs share. */
#include "cli/common.h"

#include "prog/say.h"
#include "prog/verb.h"

#include <errno.h>

int cli_check_environment(const char *name, struct err *err) {
    size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");
    if (length > 0 && length <= 20 && !name[length])
        return 0;
    return err_set(err, -EINVAL, "the name has 1 to 20 of a to z, 0 to 9 and -, not \"%s\"", name);
}

int cli_common_open(const struct cli_common *c, struct cli_cloud *cloud, struct err *err) {
    struct cli_cloud_options options = {.data = c->data,
                                        .environment = c->environment,
                                        .aws = c->aws};
    return cli_cloud_open(cloud, &options, err);
}

int cli_each_name(char **names, int n, int (*one)(void *ctx, const char *name, struct err *err),
                  void *ctx, struct err *err) {
    size_t failed = 0;
    for (int i = 0; i < n; i++)
        if (one(ctx, names[i], err)) {
            prog_error("%s", err->text);
            failed++;
        }
    return prog_code(failed, (size_t)n);
}

void cli_add_quoted(struct buf *out, const char *text) {
    buf_char(out, '\'');
    for (; *text; text++)
        if (*text == '\'')
            buf_c(out, "'\\''");
        else
            buf_char(out, *text);
    buf_char(out, '\'');
}

void cli_add_names(struct buf *out, const json_t *names) {
    size_t i;
    json_t *one;
    json_array_foreach (names, i, one)
        buf_printf(out, "%s%s", i ? ", " : "", json_string_value(one));
}

void cli_print_json(const json_t *doc) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    json_write_pretty(&text, doc);
    prog_print("%s\n", buf_cstr(&text));
}
