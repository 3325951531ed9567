/* calotype audit: finds what goes wrong in templates of serverless image pipelines. */
#include "audit/format.h"
#include "base/io.h"
#include "cli/common.h"
#include "cli/verb.h"
#include "prog/say.h"

#include <errno.h>

enum { MOST_TEMPLATE = 1 << 20 };

struct audit_verb {
    const char *format;
};

static int audit_one(struct audit *a, const char *path, bool *ret_unusable, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    int r = io_read_file(&text, path, MOST_TEMPLATE, err);
    if (r)
        return r;
    *ret_unusable |= audit_template_read(a, path, buf_view(&text)) != 0;
    return 0;
}

static int run(void *ctx, char **rest, int n, struct err *err) {
    struct audit_verb *v = ctx;
    const struct audit_options options = {.profile = AUDIT_PIPELINE, .reads_files = true};
    CLEANUP(audit) struct audit *a = audit_new(&options);
    bool unusable = false;
    for (int i = 0; i < n; i++)
        if (audit_one(a, rest[i], &unusable, err)) {
            prog_error("%s", err->text);
            return PROG_USAGE;
        }
    CLEANUP_DEINIT(buf) struct buf out = {0};
    const struct audit_format_options how = {0};
    audit_format_find(v->format ? v->format : "text")->write(&out, a, &how);
    prog_write(buf_view(&out));
    size_t found;
    audit_findings(a, &found);
    return unusable ? PROG_USAGE : found ? PROG_FINDINGS : PROG_OK;
}

static const struct prog_flag flags[] = {
    PROG_PATH(struct audit_verb, format, "format", "NAME", "text, json"),
};

const struct prog_verb cli_verb_audit = {
    .name = "audit",
    .summary = "find what goes wrong in a template",
    .arguments = "TEMPLATE...",
    .about = "Reads CloudFormation and SAM templates and says what goes wrong in them.",
    .flags = flags,
    .n_flags = ARRAY_LEN(flags),
    .least = 1,
    .most = -1,
    .operand = "TEMPLATE",
    .size = sizeof(struct audit_verb),
    .run = run,
};
