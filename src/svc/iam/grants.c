/* The compiled policies of a role or user. */
#include "svc/iam/builtin.h"
#include "svc/iam/iam_priv.h"

#include <errno.h>

struct iam_grants *iam_grants_new(void) {
    struct iam_grants *grants = mem_new(struct iam_grants);
    grants->refs = 1;
    return grants;
}

struct iam_grants *iam_grants_ref(struct iam_grants *grants) {
    grants->refs++;
    return grants;
}

struct iam_grants *iam_grants_free(struct iam_grants *grants) {
    if (grants && --grants->refs == 0) {
        for (size_t i = 0; i < grants->n_owned; i++)
            policy_free(grants->owned[i]);
        free(grants->owned);
        free(grants->identity);
        free(grants);
    }
    return NULL;
}

static void add_identity(struct iam_grants *grants, const struct policy *policy) {
    grants->identity =
        mem_realloc(grants->identity, (grants->n_identity + 1) * sizeof(struct policy *));
    grants->identity[grants->n_identity++] = policy;
}

static void own(struct iam_grants *grants, struct policy *policy) {
    grants->owned = mem_realloc(grants->owned, (grants->n_owned + 1) * sizeof(struct policy *));
    grants->owned[grants->n_owned++] = policy;
}

int iam_grants_add_text(struct iam_grants *grants, str text) {
    struct policy *policy = NULL;
    if (policy_new(&policy, POLICY_IDENTITY, text, NULL))
        return -EBADMSG; /* it was checked when it was stored */
    own(grants, policy);
    add_identity(grants, policy);
    return 0;
}

/* The policy behind an ARN; NULL where there is none (any more). */
static int managed(struct iam_svc *iam, const struct rows *rows, str account, str arn,
                   struct iam_grants *grants, const struct policy **ret_policy) {
    const struct iam_builtin *builtin = iam_builtin_find(arn);
    *ret_policy = NULL;
    if (builtin) {
        *ret_policy = iam_builtin_policy(iam, builtin);
        return *ret_policy ? 0 : -EBADMSG;
    }
    str name = iam_policy_name(arn, account);
    if (!name.p)
        return 0;
    CLEANUP_DEINIT(row) struct row row = {0};
    CLEANUP_JSON json_t *doc = NULL;
    iam_key_named(&row.key, iam_kind_policy.row, account, name);
    int r = row_peek_json(rows, &row, &doc); /* a peek: see source.c */
    if (r)
        return r == STORE_E_ABSENT ? 0 : r;
    struct policy *policy = NULL;
    if (policy_new(&policy, POLICY_IDENTITY, iam_policy_text(doc, S("")), NULL))
        return -EBADMSG;
    own(grants, policy);
    *ret_policy = policy;
    return 0;
}

int iam_grants_add_managed(struct iam_svc *iam, const struct rows *rows, str account, str arn,
                           struct iam_grants *grants) {
    const struct policy *policy = NULL;
    int r = managed(iam, rows, account, arn, grants, &policy);
    if (policy)
        add_identity(grants, policy);
    return r;
}

const str iam_boundary_gone =
    S_INIT("{\"Statement\":{\"Effect\":\"Deny\",\"Action\":\"*\",\"Resource\":\"*\"}}");

static int add_boundary(struct iam_svc *iam, const struct rows *rows, str account, str arn,
                        struct iam_grants *grants) {
    int r = managed(iam, rows, account, arn, grants, &grants->boundary);
    if (r || grants->boundary)
        return r;
    struct policy *policy = NULL;
    if (policy_new(&policy, POLICY_IDENTITY, iam_boundary_gone, NULL))
        return -EBADMSG;
    own(grants, policy);
    grants->boundary = policy;
    return 0;
}

int iam_grants_load(struct iam_svc *iam, const struct rows *rows, str account, const json_t *doc,
                    struct iam_grants **ret_grants) {
    CLEANUP(iam_grants) struct iam_grants *grants = iam_grants_new();
    const json_t *attached = json_arr(doc, "Attached");
    const char *name;
    json_t *text;
    int r = 0;
    json_object_foreach (json_obj(doc, "Inline"), name, text)
        if ((r = iam_grants_add_text(grants, json_text(text))))
            return r;
    for (size_t i = 0; i < json_array_size(attached); i++)
        if ((r = iam_grants_add_managed(iam, rows, account, json_text(json_array_get(attached, i)),
                                        grants)))
            return r;
    if (json_has(doc, "PermissionsBoundary"))
        r = add_boundary(iam, rows, account, json_str(doc, "PermissionsBoundary"), grants);
    if (r)
        return r;
    *ret_grants = STEAL(grants);
    return 0;
}
