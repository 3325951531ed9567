/*
 * A subscription's filter policy, and behind a NUL the attributes of the message that it is matched
 * with.
 */
#include "svc/sns/filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    str all = str_n(data, size), policy_text, attributes_text;
    str_cut(all, '\0', &policy_text, &attributes_text);
    CLEANUP_JSON json_t *policy = json_parse(policy_text, NULL);
    CLEANUP_JSON json_t *attributes = json_parse(attributes_text, NULL);
    struct err err;
    if (json_is_object(policy) && sns_filter_check(policy, &err) == 0)
        (void)sns_filter_match(policy, json_is_object(attributes) ? attributes : NULL);
    return 0;
}
