/* Cases of templates and what is shown of them: shown.h. */
#include "shown.h"
#include "cm.h"

#include "base/io.h"

#include <stdlib.h>

enum { MOST_CASES = 100 };

static struct {
    shown_fn *show;
    struct buf file;
    struct {
        str name, text, shows;
    } cases[MOST_CASES];
    size_t n;
} all;

/* What stands before mark, and behind it; all where it is not there. */
static str cut(str *text, const char *mark) {
    ptrdiff_t at = str_find(*text, str_c(mark));
    str head = at < 0 ? *text : str_slice(*text, 0, (size_t)at);
    *text = at < 0 ? S("") : str_skip(*text, (size_t)at + strlen(mark));
    return head;
}

static void read_cases(str text) {
    CHECK(str_starts(text, S("=== ")));
    text = str_skip(text, 4);
    while (text.len) {
        CHECK(all.n < MOST_CASES);
        str one = cut(&text, "\n=== ");
        all.cases[all.n].name = cut(&one, "\n");
        all.cases[all.n].text = cut(&one, "\n--- shows");
        if (str_starts(one, S("\n")))
            one = str_skip(one, 1);
        if (str_ends(one, S("\n")))
            one = str_slice(one, 0, one.len - 1);
        all.cases[all.n++].shows = one;
    }
}

static void show(size_t i, struct buf *out) {
    const struct audit_options options = {.profile = AUDIT_ALL};
    CLEANUP(audit) struct audit *a = audit_new(&options);
    audit_template_read(a, "template", all.cases[i].text);
    for (size_t k = 0; k < a->n_templates; k++)
        all.show(a->templates[k], out);
    while (out->len && out->p[out->len - 1] == '\n')
        out->len--;
}

static void test_shown(void **) {
    for (size_t i = 0; i < all.n; i++) {
        CLEANUP_DEINIT(buf) struct buf out = {0};
        show(i, &out);
        if (!str_eq(buf_view(&out), all.cases[i].shows))
            print_error("case \"" STR_FMT "\":\n", STR_ARG(all.cases[i].name));
        CHECK_STR(buf_view(&out), all.cases[i].shows);
    }
}

static void record(void) {
    for (size_t i = 0; i < all.n; i++) {
        CLEANUP_DEINIT(buf) struct buf out = {0};
        show(i, &out);
        printf("=== " STR_FMT "\n" STR_FMT "\n--- shows\n", STR_ARG(all.cases[i].name),
               STR_ARG(all.cases[i].text));
        printf(out.len ? STR_FMT "\n" : STR_FMT, STR_ARG(buf_view(&out)));
    }
}

int shown_main(int argc, char **argv, shown_fn *fn) {
    struct err err;
    all.show = fn;
    if (argc != 2 || io_read_file(&all.file, argv[1], 1 << 20, &err)) {
        fprintf(stderr, "usage: %s FILE\n", argv[0]);
        return 2;
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_shown)};
    read_cases(buf_view(&all.file));
    int r = 0;
    if (getenv("CALOTYPE_RECORD"))
        record();
    else
        r = cmocka_run_group_tests(tests, NULL, NULL);
    buf_deinit(&all.file);
    return r;
}
