/* kit/attribute: sets and shows attributes by a resource's table. */
#include "svc/kit/attribute.h"

static const struct kit_attribute *find(const struct kit_attributes *table, const char *name) {
    for (size_t i = 0; i < table->n; i++)
        if (strcmp(table->rows[i].name, name) == 0)
            return &table->rows[i];
    return NULL;
}

/* alternatives: "a|b" */
static bool is_among(str value, str alternatives) {
    for (str one; alternatives.p;) {
        str_cut(alternatives, '|', &one, &alternatives);
        if (str_eq(one, value))
            return true;
    }
    return false;
}

int kit_attribute_apply(struct rq *rq, const struct kit_attributes *table, const char *name,
                        str value, json_t *into, const void *of) {
    const struct kit_attribute *row = find(table, name);
    const struct kit_word words[] = {{"name", str_c(name)}, {"value", value}, {NULL, STR_NONE}};
    if (!row)
        return kit_refuse(rq, &table->unknown, words);
    if (row->only && !is_among(value, str_c(row->only)))
        return kit_refuse(rq, row->refusal, words);
    if (row->only && !row->kept)
        return 0;
    if (value.len == 0 && !row->otherwise) {
        json_object_del(into, name);
        return 0;
    }
    if (row->check && row->check(rq, row, value, of))
        return AWS_FAILED;
    json_set_str(into, name, value);
    return 0;
}

int kit_attributes_apply(struct rq *rq, const struct kit_attributes *table, const json_t *given,
                         json_t *into, const void *of) {
    const char *name;
    json_t *value;
    json_object_foreach ((json_t *)given, name, value)
        if (!find(table, name))
            return kit_attribute_apply(rq, table, name, json_text(value), into, of);
    for (size_t i = 0; i < table->n; i++) {
        name = table->rows[i].name;
        if (json_has(given, name) &&
            kit_attribute_apply(rq, table, name, json_str(given, name), into, of))
            return AWS_FAILED;
    }
    return 0;
}

bool kit_attribute_is_moot(const struct kit_attributes *table, const char *name) {
    const struct kit_attribute *row = find(table, name);
    return row && row->only;
}

str kit_attribute_value(const struct kit_attributes *table, const json_t *attributes,
                        const char *name) {
    str value = json_str(attributes, name);
    const struct kit_attribute *row = find(table, name);
    return value.p || !row ? value : str_c(row->otherwise);
}

int64_t kit_attribute_integer(const struct kit_attributes *table, const json_t *attributes,
                              const char *name) {
    int64_t v = 0;
    (void)str_to_i64(kit_attribute_value(table, attributes, name), &v);
    return v;
}

bool kit_is_number(const struct kit_attribute *attribute, str value) {
    int64_t v;
    return str_to_i64(value, &v) && v >= attribute->least && v <= attribute->most;
}

bool kit_is_bool(str value) { return str_is(value, "true") || str_is(value, "false"); }
