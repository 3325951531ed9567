#pragma once
/*
 * dynamodb/table: what a table is, read from its row in STORE_META and kept in memory.
 *
 * A struct ddb_table is immutable and reference-counted. The cache is emptied by a hook of every
 * batch that changes a table's row, before its caller is answered; and whoever writes by a view
 * makes its row a condition (row_still), so nothing is ever written by an old one.
 */
#include "aws/row.h"
#include "hub/hub.h"
#include "svc/dynamodb/value.h"

enum { DDB_HASH = 16 }; /* bytes of a partition key's hash in row keys */

/* An attribute that is part of a key. Its type is S, N or B. */
struct ddb_key_attr {
    str name; /* absent: none */
    enum ddb_type type;
};
/* The keys of a table or an index; sort.name is absent where there is no sort key. */
struct ddb_key_schema {
    struct ddb_key_attr partition, sort;
};
/* What an index entry holds besides the keys of index and table. */
enum ddb_projection_type { DDB_PROJECT_ALL, DDB_PROJECT_KEYS, DDB_PROJECT_INCLUDE };
/* A secondary index. Its entries are rows below `prefix`, which hold what the projection wants. */
struct ddb_index {
    uint64_t id; /* within the table; never used again */
    str name;
    bool local;
    struct ddb_key_schema keys;
    enum ddb_projection_type projection;
    str *include; /* DDB_PROJECT_INCLUDE: non-key attributes */
    size_t n_include;
    str prefix;               /* of its entries' row keys */
    struct hub_place *writes; /* of its ConsumedWriteCapacityUnits; in the arena */
};
/* One table as its row describes it; all texts lie in its arena or in doc. */
struct ddb_table {
    _Atomic unsigned refs;
    struct arena arena;
    uint64_t id; /* never used again */
    str account, region, name, arn;
    struct ddb_key_schema keys;
    struct ddb_index *indexes;
    size_t n_indexes;
    bool history;               /* point-in-time recovery is on */
    str prefix, history_prefix; /* of its items' and previous images' row keys */
    struct row row;             /* as it was read */
    struct hub_place *writes;   /* of the table's ConsumedWriteCapacityUnits; in the arena */
    json_t *doc;                /* the same, parsed: docs/formats/dynamodb.md */
};

/* The cache, with a lock of its own: any thread. */
struct ddb_tables;
/* store must outlive the cache. ddb_tables_free drops its references; a table in use lives on. */
struct ddb_tables *ddb_tables_new(struct store *store);
struct ddb_tables *ddb_tables_free(struct ddb_tables *tables);
DEFINE_FREEP(ddb_tables)
/* A reference for the caller. STORE_OK, STORE_E_ABSENT or a fault. */
int ddb_tables_get(struct ddb_tables *tables, str account, str region, str name,
                   struct ddb_table **ret_table, struct err *err);
/* Empties the cache: the shape of a store_after function. */
void ddb_tables_changed(void *tables);

/* Another reference to the same. */
static inline struct ddb_table *ddb_table_ref(struct ddb_table *table) {
    table->refs++;
    return table;
}
struct ddb_table *ddb_table_free(struct ddb_table *table); /* drops one reference */
DEFINE_FREEP(ddb_table)

/* The index of that name, or NULL. Borrowed from the table. */
const struct ddb_index *ddb_table_index(const struct ddb_table *table, str name);
/* Is name a key attribute of these schemas? */
bool ddb_is_key(const struct ddb_key_schema *keys, str name);

/* The key of a table's row in STORE_META. Clears key first. */
void ddb_table_row_key(struct buf *key, str account, str region, str name);
/* Where the counters of a table (index 0) or an index are: items and bytes. */
void ddb_table_count_key(struct buf *key, const struct ddb_table *table, uint64_t index);
