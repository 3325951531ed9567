#pragma once
/*
 * dynamodb/rowkey: where items and index entries lie (docs/formats/dynamodb.md).
 *
 *   item   "i" account region table-id  hash(partition)  sort
 *   entry  "x" account region table-id index-id  hash(partition)  sort  hash(base partition)  base
 *   sort
 *
 * The partition key is hashed (SHA-256, its first 16 bytes), because it may be 2 KB long; sort keys
 * stand in order-preserving form and carry their own end.
 */
#include "svc/dynamodb/table.h"

/* What stands in row keys for a partition key. The item holds the key itself, for comparison. */
void ddb_hash_partition(const struct ddb_value *partition, char out[DDB_HASH]);
/* The sort key as it stands in row keys. */
void ddb_add_sort(struct buf *key, const struct ddb_value *sort);
/* A sort key without its end mark: what every string or binary with this prefix begins with. */
void ddb_add_sort_prefix(struct buf *key, const struct ddb_value *prefix);

/* Row key of an item that has the table's keys (checked before). Clears key first. */
void ddb_item_key(struct buf *key, const struct ddb_table *table, const struct ddb_value *item);
/* Row key of its entry in index; false (key empty) when it has none: an index is sparse. */
bool ddb_entry_key(struct buf *key, const struct ddb_table *table, const struct ddb_index *index,
                   const struct ddb_value *item);
/* What an entry holds: the attributes that the index projects. */
const struct ddb_value *ddb_entry_item(struct arena *a, const struct ddb_table *table,
                                       const struct ddb_index *index, const struct ddb_value *item);
/* The key attributes of an item: of the table, and of index too unless NULL. */
const struct ddb_value *ddb_key_of(struct arena *a, const struct ddb_table *table,
                                   const struct ddb_index *index, const struct ddb_value *item);
