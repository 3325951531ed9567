/*
 * dynamodb/page: the walk of Query and Scan: its members, where it begins, what it shows, when a
 * page is full.
 */
#include "svc/dynamodb/page.h"

void ddb_page_deinit(struct ddb_page *page) {
    buf_deinit(&page->from);
    buf_deinit(&page->to);
    buf_deinit(&page->last);
    arena_deinit(&page->row);
}

/* ---- Members ---- */
static int read_index(struct rq *rq, struct ddb_page *page) {
    str name = json_str(rq->in, "IndexName");
    if (!name.p)
        return 0;
    page->index = ddb_table_index(page->table, name);
    if (!page->index)
        return ddb_invalid(rq, "The table does not have the specified index: " STR_FMT,
                           STR_ARG(name));
    if (!page->index->local && page->consistent)
        return ddb_invalid(rq, "Consistent reads are not supported on global secondary indexes");
    return 0;
}

static int read_select(struct rq *rq, struct ddb_page *page) {
    str select = json_str(rq->in, "Select");
    const struct ddb_index *index = page->index;
    bool partial = index && index->projection != DDB_PROJECT_ALL;
    if (!select.p)
        return 0;
    if (page->projection && !str_is(select, "SPECIFIC_ATTRIBUTES"))
        return ddb_invalid(rq,
                           "Cannot specify the ProjectionExpression when choosing to get " STR_FMT,
                           STR_ARG(select));
    if (str_is(select, "SPECIFIC_ATTRIBUTES") && !page->projection)
        return ddb_invalid(rq, "Must specify the ProjectionExpression when choosing to get "
                               "SPECIFIC_ATTRIBUTES");
    if (str_is(select, "ALL_PROJECTED_ATTRIBUTES") && !index)
        return ddb_invalid(rq, "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an "
                               "IndexName");
    page->count_only = str_is(select, "COUNT");
    if (str_is(select, "ALL_ATTRIBUTES") && partial && !index->local)
        return ddb_invalid(rq,
                           "One or more parameter values were invalid: Select type "
                           "ALL_ATTRIBUTES is not supported for global secondary index " STR_FMT
                           " because its projection type is not ALL",
                           STR_ARG(index->name));
    page->from_base = partial && index->local && str_is(select, "ALL_ATTRIBUTES");
    return 0;
}

static bool is_projected(const struct ddb_page *page, str name) {
    const struct ddb_index *index = page->index;
    if (ddb_is_key(&page->table->keys, name) || ddb_is_key(&index->keys, name))
        return true;
    for (size_t i = 0; i < index->n_include; i++)
        if (str_eq(index->include[i], name))
            return true;
    return false;
}

/* A local index fetches what it does not hold from the table; a global one cannot. */
static int check_projection(struct rq *rq, struct ddb_page *page) {
    if (!page->projection || !page->index || page->index->projection == DDB_PROJECT_ALL)
        return 0;
    for (size_t i = 0; i < page->projection->n; i++) {
        str name = page->projection->paths[i].steps[0].name;
        if (is_projected(page, name))
            continue;
        if (!page->index->local)
            return ddb_invalid(rq,
                               "One or more parameter values were invalid: Global secondary "
                               "index " STR_FMT " does not project [" STR_FMT "]",
                               STR_ARG(page->index->name), STR_ARG(name));
        page->from_base = true;
    }
    return 0;
}

int ddb_page_read(struct ddb_svc *svc, struct rq *rq, struct ddb_page *page,
                  struct ddb_node **ret_key_condition) {
    static const char *const members[] = {"FilterExpression", "KeyConditionExpression",
                                          "ProjectionExpression", NULL};
    static const char *const of_scan[] = {"FilterExpression", "ProjectionExpression", NULL};
    int64_t limit = json_int(rq->in, "Limit", 0);
    int r;
    page->limit = limit > 0 ? (uint64_t)limit : 0;
    page->consistent = json_bool(rq->in, "ConsistentRead", false);
    if ((r = ddb_env_of(rq, ret_key_condition ? members : of_scan, &page->env)) ||
        (ret_key_condition &&
         (r = ddb_condition_of(rq, &page->env, "KeyConditionExpression", ret_key_condition))) ||
        (r = ddb_condition_of(rq, &page->env, "FilterExpression", &page->filter)) ||
        (r = ddb_projection_of(rq, &page->env, &page->projection)) ||
        (r = ddb_env_done(rq, &page->env)) || (r = ddb_table_of(svc, rq, &page->table)) ||
        (r = read_index(rq, page)) || (r = read_select(rq, page)))
        return r;
    return check_projection(rq, page);
}

/* ---- Where to begin ---- */
static bool key_present(const struct ddb_key_schema *keys, const struct ddb_value *key,
                        struct buf *names) {
    const struct ddb_key_attr *attrs[] = {&keys->partition, &keys->sort};
    for (int i = 0; i < 2; i++) {
        if (!attrs[i]->name.p)
            continue;
        const struct ddb_value *v = ddb_map_get(key, attrs[i]->name);
        if (!v || v->type != attrs[i]->type || (v->type != DDB_N && v->text.len == 0))
            return false;
        buf_lstr(names, attrs[i]->name);
    }
    return true;
}

/* Exactly the key attributes of the table and the index. */
static bool start_key_fits(const struct ddb_page *page, const struct ddb_value *key) {
    CLEANUP_DEINIT(buf) struct buf names = {0};
    if (!key_present(&page->table->keys, key, &names) ||
        (page->index && !key_present(&page->index->keys, key, &names)))
        return false;
    for (size_t i = 0; i < key->n; i++)
        if (!ddb_is_key(&page->table->keys, key->attrs[i].name) &&
            !(page->index && ddb_is_key(&page->index->keys, key->attrs[i].name)))
            return false;
    return true;
}

