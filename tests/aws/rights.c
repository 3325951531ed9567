/*
 * The section of docs/authorisation.md that is made from the rows: every right of every operation.
 *
 *   rights FILE           fails unless FILE holds the section as the rows say it
 *   rights --write FILE   writes it there, in place of the old one
 */
#include "all_services.h"
#include "base/io.h"

#define BEGIN "<!-- made from the rows: tools/regen.sh -->\n"
#define END   "<!-- the end of what is made from the rows -->\n"

struct section {
    struct buf text;
    const struct aws_service *service;
    const struct aws_op *op;
};

/* "A&B!=x|!C" in words: with `A` and `B!=x` or without `C`. */
static void add_when(struct buf *text, const char *when) {
    str rest = str_c(when), alternative, test;
    const char *between = "";
    for (bool more = true; more; between = " or ") {
        more = str_cut(rest, '|', &alternative, &rest);
        for (bool also = true; also; between = " and ") {
            also = str_cut(alternative, '&', &test, &alternative);
            bool none = str_starts(test, S("!"));
            buf_printf(text, "%s%s`" STR_FMT "`", between,
                       none       ? "without "
                       : *between ? ""
                                  : "with ",
                       STR_ARG(str_skip(test, none)));
        }
    }
}

static void add_asked(struct buf *text, const struct aws_right *right) {
    if (right->flags & OP_ITEMWISE)
        buf_c(text, "of each item, which is refused by itself");
    else if (right->may)
        buf_printf(text, "where %s", right->when);
    else if (*right->when)
        add_when(text, right->when);
    else
        buf_c(text, "always");
    if (right->passed_to)
        buf_printf(text, "; `iam:PassedToService` %s", right->passed_to);
    if (right->tags)
        buf_printf(text, "; request tags: `%s`", right->tags);
}

static void add_right(void *ctx, const struct aws_service *service, const struct aws_op *op,
                      const struct aws_right *right) {
    struct section *s = ctx;
    if (service != s->service) {
        buf_printf(&s->text, "\n### %s\n\n", service->name);
        buf_c(&s->text, "| operation | right | asked | on |\n|---|---|---|---|\n");
    }
    buf_printf(&s->text, "| %s | ", op != s->op ? op->name : "");
    if (op->flags & OP_NO_AUTH)
        buf_c(&s->text, "none, of any signed caller");
    else
        buf_printf(&s->text, "%s", right->action);
    if (right->or_action)
        buf_printf(&s->text, " or %s", right->or_action);
    if (right->version)
        buf_printf(&s->text, "; with `%s` %s", right->version, right->version_action);
    buf_c(&s->text, " | ");
    add_asked(&s->text, right);
    buf_printf(&s->text,
               strcmp(right->resource, "@") == 0 ? " | as the request names it |\n" : " | `%s` |\n",
               right->resource);
    s->service = service;
    s->op = op;
}

/* The page with the section of these rows; false: it has no place for it. */
static bool renew(struct all_services *all, str page, struct buf *ret_page) {
    struct section section = {0};
    ptrdiff_t from = str_find(page, S(BEGIN)), to = str_find(page, S(END));
    if (from < 0 || to < from)
        return false;
    aws_cloud_each_right(all->f.cloud, add_right, &section);
    buf_str(ret_page, str_slice(page, 0, (size_t)from));
    buf_printf(ret_page, BEGIN STR_FMT "\n", STR_ARG(buf_view(&section.text)));
    buf_str(ret_page, str_skip(page, (size_t)to));
    buf_deinit(&section.text);
    return true;
}

int main(int argc, char **argv) {
    struct all_services all = {0};
    struct err err = {0};
    CLEANUP_DEINIT(buf) struct buf page = {0}, fresh = {0};
    bool writes = argc == 3 && strcmp(argv[1], "--write") == 0;
    const char *file = argv[argc - 1];
    if (argc < 2 || io_read_file(&page, file, 1 << 20, &err) || all_open(&all, &err))
        return fprintf(stderr, "%s\n", err.text), 2;
    bool same = renew(&all, buf_view(&page), &fresh) && str_eq(buf_view(&page), buf_view(&fresh));
    all_close(&all);
    if (writes)
        return write_page(file, buf_view(&fresh));
    if (!same)
        fprintf(stderr, "%s is out of date: tools/regen.sh\n", file);
    return !same;
}
