/*
 * The first byte picks the kind; the rest, up to a NUL, is a document, and what follows a resource.
 */
#include "policy/policy.h"

/* What applies is looked for in the text. */
static void on_match(void *document, const struct policy *, size_t statement, bool) {
    struct policy_place place;
    policy_place_of(*(const str *)document, statement, &place);
}
static void on_missing(void *, str) {}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    str document = str_n(data + 1, size - 1), resource = S("arn:aws:s3:::b/k");
    ptrdiff_t nul = str_chr(document, '\0');
    if (nul >= 0) {
        resource = str_skip(document, (size_t)nul + 1);
        document = str_slice(document, 0, (size_t)nul);
    }
    enum policy_kind kind = (enum policy_kind)(data[0] % 4);
    bool of_caller = kind == POLICY_IDENTITY || kind == POLICY_SESSION;
    CLEANUP(policy) struct policy *policy = NULL;
    struct err err;
    if (policy_new(&policy, kind, document, &err))
        return 0;
    CLEANUP(policy_context) struct policy_context *context = policy_context_new();
    policy_context_add(context, S("aws:username"), S("ann"));
    policy_context_add(context, S("aws:SourceIp"), S("2001:db8::1"));
    policy_context_add(context, S("aws:TagKeys"), S("a"));
    policy_context_add(context, S("aws:TagKeys"), S("b"));
    struct policy_request request = {.principal = {PRINCIPAL_SESSION, S("111122223333"),
                                                   S("arn:aws:sts::111122223333:assumed-role/r/s"),
                                                   S("arn:aws:iam::111122223333:role/r")},
                                     .action = S("s3:GetObject"),
                                     .resource = resource,
                                     .context = context};
    const struct policy *list[] = {policy};
    struct policy_set set = {.identity = list, .n_identity = of_caller};
    if (!of_caller)
        set.resource = policy;
    policy_decide(&request, &set);
    const struct policy_watch watch = {on_match, on_missing, &document};
    request.watch = &watch;
    policy_decide(&request, &set);
    policy_is_public(policy);
    return 0;
}
