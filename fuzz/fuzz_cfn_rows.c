/*
 * The rows of the stack engine as they come from disk. The first byte says which. What was read is
 * written again, and reads as the same.
 */
#include "cfn/rows.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct cfn_form *const forms[] = {
    &cfn_stack_form,  &cfn_resource_form, &cfn_event_form, &cfn_set_form,
    &cfn_export_form, &cfn_import_form,   &cfn_reply_form,
};

static void check(bool holds) {
    if (!holds)
        abort();
}

static void write_and_read(const struct cfn_form *form, struct arena *arena, void *what) {
    CLEANUP_DEINIT(buf) struct buf row = {0}, again = {0};
    void *back = arena_zalloc(arena, form->size);
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
    if (cfn_form_read(rest, form, &arena, what))
        write_and_read(form, &arena, what);
    cfn_form_deinit(form, what);
    return 0;
}
