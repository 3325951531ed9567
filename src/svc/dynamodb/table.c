/*
 * dynamodb/table: reads a table's row into struct ddb_table, and keeps these until the row
 * changes.
 */
#include "svc/dynamodb/table.h"

#include "base/arn.h"
#include "base/lock.h"
#include "base/map.h"
#include "store/key.h"

enum { CACHE_MOST = 4096 };

/* ---- Row keys ---- */
void ddb_table_row_key(struct buf *key, str account, str region, str name) {
    key_begin(key, "ddb-table");
    key_str(key, account);
    key_str(key, region);
    key_raw(key, name);
}

static void table_prefix(struct buf *key, const char *kind, const struct ddb_table *t) {
    key_begin(key, kind);
    key_str(key, t->account);
    key_str(key, t->region);
    key_u64(key, t->id);
}

void ddb_table_count_key(struct buf *key, const struct ddb_table *table, uint64_t index) {
    table_prefix(key, "ddb-count", table);
    key_u64(key, index);
}

static str keep_prefix(struct ddb_table *t, const char *kind, uint64_t index) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    table_prefix(&key, kind, t);
    if (index)
        key_u64(&key, index);
    return arena_str(&t->arena, buf_view(&key));
}

/* ---- Reading a row ---- */
static bool attr_type(const json_t *definitions, str name, enum ddb_type *ret) {
    size_t i;
    json_t *d;
    json_array_foreach ((json_t *)definitions, i, d) {
        if (str_eq(json_str(d, "AttributeName"), name))
            return ddb_type_of_name(json_str(d, "AttributeType"), ret) && *ret <= DDB_B;
    }
    return false;
}

static bool read_keys(const json_t *doc, const json_t *schema, struct ddb_key_schema *ret) {
    size_t i;
    json_t *element;
    json_array_foreach ((json_t *)schema, i, element) {
        struct ddb_key_attr *attr =
            str_is(json_str(element, "KeyType"), "HASH") ? &ret->partition : &ret->sort;
        attr->name = json_str(element, "AttributeName");
        if (!attr_type(json_arr(doc, "AttributeDefinitions"), attr->name, &attr->type))
            return false;
    }
    return ret->partition.name.p != NULL;
}

static bool read_index(struct ddb_table *t, const json_t *json, bool local, struct ddb_index *ret) {
    const json_t *projection = json_obj(json, "Projection");
    const json_t *include = json_arr(projection, "NonKeyAttributes");
    str type = json_str(projection, "ProjectionType");
    ret->id = (uint64_t)json_int(json, "Id", 0);
    ret->name = json_str(json, "IndexName");
    ret->local = local;
    ret->projection = str_is(type, "ALL")         ? DDB_PROJECT_ALL
                      : str_is(type, "KEYS_ONLY") ? DDB_PROJECT_KEYS
                                                  : DDB_PROJECT_INCLUDE;
    ret->n_include = json_array_size(include);
    ret->include = arena_alloc(&t->arena, ret->n_include * sizeof(str));
    for (size_t i = 0; i < ret->n_include; i++)
        ret->include[i] = json_text(json_array_get(include, i));
    ret->prefix = keep_prefix(t, "x", ret->id);
    ret->writes = arena_new(&t->arena, struct hub_place);
    return ret->id != 0 && ret->name.p &&
           read_keys(t->doc, json_arr(json, "KeySchema"), &ret->keys);
}

static bool read_indexes(struct ddb_table *t) {
    static const char *const members[] = {"GlobalSecondaryIndexes", "LocalSecondaryIndexes"};
    size_t most = 0;
    for (int k = 0; k < 2; k++)
        most += json_array_size(json_arr(t->doc, members[k]));
    t->indexes = arena_zalloc(&t->arena, most * sizeof *t->indexes);
    for (int k = 0; k < 2; k++) {
        size_t i;
        json_t *index;
        json_array_foreach (json_arr(t->doc, members[k]), i, index) {
            if (!read_index(t, index, k == 1, &t->indexes[t->n_indexes++]))
                return false;
        }
    }
    return true;
}

static int read_table(struct ddb_table *t, struct err *err) {
    t->doc = json_parse(buf_view(&t->row.bytes), err);
    if (!t->doc)
        return STORE_E_DAMAGED;
    t->id = (uint64_t)json_int(t->doc, "Id", 0);
    t->history = json_has(t->doc, "Recovery");
    t->arn =
        arn_str(&t->arena, "dynamodb", t->region, t->account, "table/" STR_FMT, STR_ARG(t->name));
    t->prefix = keep_prefix(t, "i", 0);
    t->writes = arena_new(&t->arena, struct hub_place);
    t->history_prefix = keep_prefix(t, "h", 0);
    if (t->id == 0 || !read_keys(t->doc, json_arr(t->doc, "KeySchema"), &t->keys) ||
        !read_indexes(t))
        return err_set(err, STORE_E_DAMAGED, "the row of table " STR_FMT " is damaged",
                       STR_ARG(t->name));
    return 0;
}

