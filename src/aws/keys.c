/*
 * aws/keys: the table of condition keys as it is looked up, and the actions that are ever asked
 * about.
 */
#include "aws/keys.h"

#include "aws/aws_priv.h"
#include "base/ascii.h"
#include "base/log.h"

enum {
    MAX_KEY = 160,  /* longer than any key that is not a tag's */
    MAX_TOLD = 256, /* unknown keys that the log is told of */
};

#define FILLED(key, type, words) {ROW_FILLED, key, words, type, NULL, 0, NULL},
#define ABSENT(key, type, words) {ROW_ABSENT, key, words, type, NULL, 0, NULL},
static const struct aws_op_row global_keys[] = {
#include "aws/keys.def"
};
#undef FILLED
#undef ABSENT

struct keys {
    struct map rows;    /* by name in small letters, a tag's up to its "/" */
    struct map vendors; /* "aws", "s3": those whose keys are all listed */
    const char **actions;
    size_t n_actions;
    pthread_mutex_t lock; /* of told */
    struct map told;      /* unknown keys of stored documents that the log has */
};

/* ---- Making it ---- */

/* The name without case, of a tag's key what stands before the tag. False: too long for any. */
static bool fold(str key, char out[MAX_KEY], str *ret) {
    ptrdiff_t slash = str_chr(key, '/');
    if (slash >= 0)
        key.len = (size_t)slash + 1;
    if (key.len > MAX_KEY)
        return false;
    for (size_t i = 0; i < key.len; i++)
        out[i] = ascii_lower(key.p[i]);
    *ret = (str){out, key.len};
    return true;
}

static void add_rows(struct keys *keys, const struct aws_op_row *rows, size_t n) {
    char text[MAX_KEY];
    str name;
    for (size_t i = 0; i < n && rows_is_key(&rows[i]); i++)
        if (fold(str_c(rows[i].name), text, &name))
            map_put(&keys->rows, name, (void *)&rows[i]);
}

struct keys *keys_new(void) {
    struct keys *keys = mem_new(struct keys);
    pthread_mutex_init(&keys->lock, NULL);
    map_put(&keys->vendors, S("aws"), keys);
    add_rows(keys, global_keys, ARRAY_LEN(global_keys));
    return keys;
}

struct keys *keys_free(struct keys *keys) {
    if (keys) {
        map_deinit(&keys->rows);
        map_deinit(&keys->vendors);
        map_deinit(&keys->told);
        pthread_mutex_destroy(&keys->lock);
        free(keys->actions);
        free(keys);
    }
    return NULL;
}

static void add_action(struct keys *keys, const char *action) {
    if (!action || strcmp(action, "-") == 0)
        return;
    for (size_t i = 0; i < keys->n_actions; i++)
        if (strcmp(keys->actions[i], action) == 0)
            return;
    keys->actions = mem_realloc(keys->actions, (keys->n_actions + 1) * sizeof *keys->actions);
    keys->actions[keys->n_actions++] = action;
}

void keys_add(struct keys *keys, const struct aws_service *service, const struct rights *rights) {
    map_put(&keys->vendors, str_c(service->name), keys);
    add_rows(keys, service->rows, service->n_rows);
    for (size_t o = 0; o < service->n_ops; o++)
        for (size_t i = 0; i < rights->ops[o].n; i++) {
            const struct aws_right *row = &rights->ops[o].rights[i].row;
            add_action(keys, row->action);
            add_action(keys, row->version_action);
            add_action(keys, row->or_action);
        }
}

void aws_cloud_each_key(struct aws_cloud *cloud,
                        void (*fn)(void *ctx, const struct aws_service *,
                                   const struct aws_op_row *),
                        void *ctx) {
    for (size_t i = 0; i < ARRAY_LEN(global_keys); i++)
        fn(ctx, NULL, &global_keys[i]);
    for (size_t s = 0; s < API_N_SERVICES; s++) {
        const struct aws_service *service = cloud->services[s].service;
        for (size_t i = 0; service && i < service->n_rows && rows_is_key(&service->rows[i]); i++)
            fn(ctx, service, &service->rows[i]);
    }
}

/* ---- Asking it ---- */

static const struct aws_op_row *row_of(const struct keys *keys, str key) {
    char text[MAX_KEY];
    str name;
    return fold(key, text, &name) ? map_get(&keys->rows, name) : NULL;
}

static bool is_unknown(void *keys_, str key) {
    const struct keys *keys = keys_;
    char text[MAX_KEY];
    str vendor, rest;
    if (!str_cut(key, ':', &vendor, &rest) || vendor.len > MAX_KEY)
        return false;
    fold(vendor, text, &vendor);
    return map_get(&keys->vendors, vendor) && !row_of(keys, key);
}

static str unknown_in(struct keys *keys, const struct policy *policy) {
    const struct policy_vocabulary vocabulary = {is_unknown, keys, keys->actions, keys->n_actions};
    return policy_unknown_key(policy, &vocabulary);
}

int aws_policy_new(struct rq *rq, enum policy_kind kind, str text, struct policy **ret_policy,
                   struct err *err) {
    CLEANUP(policy) struct policy *policy = NULL;
    int r = policy_new(&policy, kind, text, err);
    if (r)
        return r;
    str key = unknown_in(rq->cloud->keys, policy);
    if (key.p)
        return err_set(err, POLICY_E_MALFORMED,
                       "Policy has an invalid condition key: " STR_FMT
                       " is no key that calotype knows",
                       STR_ARG(key));
    if (ret_policy)
        *ret_policy = STEAL(policy);
    return 0;
}

static void tell(struct keys *keys, str key) {
    pthread_mutex_lock(&keys->lock);
    bool fresh = keys->told.n < MAX_TOLD && !map_get(&keys->told, key);
    if (fresh)
        map_put(&keys->told, key, keys);
    pthread_mutex_unlock(&keys->lock);
    if (fresh)
        log_warn("aws",
                 "a stored policy names the condition key " STR_FMT
                 ", which is not known: no request has it",
                 STR_ARG(key));
}

void keys_tell_unknown(struct keys *keys, const struct policy *policy) {
    str key = policy && policy_first_look(policy) ? unknown_in(keys, policy) : STR_NONE;
    if (key.p)
        tell(keys, key);
}

#ifdef CALOTYPE_CHECKS
static void expect_listed(void *keys, str key) {
    const struct aws_op_row *row = row_of(keys, key);
    if (is_unknown(keys, key) || (row && row->kind == ROW_ABSENT)) {
        log_error("aws", "the condition key " STR_FMT " is filled, but not listed so",
                  STR_ARG(key));
        abort();
    }
}

void keys_check_filled(struct keys *keys, const struct policy_context *context) {
    policy_context_each(context, expect_listed, keys);
}
#endif
