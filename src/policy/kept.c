/*
 * policy/kept: one compiled policy for all who look at the same text. A resource's policy lies as a
 * text in the row of its queue, topic or bucket, and most requests that read the row ask it
 * something; what it says depends on the text alone, so nothing has to be told when a row changes.
 */
#include "policy/policy_priv.h"

#include "base/lock.h"
#include "base/map.h"

enum {
    /*
     * Of texts. A compiled policy takes up to some twenty times its text: a pattern's struct for
     * each short action.
     */
    KEPT_BYTES = 512 * 1024,
    KINDS = POLICY_SESSION + 1,
};

static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static struct map kept[KINDS]; /* text → policy, with a reference of the table's; under lock */
static size_t kept_bytes;      /* under lock */

static struct policy *ref(struct policy *policy) {
    if (policy)
        atomic_fetch_add(&policy->refs, 1);
    return policy;
}

static struct policy *find(enum policy_kind kind, str json) {
    pthread_rwlock_rdlock(&lock);
    struct policy *policy = ref(map_get(&kept[kind], json));
    pthread_rwlock_unlock(&lock);
    return policy;
}

static void drop_all_locked(void) {
    for (size_t i = 0; i < KINDS; i++) {
        size_t at = 0;
        str text;
        void *policy;
        while (map_next(&kept[i], &at, &text, &policy))
            policy_free(policy);
        map_deinit(&kept[i]);
    }
    kept_bytes = 0;
}

static void keep(enum policy_kind kind, str json, struct policy *policy) {
    pthread_rwlock_wrlock(&lock);
    if (kept_bytes + json.len > KEPT_BYTES)
        drop_all_locked();
    struct policy *before = map_put(&kept[kind], json, ref(policy));
    kept_bytes += before ? 0 : json.len; /* another thread has compiled it meanwhile */
    policy_free(before);
    pthread_rwlock_unlock(&lock);
}

int policy_kept(struct policy **ret_policy, enum policy_kind kind, str json, struct err *err) {
    *ret_policy = find(kind, json);
    if (*ret_policy)
        return 0;
    int r = policy_new(ret_policy, kind, json, err);
    if (r == 0)
        keep(kind, json, *ret_policy);
    return r;
}