int ddb_page_start(struct rq *rq, const struct ddb_page *page, struct buf *ret_row_key,
                   const struct ddb_value **ret_key, bool *ret_given) {
    const json_t *json = json_object_get(rq->in, "ExclusiveStartKey");
    struct err err;
    *ret_given = json != NULL;
    if (!json)
        return 0;
    if (!ddb_item_from_json(&rq->arena, json, ret_key, &err))
        return ddb_invalid(rq, "%s", err.text);
    if (!start_key_fits(page, *ret_key))
        return ddb_invalid(rq, "The provided starting key is invalid");
    if (page->index)
        ddb_entry_key(ret_row_key, page->table, page->index, *ret_key);
    else
        ddb_item_key(ret_row_key, page->table, *ret_key);
    return 0;
}

void ddb_page_skip_to(struct ddb_page *page, str row_key) {
    struct buf *side = page->reverse ? &page->to : &page->from;
    buf_clear(side);
    buf_str(side, row_key);
    if (!page->reverse)
        buf_u8(side, 0); /* the first key behind it */
}

/* ---- The walk ---- */
static void show(struct ddb_page *page, const struct ddb_value *item) {
    if (page->filter && !ddb_condition_holds(page->filter, item))
        return;
    if (page->count++ && !page->count_only)
        buf_char(page->out, ',');
    if (page->count_only)
        return;
    if (page->projection)
        item = ddb_project(&page->row, page->projection, item);
    ddb_item_write(item, page->out);
}

/* An entry of a local index that lacks what is wanted: the table has it. */
static int show_base(struct rq *rq, struct ddb_page *page, const struct ddb_value *entry) {
    CLEANUP_DEINIT(row) struct row row = {.cf = STORE_ITEMS};
    const struct ddb_value *item;
    ddb_item_key(&row.key, page->table, entry);
    int r = row_get(rq_rows(rq), &row);
    if (r)
        return aws_fault(rq, r, "reading the item of an index entry");
    r = ddb_item_of(rq, &page->row, buf_view(&row.bytes), &item);
    if (r)
        return r;
    page->capacity.table += ddb_read_units(ddb_item_size(item), page->consistent);
    show(page, item);
    return 0;
}

/* One row: 0, or AWS_FAILED; *ret_full: the row does not fit on this page. */
static int look(struct rq *rq, struct ddb_page *page, const struct store_iter *it, size_t *bytes,
                bool *ret_full) {
    const struct ddb_value *item;
    arena_rewind(&page->row, &page->row_mark);
    int r = ddb_item_of(rq, &page->row, it->value, &item);
    if (r)
        return r;
    size_t size = ddb_item_size(item);
    *ret_full = page->scanned > 0 && *bytes + size > DDB_PAGE_BYTES;
    if (*ret_full)
        return 0;
    *bytes += size;
    page->scanned++;
    buf_clear(&page->last);
    buf_str(&page->last, it->value);
    if (page->from_base)
        return show_base(rq, page, item);
    show(page, item);
    return 0;
}

static int walk(struct rq *rq, struct ddb_page *page, size_t *bytes) {
    CLEANUP(store_iter)
    struct store_iter *it =
        store_iter_new(rq_store(rq), page->from_base ? rq_snap(rq) : NULL, STORE_ITEMS,
                       buf_view(&page->from), buf_view(&page->to), page->reverse);
    while (store_iter_next(it)) {
        bool full;
        int r = look(rq, page, it, bytes, &full);
        if (r || full || (page->limit && page->scanned >= page->limit))
            return r;
    }
    buf_clear(&page->last); /* the end of the range */
    int r = store_iter_fault(it);
    return r ? aws_fault(rq, r, "walking over items") : 0;
}

static void add_capacity(struct ddb_page *page, size_t bytes) {
    double units = ddb_read_units(bytes, page->consistent);
    if (!page->index) {
        page->capacity.table += units;
        return;
    }
    size_t at = (size_t)(page->index - page->table->indexes);
    if (at < DDB_CAPACITY_INDEXES)
        page->capacity.indexes[at] += units;
}

/* LastEvaluatedKey, where there is more. */
static int add_last_key(struct rq *rq, struct ddb_page *page) {
    const struct ddb_value *item;
    if (page->last.len == 0)
        return 0;
    int r = ddb_item_of(rq, &page->row, buf_view(&page->last), &item);
    if (r)
        return r;
    ddb_out_name(page->out, "LastEvaluatedKey");
    ddb_item_write(ddb_key_of(&page->row, page->table, page->index, item), page->out);
    return 0;
}

static int write_items(struct rq *rq, struct ddb_page *page, size_t *bytes) {
    page->out = ddb_out_begin(rq);
    arena_alloc(&page->row, 0); /* its first block stays */
    page->row_mark = page->row;
    if (!page->count_only) {
        ddb_out_name(page->out, "Items");
        buf_char(page->out, '[');
    }
    int r = walk(rq, page, bytes);
    if (!page->count_only)
        buf_char(page->out, ']');
    return r;
}

int ddb_page_run(struct ddb_svc *svc, struct rq *rq, struct ddb_page *page) {
    size_t bytes = 0;
    int r = write_items(rq, page, &bytes);
    if (r)
        return r;
    add_capacity(page, bytes);
    ddb_out_name(page->out, "Count");
    buf_printf(page->out, "%llu", (unsigned long long)page->count);
    ddb_out_name(page->out, "ScannedCount");
    buf_printf(page->out, "%llu", (unsigned long long)page->scanned);
    if ((r = add_last_key(rq, page)))
        return r;
    ddb_out_end(rq, page->out, page->table, &page->capacity);
    ddb_gauge_request(svc, rq, page->table, &page->capacity);
    return 0;
}
