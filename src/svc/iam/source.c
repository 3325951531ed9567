/*
 * The identity source: access key → identity. What was found is cached with the generation that
 * was in force before it was read; when the generation has moved on, it is read again. So a change
 * holds for every request that begins after it was answered, and a request under way keeps what it
 * began with. Hits take a read lock and one hash lookup.
 *
 * Rows are peeked at, in one snapshot: nothing is written by what they say, and the generation says
 * when it is old.
 *
 * Grants (compiled policies) are cached the same way by the row's ARN, because many sessions share
 * a role.
 */
#include "aws/port.h"
#include "base/arn.h"
#include "base/clock.h"
#include "base/map.h"
#include "svc/iam/iam_priv.h"

#include <errno.h>

enum { MAX_ENTRIES = 20000 }; /* of each table; a full one is emptied */

struct entry {
    uint64_t generation;
    struct aws_identity *identity; /* or */
    struct iam_grants *grants;
};
struct iam_cache {
    pthread_rwlock_t lock;
    struct map identities; /* by access key */
    struct map grants;     /* by ARN of role or user */
};

static void entry_free(struct entry *e) {
    if (!e)
        return;
    aws_identity_free(e->identity);
    iam_grants_free(e->grants);
    free(e);
}

static void table_clear(struct map *m) {
    size_t at = 0;
    str key;
    void *value;
    while (map_next(m, &at, &key, &value))
        entry_free(value);
    map_deinit(m);
}

struct iam_cache *iam_cache_new(void) {
    struct iam_cache *cache = mem_new(struct iam_cache);
    pthread_rwlock_init(&cache->lock, NULL);
    return cache;
}

struct iam_cache *iam_cache_free(struct iam_cache *cache) {
    if (cache) {
        table_clear(&cache->identities);
        table_clear(&cache->grants);
        pthread_rwlock_destroy(&cache->lock);
        free(cache);
    }
    return NULL;
}

/* A reference to what the table holds under key, if it is of that generation. */
static struct aws_identity *cached_identity(struct iam_cache *cache, str key, uint64_t generation) {
    pthread_rwlock_rdlock(&cache->lock);
    const struct entry *e = map_get(&cache->identities, key);
    struct aws_identity *id =
        e && e->generation == generation ? aws_identity_ref(e->identity) : NULL;
    pthread_rwlock_unlock(&cache->lock);
    return id;
}

static struct iam_grants *cached_grants(struct iam_cache *cache, str key, uint64_t generation) {
    pthread_rwlock_rdlock(&cache->lock);
    const struct entry *e = map_get(&cache->grants, key);
    struct iam_grants *grants = e && e->generation == generation ? iam_grants_ref(e->grants) : NULL;
    pthread_rwlock_unlock(&cache->lock);
    return grants;
}

static void remember(struct iam_cache *cache, struct map *table, str key, struct entry value) {
    struct entry *e = mem_new(struct entry);
    *e = value;
    pthread_rwlock_wrlock(&cache->lock);
    if (table->n >= MAX_ENTRIES)
        table_clear(table);
    entry_free(map_put(table, key, e));
    pthread_rwlock_unlock(&cache->lock);
}

/* ---- Building identities ---- */

struct identity {
    struct aws_identity base; /* first: aws hands this pointer back */
    struct arena arena;
    struct iam_grants *grants;
    struct iam_grants *session; /* session policies, or NULL */
};

static void identity_free(struct aws_identity *base) {
    struct identity *id = (struct identity *)base;
    iam_grants_free(id->grants);
    iam_grants_free(id->session);
    json_decref((json_t *)id->base.tags);
    arena_deinit(&id->arena);
    free(id);
}

static struct identity *identity_new(enum policy_principal_kind kind, str account) {
    struct identity *id = mem_new(struct identity);
    id->base.refs = 1;
    id->base.free_data = identity_free;
    id->base.principal.kind = kind;
    id->base.principal.account = arena_str(&id->arena, account);
    return id;
}

