/* The rows of a service put together to rights, operation by operation. */
#include "aws/aws_priv.h"

#include <errno.h>

/* ---- One operation ---- */

/* The rows of an operation: what stands behind its OP, up to the next. */
static void rows_of(const struct aws_service *service, const struct aws_op *op, size_t *ret_first,
                    size_t *ret_end) {
    size_t i = 0;
    while (i < service->n_rows &&
           !(service->rows[i].kind == ROW_OP && strcmp(service->rows[i].name, op->name) == 0))
        i++;
    *ret_first = i < service->n_rows ? i + 1 : i;
    for (i = *ret_first; i < service->n_rows && service->rows[i].kind != ROW_OP;)
        i++;
    *ret_end = i;
}

static struct aws_right own_right(const struct aws_op *op) {
    return (struct aws_right){.action = op->action,
                              .when = "",
                              .resource = op->resource,
                              .flags = op->flags};
}

static struct aws_right *add(struct op_rights *of, struct aws_right right) {
    of->rights[of->n].row = right;
    return &of->rights[of->n++].row;
}

static void add_row(const struct reading *r, struct op_rights *of, const struct aws_op_row *row) {
    struct aws_right *own = &of->rights[0].row, *last = &of->rights[of->n - 1].row;
    struct aws_right right = {.action = row->action,
                              .when = row->when,
                              .resource = row->resource,
                              .flags = row->flags,
                              .may = row->may};
    switch (row->kind) {
    case ROW_VERSIONED:
        last->version = row->when;
        last->version_action = row->action;
        break;
    case ROW_OR: last->or_action = row->action; break;
    case ROW_TAGS:
        own->tags = right.tags = row->when;
        if (row->action)
            add(of, right);
        break;
    case ROW_PASSES:
        right.resource = arena_printf(r->arena, "{%s}", row->when).p;
        right.passed_to = row->name;
        right.passed_key = row->resource;
        add(of, right);
        break;
    case ROW_ALSO:
    case ROW_MAY: add(of, right); break;
    case ROW_OP:
    case ROW_KEY:
    case ROW_FILLED:
    case ROW_ABSENT: break;
    }
}

/* ---- What the rows' texts mean ---- */

static int read_member(const struct reading *r, const char *text, bool wants_text,
                       struct member *ret) {
    return text ? member_read(r, str_c(text), wants_text, ret) : 0;
}

static int read_right(const struct reading *r, struct right *right) {
    const struct aws_right *row = &right->row;
    if (!row->action || !row->resource || !row->when)
        return err_set(r->err, -EINVAL, "%s: a row of %s is incomplete", r->service->name,
                       r->op->name);
    if (when_read(r, row->may ? "" : row->when, &right->when) ||
        arn_form_read(r, row->resource, &right->resource) ||
        read_member(r, row->version, true, &right->version) ||
        read_member(r, row->tags, false, &right->tags))
        return -EINVAL;
    if ((row->flags & OP_ITEMWISE) && !right->resource.list)
        return err_set(r->err, -EINVAL, "%s: the row %s is asked item by item but names no list",
                       r->service->name, r->op->name);
    return 0;
}

/* KEYs before the first OP, as far as this operation has their members. */
static void read_keys(const struct reading *r, struct op_rights *of) {
    const struct aws_service *service = r->service;
    struct reading quiet = *r;
    quiet.err = NULL;
    size_t n = 0;
    while (n < service->n_rows && rows_is_key(&service->rows[n]))
        n++;
    of->keys = arena_alloc(r->arena, (n + 1) * sizeof *of->keys);
    for (size_t i = 0; i < n; i++) {
        struct op_key *key = &of->keys[of->n_keys];
        key->key = service->rows[i].name;
        key->implied = service->rows[i].resource;
        if (service->rows[i].kind == ROW_KEY &&
            member_read(&quiet, str_c(service->rows[i].when), false, &key->member) == 0)
            of->n_keys++;
    }
}

static int read_op(const struct reading *r, struct op_rights *of) {
    size_t first, end;
    rows_of(r->service, r->op, &first, &end);
    of->rights = arena_zalloc(r->arena, (end - first + 1) * sizeof *of->rights);
    add(of, own_right(r->op));
    for (size_t i = first; i < end; i++) {
        if (rows_is_key(&r->service->rows[i]))
            return err_set(r->err, -EINVAL, "%s: a KEY behind the row %s", r->service->name,
                           r->op->name);
        add_row(r, of, &r->service->rows[i]);
    }
    for (size_t i = 0; i < of->n; i++)
        if (read_right(r, &of->rights[i]))
            return -EINVAL;
    read_keys(r, of);
    return 0;
}

/* ---- The service ---- */

static bool has_op(const struct aws_service *service, const char *name) {
    for (size_t i = 0; i < service->n_ops; i++)
        if (strcmp(service->ops[i].name, name) == 0)
            return true;
    return false;
}

static bool has_key(const struct aws_service *service, const struct rights *rights,
                    const char *key) {
    for (size_t o = 0; o < service->n_ops; o++)
        for (size_t i = 0; i < rights->ops[o].n_keys; i++)
            if (strcmp(rights->ops[o].keys[i].key, key) == 0)
                return true;
    return false;
}

/* Every row belongs to an operation of the table, and every key's member to one at least. */
static int check_rows(const struct aws_service *service, const struct rights *rights,
                      struct err *err) {
    bool below_op = false;
    for (size_t i = 0; i < service->n_rows; i++) {
        const struct aws_op_row *row = &service->rows[i];
        below_op = below_op || row->kind == ROW_OP;
        bool belongs = row->kind == ROW_OP    ? has_op(service, row->name)
                       : row->kind == ROW_KEY ? has_key(service, rights, row->name)
                                              : below_op || rows_is_key(row);
        if (!belongs)
            return err_set(err, -EINVAL, "%s: the row of \"%s\" belongs to no operation",
                           service->name, row->name ? row->name : row->when);
    }
    return 0;
}

int rights_read(struct rights **ret_rights, const struct aws_service *service, struct err *err) {
    struct rights *rights = mem_new(struct rights);
    rights->ops = arena_zalloc(&rights->arena, service->n_ops * sizeof *rights->ops);
    int r = 0;
    for (size_t i = 0; i < service->n_ops && r == 0; i++) {
        const struct aws_op *op = &service->ops[i];
        struct reading reading = {service, op, api_op_find(service->api, str_c(op->name))->in,
                                  &rights->arena, err};
        r = read_op(&reading, &rights->ops[i]);
    }
    if (r == 0)
        r = check_rows(service, rights, err);
    if (r)
        rights = rights_free(rights);
    *ret_rights = rights;
    return r;
}

struct rights *rights_free(struct rights *rights) {
    if (rights)
        arena_deinit(&rights->arena);
    free(rights);
    return NULL;
}

void aws_cloud_each_right(struct aws_cloud *cloud,
                          void (*fn)(void *ctx, const struct aws_service *, const struct aws_op *,
                                     const struct aws_right *),
                          void *ctx) {
    for (size_t s = 0; s < API_N_SERVICES; s++) {
        const struct cloud_service *slot = &cloud->services[s];
        for (size_t o = 0; slot->service && o < slot->service->n_ops; o++)
            for (size_t i = 0; i < slot->rights->ops[o].n; i++)
                fn(ctx, slot->service, &slot->service->ops[o], &slot->rights->ops[o].rights[i].row);
    }
}
