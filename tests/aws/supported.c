/*
 * docs/SUPPORTED.md, from the rows.
 *
 *   supported           prints the page
 *   supported FILE      fails unless FILE is that page
 */
#include "all_services.h"
#include "aws/model.h"

struct page {
    struct buf text;
    const struct aws_service *service;
    size_t rows;
};

static void add_row(void *ctx, const struct aws_service *service, const struct aws_op *op) {
    struct page *page = ctx;
    if (service != page->service)
        buf_printf(&page->text, "\n## %s\n\n| operation | IAM action | resource |\n|---|---|---|\n", service->name);
    page->service = service;
    page->rows++;
    const char *action = op->flags & OP_NO_AUTH ? "any signed caller" : op->action;
    const char *resource = strcmp(op->resource, "@") == 0 ? "as the request names it" : op->resource;
    buf_printf(&page->text, "| %s | %s | %s%s%s |\n", op->name, action, *op->resource == '@' ? "" : "`", resource, *op->resource == '@' ? "" : "`");
}

/* Operations that are known by name and refused by it. */
static size_t count_refused(size_t rows) {
    size_t all = 0;
    for (size_t i = 0; api_services[i]; i++)
        all += api_services[i]->n_ops;
    return all - rows;
}

int main(int argc, char **argv) {
    struct all_services all = {0};
    struct err err = {0};
    struct page page = {0};
    CLEANUP_DEINIT(buf) struct buf there = {0};
    if (all_open(&all, &err))
        return fprintf(stderr, "%s\n", err.text), 2;
    buf_c(&page.text, "# What is supported\n\nMade from the rows of the services (`build/tests/aws/supported > docs/SUPPORTED.md`); "
                      "a test compares it. What each asks besides is in [authorisation.md](authorisation.md). An operation that is not listed here is refused: `NotImplemented`, HTTP 501, with its name.\n");
    aws_cloud_each_op(all.f.cloud, add_row, &page);
    buf_printf(&page.text, "\n%zu operations; %zu more of these services are known by name and refused by it.\n", page.rows,
               count_refused(page.rows));
    int r = 0;
    if (argc < 2)
        fwrite(page.text.p, 1, page.text.len, stdout);
    else if (io_read_file(&there, argv[1], 1 << 20, NULL) || !str_eq(buf_view(&there), buf_view(&page.text)))
        r = fprintf(stderr, "%s is out of date: build/tests/aws/supported > docs/SUPPORTED.md\n", argv[1]) > 0;
    buf_deinit(&page.text);
    all_close(&all);
    return r;
}
