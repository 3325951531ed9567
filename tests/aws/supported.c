/*
 * docs/SUPPORTED.md, from the rows.
 *
 *   supported FILE           fails unless FILE is that page
 *   supported --write FILE   writes it there
 */
#include "all_services.h"
#include "base/io.h"
#include "aws/model.h"

struct page {
    struct buf text;
    const struct aws_service *service;
    const struct aws_op_row *key;
    size_t rows;
};

static void add_row(void *ctx, const struct aws_service *service, const struct aws_op *op) {
    struct page *page = ctx;
    if (service != page->service)
        buf_printf(&page->text, "\n## %s\n\n| operation | IAM action | resource |\n|---|---|---|\n",
                   service->name);
    page->service = service;
    page->rows++;
    const char *action = op->flags & OP_NO_AUTH ? "any signed caller" : op->action;
    const char *resource =
        strcmp(op->resource, "@") == 0 ? "as the request names it" : op->resource;
    buf_printf(&page->text, "| %s | %s | %s%s%s |\n", op->name, action,
               *op->resource == '@' ? "" : "`", resource, *op->resource == '@' ? "" : "`");
}

/* ---- Condition keys ---- */

static bool is_same_key(const struct aws_op_row *a, const struct aws_op_row *b) {
    return a && a->kind == ROW_KEY && b->kind == ROW_KEY && strcmp(a->name, b->name) == 0;
}

/* "its `Member`", or the words; a key of several rows is one line. */
static void add_key(void *ctx, const struct aws_service *service, const struct aws_op_row *row) {
    struct page *page = ctx;
    if (is_same_key(page->key, row)) {
        buf_printf(&page->text, ", `%s`", row->when);
        return;
    }
    if (page->key)
        buf_c(&page->text, " |\n");
    if (!page->key || service != page->service)
        buf_printf(&page->text, "\n### %s\n\n| key | type | here | value |\n|---|---|---|---|\n",
                   service ? service->name : "of every service");
    page->service = service;
    page->key = row;
    buf_printf(&page->text, "| `%s` | %s | %s | ", row->name, row->action,
               row->kind == ROW_ABSENT ? "absent" : "filled");
    if (row->kind != ROW_KEY)
        buf_c(&page->text, row->when);
    else if (row->resource)
        buf_printf(&page->text, "`%s` where left out, else the request's `%s`", row->resource,
                   row->when);
    else
        buf_printf(&page->text, "the request's `%s`", row->when);
}

static void add_keys(struct page *page, struct aws_cloud *cloud) {
    page->service = NULL;
    buf_c(
        &page->text,
        "\n## Condition keys\n\n"
        "Every key that a policy may name; \"filled\" in every request of the kind in which AWS fills it, "
        "or \"absent\" from all, as AWS leaves it where there is no such thing. Another key of `aws:` or of "
        "one of these services is refused by its name when the policy is put "
        "([authorisation.md](authorisation.md)). A `*` stands for the key of a tag.\n");
    aws_cloud_each_key(cloud, add_key, page);
    buf_c(&page->text, " |\n");
}

/* Operations that are known by name and refused by it. */
static size_t count_refused(size_t rows) {
    size_t all = 0;
    for (size_t i = 0; api_services[i]; i++)
        all += api_services[i]->n_ops;
    return all - rows;
}

static int make_page(struct page *page) {
    struct all_services all = {0};
    struct err err = {0};
    if (all_open(&all, &err))
        return fprintf(stderr, "%s\n", err.text), 2;
    buf_c(
        &page->text,
        "# What is supported\n\nMade from the rows of the services (`tools/regen.sh`); "
        "a test compares it. What each asks besides is in [authorisation.md](authorisation.md). An operation that is not listed here is refused: `NotImplemented`, HTTP 501, with its name.\n");
    aws_cloud_each_op(all.f.cloud, add_row, page);
    buf_printf(
        &page->text,
        "\n%zu operations; %zu more of these services are known by name and refused by it.\n",
        page->rows, count_refused(page->rows));
    add_keys(page, all.f.cloud);
    all_close(&all);
    return 0;
}

static int compare(const char *file, str page) {
    CLEANUP_DEINIT(buf) struct buf there = {0};
    if (io_read_file(&there, file, 1 << 20, NULL) || !str_eq(buf_view(&there), page))
        return fprintf(stderr, "%s is out of date: tools/regen.sh\n", file), 1;
    return 0;
}

int main(int argc, char **argv) {
    bool writes = argc == 3 && strcmp(argv[1], "--write") == 0;
    if (argc < 2)
        return fprintf(stderr, "usage: supported [--write] FILE\n"), 2;
    struct page page = {0};
    int r = make_page(&page);
    if (!r)
        r = (writes ? write_page : compare)(argv[argc - 1], buf_view(&page.text));
    buf_deinit(&page.text);
    return r;
}