/* A table whose row is damaged may have been read in part. */
static void drop_places(struct ddb_table *t) {
    if (t->writes)
        hub_place_deinit(t->writes);
    for (size_t i = 0; i < t->n_indexes; i++)
        if (t->indexes[i].writes)
            hub_place_deinit(t->indexes[i].writes);
}

struct ddb_table *ddb_table_free(struct ddb_table *t) {
    if (!t || --t->refs)
        return NULL;
    json_decref(t->doc);
    drop_places(t);
    row_deinit(&t->row);
    arena_deinit(&t->arena);
    free(t);
    return NULL;
}

/* ---- The cache ---- */
struct ddb_tables {
    struct store *store;
    pthread_rwlock_t lock;
    struct map tables;        /* row key → struct ddb_table * */
    _Atomic uint64_t changes; /* counts emptyings: a row read before one is not kept after it */
};

struct ddb_tables *ddb_tables_new(struct store *store) {
    struct ddb_tables *tables = mem_new(struct ddb_tables);
    tables->store = store;
    pthread_rwlock_init(&tables->lock, NULL);
    return tables;
}

static void empty(struct ddb_tables *tables) {
    size_t at = 0;
    str key;
    void *table;
    while (map_next(&tables->tables, &at, &key, &table))
        ddb_table_free(table);
    map_deinit(&tables->tables);
}

struct ddb_tables *ddb_tables_free(struct ddb_tables *tables) {
    if (!tables)
        return NULL;
    empty(tables);
    pthread_rwlock_destroy(&tables->lock);
    free(tables);
    return NULL;
}

void ddb_tables_changed(void *ctx) {
    struct ddb_tables *tables = ctx;
    pthread_rwlock_wrlock(&tables->lock);
    tables->changes++;
    empty(tables);
    pthread_rwlock_unlock(&tables->lock);
}

static struct ddb_table *cached(struct ddb_tables *tables, str key) {
    pthread_rwlock_rdlock(&tables->lock);
    struct ddb_table *table = map_get(&tables->tables, key);
    if (table)
        ddb_table_ref(table);
    pthread_rwlock_unlock(&tables->lock);
    return table;
}

static void keep(struct ddb_tables *tables, struct ddb_table *table, uint64_t changes) {
    pthread_rwlock_wrlock(&tables->lock);
    if (tables->changes == changes) {
        if (tables->tables.n >= CACHE_MOST)
            empty(tables);
        ddb_table_free(map_put(&tables->tables, buf_view(&table->row.key), ddb_table_ref(table)));
    }
    pthread_rwlock_unlock(&tables->lock);
}

int ddb_tables_get(struct ddb_tables *tables, str account, str region, str name,
                   struct ddb_table **ret_table, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    ddb_table_row_key(&key, account, region, name);
    if ((*ret_table = cached(tables, buf_view(&key))))
        return 0;
    CLEANUP(ddb_table) struct ddb_table *t = mem_new(struct ddb_table);
    uint64_t changes = tables->changes;
    t->refs = 1;
    buf_str(&t->row.key, buf_view(&key));
    /* A peek: a writer makes the view's row a condition when it takes the view up. */
    int r = row_peek(&(struct rows){.store = tables->store}, &t->row);
    if (r)
        return r == STORE_E_ABSENT ? r : err_set(err, r, "read the row of a table");
    t->account = arena_str(&t->arena, account);
    t->region = arena_str(&t->arena, region);
    t->name = arena_str(&t->arena, name);
    r = read_table(t, err);
    if (r)
        return r;
    keep(tables, t, changes);
    *ret_table = STEAL(t);
    return 0;
}

/* ---- Questions ---- */
const struct ddb_index *ddb_table_index(const struct ddb_table *table, str name) {
    for (size_t i = 0; i < table->n_indexes; i++)
        if (str_eq(table->indexes[i].name, name))
            return &table->indexes[i];
    return NULL;
}

bool ddb_is_key(const struct ddb_key_schema *keys, str name) {
    return str_eq(keys->partition.name, name) ||
           (keys->sort.name.p && str_eq(keys->sort.name, name));
}