/* Takes the reference. */
static void set_grants(struct identity *id, struct iam_grants *grants) {
    id->grants = grants;
    id->base.policies.identity = (const struct policy *const *)grants->identity;
    id->base.policies.n_identity = grants->n_identity;
    id->base.policies.boundary = grants->boundary;
}

static struct identity *root_identity(str account) {
    struct identity *id = identity_new(PRINCIPAL_ROOT, account);
    id->base.principal.arn = arn_str(&id->arena, "iam", STR_NONE, account, "root");
    id->base.user_id = id->base.principal.account;
    return id;
}

static void set_tags(struct identity *id, const json_t *entity) {
    id->base.tags = json_incref(json_arr(entity, "Tags"));
}

static struct identity *user_identity(str account, const json_t *user) {
    struct identity *id = identity_new(PRINCIPAL_USER, account);
    id->base.principal.arn = arena_str(&id->arena, json_str(user, "Arn"));
    id->base.user_id = arena_str(&id->arena, json_str(user, "UserId"));
    id->base.user_name = arena_str(&id->arena, json_str(user, "UserName"));
    set_tags(id, user);
    return id;
}

static struct identity *session_identity(str account, const json_t *role, str session_name) {
    struct identity *id = identity_new(PRINCIPAL_SESSION, account);
    id->base.principal.arn =
        arn_str(&id->arena, "sts", STR_NONE, account, "assumed-role/" STR_FMT "/" STR_FMT,
                STR_ARG(json_str(role, "RoleName")), STR_ARG(session_name));
    id->base.principal.role_arn = arena_str(&id->arena, json_str(role, "Arn"));
    id->base.user_id = arena_printf(&id->arena, STR_FMT ":" STR_FMT,
                                    STR_ARG(json_str(role, "RoleId")), STR_ARG(session_name));
    id->base.issued_ms = clock_real_ms();
    set_tags(id, role);
    return id;
}

/* ---- Reading ---- */

/* One look at the rows: a snapshot and the generation from before it was taken. */
struct look {
    struct iam_svc *iam;
    uint64_t generation;
    struct store_snap *snap;
    struct rows rows;
};

static int load_grants(const struct look *look, str account, const json_t *doc,
                       struct iam_grants **ret_grants) {
    struct iam_cache *cache = look->iam->cache;
    str arn = json_str(doc, "Arn");
    *ret_grants = cached_grants(cache, arn, look->generation);
    if (*ret_grants)
        return 0;
    int r = iam_grants_load(look->iam, &look->rows, account, doc, ret_grants);
    if (r)
        return r;
    remember(cache, &cache->grants, arn,
             (struct entry){look->generation, NULL, iam_grants_ref(*ret_grants)});
    return 0;
}

static int load_entity(const struct look *look, const struct iam_kind *kind, str account, str name,
                       json_t **ret_doc) {
    CLEANUP_DEINIT(row) struct row row = {0};
    iam_key_named(&row.key, kind->row, account, name);
    return row_peek_json(&look->rows, &row, ret_doc);
}

static int build_user(const struct look *look, str account, str name, struct identity **ret_id) {
    CLEANUP_JSON json_t *user = NULL;
    struct iam_grants *grants = NULL;
    int r = load_entity(look, &iam_kind_user, account, name, &user);
    if (r == 0)
        r = load_grants(look, account, user, &grants);
    if (r)
        return r;
    *ret_id = user_identity(account, user);
    set_grants(*ret_id, grants);
    return 0;
}

static int load_long_term(const struct look *look, const json_t *row, struct identity **ret_id) {
    str account = json_str(row, "Account"), user = json_str(row, "User");
    if (!str_is(json_str(row, "Status"), "Active"))
        return STORE_E_ABSENT;
    if (json_str(row, "Secret").len == 0) /* nobody may sign with an empty one */
        return STORE_E_DAMAGED;
    int r = 0;
    if (user.len)
        r = build_user(look, account, user, ret_id);
    else
        *ret_id = root_identity(account);
    if (r)
        return r;
    (*ret_id)->base.secret_key = arena_str(&(*ret_id)->arena, json_str(row, "Secret"));
    return 0;
}

