/* AWS's own managed policies: found by their ARNs, compiled when somebody has one. */
#include "svc/iam/builtin.h"

#include "base/crc.h"
#include "base/lock.h"
#include "svc/iam/iam_priv.h"

static const str prefix = S_INIT("arn:aws:iam::aws:policy");

static int compare(const void *arn, const void *builtin) {
    return str_cmp(*(const str *)arn, str_c(((const struct iam_builtin *)builtin)->arn));
}

const struct iam_builtin *iam_builtin_find(str arn) {
    if (!str_starts(arn, prefix))
        return NULL;
    return bsearch(&arn, iam_builtin_table, iam_builtin_n, sizeof *iam_builtin_table, compare);
}

bool iam_builtin_is_of_service(str arn) {
    return str_starts(arn, S("arn:aws:iam::aws:policy/aws-service-role/"));
}

/* Of the last slash. */
static size_t slash(str arn) { return (size_t)str_rchr(arn, '/'); }

str iam_builtin_name(const struct iam_builtin *builtin) {
    str arn = str_c(builtin->arn);
    return str_skip(arn, slash(arn) + 1);
}

str iam_builtin_path(const struct iam_builtin *builtin) {
    str arn = str_c(builtin->arn);
    return str_slice(arn, prefix.len, slash(arn) + 1);
}

void iam_builtin_id(const struct iam_builtin *builtin, char out[IAM_BUILTIN_ID]) {
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    str arn = str_c(builtin->arn);
    uint64_t bits = 0;
    memcpy(out, "ANPA", 4);
    for (size_t i = 4; i + 1 < IAM_BUILTIN_ID; i++, bits >>= 5) {
        if (i == 4 || i == 14) /* ten letters take 50 of 64 bits */
            bits = crc64nvme(i, arn.p, arn.len);
        out[i] = alphabet[bits % 32];
    }
    out[IAM_BUILTIN_ID - 1] = '\0';
}

/* ---- Compiled ---- */

static struct policy *compile(const struct iam_builtin *builtin) {
    struct policy *policy = NULL;
    if (policy_new_within(&policy, POLICY_IDENTITY, iam_builtin_document(builtin), SIZE_MAX, NULL))
        return NULL;
    policy_first_look(policy); /* nobody can mend what it names that is not known here */
    return policy;
}

const struct policy *iam_builtin_policy(struct iam_svc *iam, const struct iam_builtin *builtin) {
    LOCK_SCOPE(&iam->builtins_lock);
    if (!iam->builtins)
        iam->builtins = mem_zalloc(iam_builtin_n * sizeof(struct policy *));
    struct policy **slot = &iam->builtins[builtin - iam_builtin_table];
    if (!*slot)
        *slot = compile(builtin);
    return *slot;
}

void iam_builtins_free(struct iam_svc *iam) {
    for (size_t i = 0; iam->builtins && i < iam_builtin_n; i++)
        policy_free(iam->builtins[i]);
    free(iam->builtins);
}
