/*
 * The rows of the stack engine as they come from disk, and the JSON that they were in format 1. The first byte says
 * which form, and which of the two. What was read is written again, and reads as the same.
 */
#include "cfn/rows.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct cfn_form *const forms[] = {
#define X(name) &cfn_##name##_form,
    CFN_FORMS(X)
#undef X
};

static void check(bool holds) {
    if (!holds)
        abort();
}

static void write_and_read(const struct cfn_form *form, struct arena *arena, void *what) {
    CLEANUP_DEINIT(buf) struct buf row = {0}, again = {0};
    CLEANUP_JSON json_t *shown = json_object();
    void *back = arena_zalloc(arena, form->size);
    cfn_form_show(form, what, shown, NULL);
    cfn_form_write(&row, form, what);
    check(cfn_form_read(buf_view(&row), form, arena, back));
    cfn_form_write(&again, form, back);
    check(str_eq(buf_view(&row), buf_view(&again)));
    cfn_form_deinit(form, back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    CLEANUP_DEINIT(arena) struct arena arena = {0};
    const struct cfn_form *form = forms[data[0] % ARRAY_LEN(forms)];
    str rest = str_n(data + 1, size - 1);
    void *what = arena_zalloc(&arena, form->size);
    CLEANUP_JSON json_t *doc = data[0] & 0x80 ? json_parse(rest, NULL) : NULL;
    if (doc)
        cfn_form_take(form, doc, &arena, what);
    if (doc || cfn_form_read(rest, form, &arena, what))
        write_and_read(form, &arena, what);
    cfn_form_deinit(form, what);
    return 0;
}
