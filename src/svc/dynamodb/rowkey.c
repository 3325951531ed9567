/* dynamodb/rowkey: makes the keys of items and index entries. */
#include "svc/dynamodb/rowkey.h"

#include "sign/sign.h"
#include "store/key.h"

void ddb_hash_partition(const struct ddb_value *partition, char out[DDB_HASH]) {
    CLEANUP_DEINIT(buf) struct buf bytes = {0};
    unsigned char digest[32];
    str text = partition->text;
    if (partition->type == DDB_N) {
        ddb_number_key(partition->number, &bytes);
        text = buf_view(&bytes);
    }
    sign_sha256(digest, text);
    memcpy(out, digest, DDB_HASH);
}

void ddb_add_sort(struct buf *key, const struct ddb_value *sort) {
    if (sort->type == DDB_N)
        ddb_number_key(sort->number, key);
    else
        key_str(key, sort->text);
}

void ddb_add_sort_prefix(struct buf *key, const struct ddb_value *prefix) {
    key_str(key, prefix->text);
    key->len -= 2; /* the end mark */
}

/* hash(partition) sort; false: the item lacks one of them, or it has another type. */
static bool add_keys(struct buf *key, const struct ddb_key_schema *keys,
                     const struct ddb_value *item) {
    char hash[DDB_HASH];
    const struct ddb_value *partition = ddb_map_get(item, keys->partition.name);
    if (!partition || partition->type != keys->partition.type)
        return false;
    ddb_hash_partition(partition, hash);
    buf_add(key, hash, sizeof hash);
    if (!keys->sort.name.p)
        return true;
    const struct ddb_value *sort = ddb_map_get(item, keys->sort.name);
    if (!sort || sort->type != keys->sort.type)
        return false;
    ddb_add_sort(key, sort);
    return true;
}

void ddb_item_key(struct buf *key, const struct ddb_table *table, const struct ddb_value *item) {
    buf_clear(key);
    buf_str(key, table->prefix);
    add_keys(key, &table->keys, item);
}

bool ddb_entry_key(struct buf *key, const struct ddb_table *table, const struct ddb_index *index,
                   const struct ddb_value *item) {
    buf_clear(key);
    buf_str(key, index->prefix);
    if (add_keys(key, &index->keys, item) && add_keys(key, &table->keys, item))
        return true;
    buf_clear(key);
    return false;
}

static bool projects(const struct ddb_table *table, const struct ddb_index *index, str name) {
    if (ddb_is_key(&table->keys, name) || ddb_is_key(&index->keys, name))
        return true;
    for (size_t i = 0; i < index->n_include; i++)
        if (str_eq(index->include[i], name))
            return true;
    return false;
}

const struct ddb_value *ddb_entry_item(struct arena *a, const struct ddb_table *table,
                                       const struct ddb_index *index,
                                       const struct ddb_value *item) {
    if (index->projection == DDB_PROJECT_ALL)
        return item;
    struct ddb_attr *attrs = arena_alloc(a, item->n * sizeof *attrs);
    struct ddb_value *entry = arena_new(a, struct ddb_value);
    entry->type = DDB_M;
    entry->attrs = attrs;
    for (size_t i = 0; i < item->n; i++)
        if (projects(table, index, item->attrs[i].name))
            attrs[entry->n++] = item->attrs[i];
    return entry;
}

const struct ddb_value *ddb_key_of(struct arena *a, const struct ddb_table *table,
                                   const struct ddb_index *index, const struct ddb_value *item) {
    struct ddb_attr *attrs = arena_alloc(a, 4 * sizeof *attrs);
    struct ddb_value *key = arena_new(a, struct ddb_value);
    key->type = DDB_M;
    key->attrs = attrs;
    for (size_t i = 0; i < item->n; i++)
        if (ddb_is_key(&table->keys, item->attrs[i].name) ||
            (index && ddb_is_key(&index->keys, item->attrs[i].name)))
            attrs[key->n++] = item->attrs[i];
    return key;
}
