/*
 * Our YAML reader against libyaml: where ours is sure, both have the same tree, with the same places; and
 * where libyaml finds nothing wrong, neither does the reader that goes on behind faults.
 */
#include "tmpl/yaml_priv.h"

#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool is_so, const char *what, struct tmpl_pos at) {
    if (is_so)
        return;
    fprintf(stderr, "%s at %u:%u\n", what, at.line, at.column);
    __builtin_trap();
}

static bool is_same_place(struct tmpl_pos a, struct tmpl_pos b) {
    return a.line == b.line && a.column == b.column && a.file == b.file;
}

static void compare(const struct tmpl_node *a, const struct tmpl_node *b) {
    require(is_same_place(a->start, b->start), "another start", b->start);
    require(is_same_place(a->end, b->end), "another end", b->end);
    require(a->kind == b->kind, "another kind", b->start);
    require(a->truth == b->truth && a->plain == b->plain && a->short_form == b->short_form,
            "another form", b->start);
    require(str_eq(a->text, b->text) && !a->text.p == !b->text.p, "another text", b->start);
    require(a->n == b->n, "another number of members", b->start);
    for (size_t i = 0; i < a->n; i++) {
        const struct tmpl_member *m = &a->members[i], *o = &b->members[i];
        require(str_eq(m->key, o->key), "another key", o->key_at);
        require(is_same_place(m->key_at, o->key_at), "another place of a key", o->key_at);
        compare(m->value, o->value);
    }
}

static void mend(str text, bool is_right) {
    CLEANUP_DEINIT(arena) struct arena arena = {0};
    CLEANUP_DEINIT(tmpl_faults) struct tmpl_faults faults = {0};
    struct tmpl_fault fault = {{0}, {{0}}};
    struct tmpl_builder b = {.arena = &arena, .fault = &fault, .faults = &faults};
    const struct tmpl_node *root = tmpl_yaml_mend(&b, text);
    CLEANUP_DEINIT(buf) struct buf out = {0};
    if (root)
        tmpl_dump(&out, root);
    tmpl_builder_deinit(&b);
    /*
     * "[a", and "b: c" on the next line, at the column of the block around: a list for YAML, a bracket that
     * was forgotten for people; what follows is then read otherwise.
     */
    bool is_bracket = faults.n && str_find(faults.told[0].text, S("a bracket is not closed")) >= 0;
    require(!is_right || faults.n == 0 || is_bracket, "a fault that is none", faults.told[0].at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    CLEANUP_DEINIT(arena) struct arena arena = {0};
    struct tmpl_fault fault = {{0}, {{0}}};
    struct tmpl_node *ours = NULL, *theirs = NULL;
    str text = str_n(data, size);
    if (!str_is_utf8(text))
        return 0;
    struct tmpl_builder b = {.arena = &arena, .fault = &fault, .file = 3};
    bool is_sure = tmpl_yaml_read_own(&b, text, &ours);
    tmpl_builder_deinit(&b);
    b = (struct tmpl_builder){.arena = &arena, .fault = &fault, .file = 3};
    int r = tmpl_yaml_read_lib(&b, text, &theirs);
    tmpl_builder_deinit(&b);
    require(!is_sure || r == 0, "libyaml refuses", fault.at);
    if (is_sure && ours && theirs)
        compare(ours, theirs);
    mend(text, r == 0);
    return 0;
}
