/*
 * Who has which managed policy attached, and as boundary: counted for all policies in one walk over
 * the account's roles and users, once a run, because a listing tells it of a thousand policies.
 */
#include "base/map.h"
#include "svc/iam/iam_priv.h"

struct usage {
    struct map by_arn; /* to struct iam_uses */
};

static void usage_free(void *usage) {
    struct usage *u = usage;
    size_t at = 0;
    str arn;
    void *uses;
    while (map_next(&u->by_arn, &at, &arn, &uses))
        free(uses);
    map_deinit(&u->by_arn);
    free(u);
}

static struct iam_uses *uses_of(struct usage *usage, str arn) {
    struct iam_uses *uses = map_get(&usage->by_arn, arn);
    if (!uses) {
        uses = mem_new(struct iam_uses);
        map_put(&usage->by_arn, arn, uses);
    }
    return uses;
}

static void count(struct usage *usage, const json_t *entity) {
    const json_t *attached = json_arr(entity, "Attached");
    for (size_t i = 0; i < json_array_size(attached); i++)
        uses_of(usage, json_text(json_array_get(attached, i)))->attached++;
    if (json_has(entity, "PermissionsBoundary"))
        uses_of(usage, json_str(entity, "PermissionsBoundary"))->bounding++;
}

static int count_kind(struct usage *usage, const struct iam_kind *kind, struct rq *rq) {
    CLEANUP(store_iter) struct store_iter *it = iam_rows(rq, kind->row, STR_NONE);
    while (store_iter_next(it)) {
        CLEANUP_JSON json_t *doc = json_parse(it->value, NULL);
        count(usage, doc);
    }
    int fault = store_iter_fault(it);
    return fault ? aws_fault(rq, fault, "count the holders of policies") : 0;
}

int iam_uses_of(struct rq *rq, str arn, struct iam_uses *ret_uses) {
    struct usage *usage = rq->memo;
    if (!usage) {
        rq->memo = usage = mem_new(struct usage);
        rq_on_done(rq, usage_free, usage);
        if (count_kind(usage, &iam_kind_role, rq) || count_kind(usage, &iam_kind_user, rq))
            return AWS_FAILED;
    }
    const struct iam_uses *uses = map_get(&usage->by_arn, arn);
    *ret_uses = uses ? *uses : (struct iam_uses){0};
    return 0;
}
