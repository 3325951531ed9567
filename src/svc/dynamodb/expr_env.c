/* ExpressionAttributeNames and ExpressionAttributeValues, and which of them were used. */
#include "svc/dynamodb/expr.h"

#include "base/ascii.h"

/* "#name", ":value": the sign and at least one letter, digit or underscore. */
static bool key_fits(str key, char sign) {
    return key.len >= 2 && key.p[0] == sign && ascii_only_alnum(str_skip(key, 1), "_");
}

static bool bad_key(const char *member, str key, struct err *err) {
    err_set(err, 0, "%s contains invalid key: Syntax error; key: \"" STR_FMT "\"", member,
            STR_ARG(str_slice(key, 0, 255)));
    return false;
}

static bool take_names(struct ddb_expr_env *env, const json_t *names, struct err *err) {
    const char *key;
    json_t *name;
    if (json_object_size(names) == 0) {
        err_set(err, 0, "ExpressionAttributeNames must not be empty");
        return false;
    }
    env->names = arena_alloc(env->arena, json_object_size(names) * sizeof *env->names);
    json_object_foreach ((json_t *)names, key, name) {
        if (!key_fits(str_c(key), '#'))
            return bad_key("ExpressionAttributeNames", str_c(key), err);
        if (json_string_length(name) == 0) {
            err_set(err, 0,
                    "ExpressionAttributeNames contains invalid value: Empty attribute name "
                    "is not allowed; key: %.255s",
                    key);
            return false;
        }
        env->names[env->n_names++] = (struct ddb_place){.key = str_c(key), .name = json_text(name)};
    }
    return true;
}

static bool take_values(struct ddb_expr_env *env, const json_t *values, struct err *err) {
    const char *key;
    json_t *json;
    if (json_object_size(values) == 0) {
        err_set(err, 0, "ExpressionAttributeValues must not be empty");
        return false;
    }
    env->values = arena_alloc(env->arena, json_object_size(values) * sizeof *env->values);
    json_object_foreach ((json_t *)values, key, json) {
        struct ddb_place *place = &env->values[env->n_values];
        struct err why;
        if (!key_fits(str_c(key), ':'))
            return bad_key("ExpressionAttributeValues", str_c(key), err);
        *place = (struct ddb_place){.key = str_c(key)};
        if (!ddb_value_from_json(env->arena, json, &place->value, &why)) {
            err_set(err, 0,
                    "ExpressionAttributeValues contains invalid value: %.300s for key %.100s",
                    why.text, key);
            return false;
        }
        env->n_values++;
    }
    return true;
}

bool ddb_expr_env_init(struct ddb_expr_env *env, struct arena *arena,
                       const struct ddb_expr_given *given, struct err *err) {
    const json_t *names = given->names, *values = given->values;
    *env = (struct ddb_expr_env){.arena = arena};
    if ((names || values) && !given->any) {
        bool says_why = given->why_not && !names;
        err_set(err, 0, "%s can only be specified when using expressions%s%s",
                names ? "ExpressionAttributeNames" : "ExpressionAttributeValues",
                says_why ? ": " : "", says_why ? given->why_not : "");
        return false;
    }
    return (!names || take_names(env, names, err)) && (!values || take_values(env, values, err));
}

static bool all_used(const struct ddb_place *places, size_t n, const char *member,
                     struct err *err) {
    CLEANUP_DEINIT(buf) struct buf unused = {0};
    for (size_t i = 0; i < n; i++) {
        if (places[i].used)
            continue;
        buf_c(&unused, unused.len ? ", " : "");
        buf_str(&unused, places[i].key);
    }
    if (unused.len == 0)
        return true;
    err_set(err, 0, "Value provided in %s unused in expressions: keys: {%.300s}", member,
            buf_cstr(&unused));
    return false;
}

bool ddb_expr_env_done(const struct ddb_expr_env *env, struct err *err) {
    return all_used(env->names, env->n_names, "ExpressionAttributeNames", err) &&
           all_used(env->values, env->n_values, "ExpressionAttributeValues", err);
}
