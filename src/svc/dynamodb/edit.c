/*
 * dynamodb/edit: opens the nodes of a tree on the way to a change, and closes them into a new tree
 * at the end.
 */
#include "svc/dynamodb/edit.h"

/*
 * A node shows `value` until something below it changes; then it is open: its children are in
 * `kids`, by name (maps, kept sorted) or by index (lists, where a removed one keeps its place so
 * that the indexes of one update expression all mean the original list).
 */
struct kid {
    str name;
    uint64_t index;
    struct ddb_edit *edit; /* NULL: removed */
};
struct ddb_edit {
    const struct ddb_value *value;
    bool open;
    struct kid *kids;
    size_t n, cap;
};

struct ddb_edit *ddb_edit_new(struct arena *a, const struct ddb_value *value) {
    struct ddb_edit *e = arena_new(a, struct ddb_edit);
    e->value = value;
    return e;
}

static struct kid *insert(struct arena *a, struct ddb_edit *e, size_t at, struct kid kid) {
    if (e->n == e->cap) {
        e->cap = e->cap ? e->cap * 2 : 8;
        struct kid *room = arena_alloc(a, e->cap * sizeof *room);
        for (size_t i = 0; i < e->n; i++)
            room[i] = e->kids[i];
        e->kids = room;
    }
    for (size_t i = e->n++; i > at; i--)
        e->kids[i] = e->kids[i - 1];
    e->kids[at] = kid;
    return &e->kids[at];
}

static void open_node(struct arena *a, struct ddb_edit *e) {
    if (e->open)
        return;
    e->open = true;
    for (size_t i = 0; i < e->value->n; i++) {
        struct kid kid = {.index = i};
        if (e->value->type == DDB_M) {
            kid.name = e->value->attrs[i].name;
            kid.edit = ddb_edit_new(a, e->value->attrs[i].value);
        } else {
            kid.edit = ddb_edit_new(a, &e->value->elements[i]);
        }
        insert(a, e, e->n, kid);
    }
}

/* The place of a step among the kids; *ret_found: there is a kid of that name or index. */
static size_t place(const struct ddb_edit *e, const struct ddb_step *step, bool *ret_found) {
    size_t from = 0, to = e->n;
    while (from < to) {
        size_t mid = (from + to) / 2;
        const struct kid *kid = &e->kids[mid];
        int c = step->name.p ? str_cmp(kid->name, step->name)
                             : (kid->index > step->index) - (kid->index < step->index);
        if (c == 0) {
            *ret_found = true;
            return mid;
        }
        if (c < 0)
            from = mid + 1;
        else
            to = mid;
    }
    *ret_found = false;
    return from;
}

static bool fits(const struct ddb_edit *e, const struct ddb_step *step) {
    return e->value->type == (step->name.p ? DDB_M : DDB_L);
}

/* The node that holds the last step, opened; NULL: the path leads nowhere. */
static struct ddb_edit *holder(struct arena *a, struct ddb_edit *root,
                               const struct ddb_path *path) {
    struct ddb_edit *e = root;
    for (size_t i = 0;; i++) {
        if (!fits(e, &path->steps[i]))
            return NULL;
        open_node(a, e);
        if (i + 1 == path->n)
            return e;
        bool found;
        size_t at = place(e, &path->steps[i], &found);
        if (!found || !e->kids[at].edit)
            return NULL;
        e = e->kids[at].edit;
    }
}

bool ddb_edit_set(struct arena *a, struct ddb_edit *root, const struct ddb_path *path,
                  const struct ddb_value *value) {
    struct ddb_edit *e = holder(a, root, path);
    if (!e)
        return false;
    const struct ddb_step *last = &path->steps[path->n - 1];
    bool found;
    size_t at = place(e, last, &found);
    struct ddb_edit *kid = ddb_edit_new(a, value);
    if (found)
        e->kids[at].edit = kid;
    else
        insert(a, e, at, (struct kid){.name = last->name, .index = last->index, .edit = kid});
    return true;
}

bool ddb_edit_remove(struct arena *a, struct ddb_edit *root, const struct ddb_path *path) {
    struct ddb_edit *e = holder(a, root, path);
    if (!e)
        return false;
    bool found;
    size_t at = place(e, &path->steps[path->n - 1], &found);
    if (found)
        e->kids[at].edit = NULL;
    return true;
}

const struct ddb_value *ddb_edit_done(struct arena *a, const struct ddb_edit *e) {
    if (!e->open)
        return e->value;
    struct ddb_value *v = arena_new(a, struct ddb_value);
    struct ddb_attr *attrs = NULL;
    struct ddb_value *elements = NULL;
    v->type = e->value->type;
    if (v->type == DDB_M)
        v->attrs = attrs = arena_alloc(a, e->n * sizeof *attrs);
    else
        v->elements = elements = arena_alloc(a, e->n * sizeof *elements);
    for (size_t i = 0; i < e->n; i++) {
        if (!e->kids[i].edit)
            continue;
        const struct ddb_value *kid = ddb_edit_done(a, e->kids[i].edit);
        if (attrs)
            attrs[v->n++] = (struct ddb_attr){e->kids[i].name, kid};
        else if (elements)
            elements[v->n++] = *kid;
    }
    return v;
}