static int load_session_policies(const struct look *look, const json_t *row, struct identity *id) {
    const json_t *arns = json_arr(row, "PolicyArns");
    str document = json_str(row, "Policy");
    if (!document.p && !arns)
        return 0;
    id->session = iam_grants_new();
    int r = document.p ? iam_grants_add_text(id->session, document) : 0;
    for (size_t i = 0; i < json_array_size(arns) && r == 0; i++)
        r = iam_grants_add_managed(look->iam, &look->rows, json_str(row, "Account"),
                                   json_text(json_array_get(arns, i)), id->session);
    id->base.policies.has_session = true;
    id->base.policies.session = (const struct policy *const *)id->session->identity;
    id->base.policies.n_session = id->session->n_identity;
    return r;
}

static int build_session(const struct look *look, const json_t *row, struct identity **ret_id) {
    str account = json_str(row, "Account");
    CLEANUP_JSON json_t *role = NULL;
    struct iam_grants *grants = NULL;
    int r = load_entity(look, &iam_kind_role, account, json_str(row, "Role"), &role);
    if (r)
        return r;
    if (!str_eq(json_str(role, "RoleId"), json_str(row, "RoleId")))
        return STORE_E_ABSENT;
    r = load_grants(look, account, role, &grants);
    if (r)
        return r;
    *ret_id = session_identity(account, role, json_str(row, "Name"));
    set_grants(*ret_id, grants);
    return load_session_policies(look, row, *ret_id);
}

static int load_session(const struct look *look, const json_t *row, struct identity **ret_id) {
    if (json_str(row, "Secret").len == 0 || json_str(row, "Token").len == 0)
        return STORE_E_DAMAGED;
    int r = build_session(look, row, ret_id);
    if (r)
        return r;
    struct identity *id = *ret_id;
    id->base.secret_key = arena_str(&id->arena, json_str(row, "Secret"));
    id->base.session_token = arena_str(&id->arena, json_str(row, "Token"));
    id->base.expires_ms = json_int(row, "Expires", 1);
    id->base.issued_ms = json_int(row, "Issued", 0);
    const json_t *key = json_obj(row, "Key");
    if (key)
        id->base.key = (struct aws_session_key){arena_str(&id->arena, json_str(key, "Name")),
                                                arena_str(&id->arena, json_str(key, "Value"))};
    return 0;
}

static int load_identity(const struct look *look, str access_key, struct identity **ret_id) {
    CLEANUP_DEINIT(row) struct row row = {0};
    CLEANUP_JSON json_t *doc = NULL;
    bool is_session = str_starts(access_key, S("ASIA"));
    iam_key_plain(&row.key, is_session ? "iam.session" : "iam.key", access_key);
    int r = row_peek_json(&look->rows, &row, &doc);
    if (r)
        return r;
    return is_session ? load_session(look, doc, ret_id) : load_long_term(look, doc, ret_id);
}

static struct look look_now(struct iam_svc *iam) {
    uint64_t generation = iam->generation; /* before the snapshot: see the top */
    struct store_snap *snap = store_snap_new(iam->store);
    return (struct look){iam, generation, snap, {iam->store, snap, NULL}};
}

static int find(void *ctx, str access_key, struct aws_identity **ret_identity) {
    struct iam_svc *iam = ctx;
    *ret_identity = cached_identity(iam->cache, access_key, iam->generation);
    if (*ret_identity)
        return 0;
    struct look look = look_now(iam);
    struct identity *id = NULL;
    int r = load_identity(&look, access_key, &id);
    store_snap_free(look.snap);
    if (r) {
        if (id)
            identity_free(&id->base);
        return r == STORE_E_ABSENT ? AWS_E_NO_KEY : r < 0 ? r : -EIO;
    }
    id->base.access_key = arena_str(&id->arena, access_key);
    remember(iam->cache, &iam->cache->identities, access_key,
             (struct entry){look.generation, aws_identity_ref(&id->base), NULL});
    *ret_identity = &id->base;
    return 0;
}

