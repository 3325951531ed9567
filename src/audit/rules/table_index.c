/* Keys of tables and indexes that hold a time. */
#include "audit/rules/table_index_priv.h"
#include "audit/rules/words_priv.h"

static const char moments[] = "time timestamp datetime ts epoch created updated modified uploaded "
                              "processed taken captured createdat updatedat uploadedat";
static const char days[] =
    "date day month year hour minute week when expires expiry expiration ttl "
    "ulid ksuid";
/* Of single-table designs: what such a key holds is told by the rows alone. */
static const char any_sort_key[] = "sk sort sortkey range rangekey";

static bool ends_nocase(str name, const char *end) {
    size_t n = strlen(end);
    return name.len >= n && str_eq_nocase(str_skip(name, name.len - n), str_c(end));
}

bool audit_table_is_moment(str attribute) {
    /* "uploadtime", "creationtimestamp" */
    return audit_words_any(attribute, moments) || audit_words_last(attribute, "at") ||
           ends_nocase(attribute, "time") || ends_nocase(attribute, "timestamp");
}

static bool is_time(str attribute) {
    return audit_table_is_moment(attribute) || audit_words_any(attribute, days) ||
           ends_nocase(attribute, "date");
}

static bool may_be_time(str attribute) {
    return !attribute.p || is_time(attribute) || audit_words_any(attribute, any_sort_key) ||
           ends_nocase(attribute, "sk");
}

static enum table_time of_key(const struct audit_template *t, const struct audit_value *key) {
    if (key->kind != AUDIT_LITERAL)
        return key->kind == AUDIT_UNKNOWN ? TABLE_TIME_RANGE : TABLE_NO_TIME;
    str attribute = tmpl_text(tmpl_get(key->node, "AttributeName")),
        type = tmpl_text(tmpl_get(key->node, "KeyType"));
    if (!attribute.p) /* a parameter names it */
        attribute = audit_text(t, tmpl_get(key->node, "AttributeName"));
    if (str_is(type, "HASH"))
        return is_time(attribute) ? TABLE_TIME_HASH : TABLE_NO_TIME;
    return may_be_time(attribute) || str_starts(attribute, S("${")) ? TABLE_TIME_RANGE
                                                                    : TABLE_NO_TIME;
}

enum table_time audit_table_time_of(const struct audit_template *t,
                                    const struct audit_resource *table) {
    static const char *const paths[] = {"KeySchema[]", "GlobalSecondaryIndexes[].KeySchema[]",
                                        "LocalSecondaryIndexes[].KeySchema[]"};
    enum table_time most = TABLE_NO_TIME;
    for (size_t p = 0; p < ARRAY_LEN(paths); p++) {
        struct audit_values keys = audit_property(t, table, paths[p]);
        for (size_t i = 0; i < keys.n; i++) {
            enum table_time one = of_key(t, &keys.v[i]);
            most = one > most ? one : most;
        }
    }
    return most;
}
