/*
 * policy/kept: one compiled policy for all who look at the same text. A resource's policy lies as a
 * text in the row of its queue, topic or bucket, and most requests that read the row ask it
 * something; what it says depends on the text alone, so nothing has to be told when a row changes.
 */
#include "policy/policy_priv.h"

#include "base/lock.h"
#include "base/map.h"

enum {
    GENERATION_BYTES = 4 * 1024 * 1024, /* of memory, not of texts */
    KINDS = POLICY_SESSION + 1,
};

/*
 * What is asked for goes from the old ones to the young; when those are too many, they are the old
 * ones, and those that nobody has asked for since go. So a policy that is in use stays however many
 * others are looked at once.
 */
struct generation {
    struct map kinds[KINDS]; /* text → policy, with a reference of the table's */
    size_t bytes;
};

static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static struct generation young, old; /* under lock */

static struct policy *ref(struct policy *policy) {
    if (policy)
        atomic_fetch_add(&policy->refs, 1);
    return policy;
}

static void drop(struct generation *g) {
    for (size_t i = 0; i < KINDS; i++) {
        size_t at = 0;
        str text;
        void *policy;
        while (map_next(&g->kinds[i], &at, &text, &policy))
            policy_free(policy);
        map_deinit(&g->kinds[i]);
    }
}

/* With the lock held. Takes the reference; *gone is the caller's to drop, without the lock. */
static void put(enum policy_kind kind, str json, struct policy *policy, struct generation *gone) {
    size_t bytes = policy_bytes(policy) + sizeof(struct map_entry) + json.len;
    if (young.bytes + bytes > GENERATION_BYTES) {
        *gone = old;
        old = young;
        young = (struct generation){0};
    }
    struct policy *before = map_put(&young.kinds[kind], json, policy);
    young.bytes += before ? 0 : bytes; /* another thread has compiled it meanwhile */
    policy_free(before);
}

static struct policy *find(enum policy_kind kind, str json, bool *ret_old) {
    pthread_rwlock_rdlock(&lock);
    struct policy *policy = ref(map_get(&young.kinds[kind], json));
    *ret_old = !policy;
    if (!policy)
        policy = ref(map_get(&old.kinds[kind], json));
    pthread_rwlock_unlock(&lock);
    return policy;
}

static void make_young(enum policy_kind kind, str json) {
    struct generation gone = {0};
    pthread_rwlock_wrlock(&lock);
    struct policy *policy = map_remove(&old.kinds[kind], json);
    if (policy) /* another thread was not faster */
        put(kind, json, policy, &gone);
    pthread_rwlock_unlock(&lock);
    drop(&gone);
}

static void keep(enum policy_kind kind, str json, struct policy *policy) {
    struct generation gone = {0};
    pthread_rwlock_wrlock(&lock);
    put(kind, json, ref(policy), &gone);
    pthread_rwlock_unlock(&lock);
    drop(&gone);
}

int policy_kept(struct policy **ret_policy, enum policy_kind kind, str json, struct err *err) {
    bool is_old;
    *ret_policy = find(kind, json, &is_old);
    if (*ret_policy && is_old)
        make_young(kind, json);
    if (*ret_policy)
        return 0;
    int r = policy_new(ret_policy, kind, json, err);
    if (r == 0)
        keep(kind, json, *ret_policy);
    return r;
}