/* ---- Roles that services act in ---- */

/* Does the role trust the service? */
static bool trusts(const json_t *role, str account, str service) {
    CLEANUP(policy) struct policy *trust = NULL;
    if (policy_kept(&trust, POLICY_TRUST, json_str(role, "AssumeRolePolicyDocument"), NULL))
        return false;
    const struct hub_event event = {.source_service = service, .source_account = account};
    const struct aws_port_question question = {"sts:AssumeRole", json_str(role, "Arn"), account,
                                               json_arr(role, "Tags"), false};
    return aws_port_decide(&event, trust, &question) == HUB_OK;
}

/* The role's row, if it trusts the service: 0, AWS_E_NO_ROLE, AWS_E_NOT_TRUSTED, -errno. */
static int trusted_role(const struct look *look, str role_arn, str service, str *ret_account,
                        json_t **ret_role, struct err *err) {
    str name;
    CLEANUP_JSON json_t *role = NULL;
    int r = iam_role_arn_parts(role_arn, ret_account, &name)
                ? load_entity(look, &iam_kind_role, *ret_account, name, &role)
                : STORE_E_ABSENT;
    if (r && r != STORE_E_ABSENT)
        return err_sys(err, r, "read role " STR_FMT, STR_ARG(role_arn));
    if (r || !str_eq(json_str(role, "Arn"), role_arn))
        return err_set(err, AWS_E_NO_ROLE, "The role " STR_FMT " cannot be found",
                       STR_ARG(role_arn));
    if (!trusts(role, *ret_account, service))
        return err_set(err, AWS_E_NOT_TRUSTED, "The role " STR_FMT " cannot be assumed by " STR_FMT,
                       STR_ARG(role_arn), STR_ARG(service));
    *ret_role = STEAL(role);
    return 0;
}

static int assume(void *ctx, str role_arn, str service, str session_name,
                  struct aws_session_key key, int64_t seconds,
                  struct aws_credentials *ret_credentials, struct err *err) {
    struct iam_svc *iam = ctx;
    struct look look = look_now(iam);
    CLEANUP_JSON json_t *role = NULL;
    str account;
    int r = trusted_role(&look, role_arn, service, &account, &role, err);
    store_snap_free(look.snap);
    if (r)
        return r;
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    struct rows rows = {iam->store, NULL, batch};
    struct iam_session_terms terms = {.name = session_name, .seconds = seconds, .key = key};
    iam_session_put(&rows, account, role, &terms, ret_credentials);
    r = store_commit(iam->store, batch, err);
    if (r)
        buf_deinit(&ret_credentials->session_token);
    return r > 0 ? -EIO : r;
}

static int role_identity(void *ctx, str role_arn, str service, str session_name,
                         struct aws_identity **ret_identity, struct err *err) {
    struct look look = look_now(ctx);
    CLEANUP_JSON json_t *role = NULL;
    struct iam_grants *grants = NULL;
    str account;
    int r = trusted_role(&look, role_arn, service, &account, &role, err);
    if (r == 0)
        r = load_grants(&look, account, role, &grants);
    store_snap_free(look.snap);
    if (r)
        return r;
    struct identity *id = session_identity(account, role, session_name);
    set_grants(id, grants);
    *ret_identity = &id->base;
    return 0;
}

struct aws_identity_source iam_identity_source(struct iam_svc *iam) {
    return (struct aws_identity_source){iam, find, assume, role_identity};
}

int iam_root_identity(struct iam_svc *iam, str account, struct aws_identity **ret_identity,
                      struct err *err) {
    CLEANUP_DEINIT(row) struct row row = {0};
    iam_key_plain(&row.key, "iam.account", account);
    int r = row_peek(&(struct rows){.store = iam->store}, &row);
    if (r == STORE_E_ABSENT)
        return err_set(err, IAM_E_NO_ACCOUNT, "There is no account " STR_FMT, STR_ARG(account));
    if (r)
        return err_sys(err, r, "read account " STR_FMT, STR_ARG(account));
    *ret_identity = &root_identity(account)->base;
    return 0;
}
