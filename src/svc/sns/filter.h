#pragma once
/*
 * sns/filter: subscription filter policies over message attributes ("Amazon SNS subscription filter
 * policies"). Pure. Exact values, null, numeric ranges, prefix, suffix, equals-ignore-case,
 * anything-but (also with prefix and suffix), wildcard, exists, cidr for IPv4, and $or.
 */
#include "base/err.h"
#include "base/json.h"
#include "base/outcomes.h"

enum { SNS_FILTER_KEYS_MAX = 5, SNS_FILTER_COMBINATIONS_MAX = 150 };

enum { SNS_FILTER_E_INVALID = OUTCOMES_SNS_FILTER };
/*
 * Is this a policy that SNS takes? At most SNS_FILTER_KEYS_MAX keys, and as many combinations of
 * values. 0, or SNS_FILTER_E_INVALID with the reason in SNS's words.
 */
int sns_filter_check(const json_t *policy, struct err *err);
/* attributes: MessageAttributes as the API model has them; NULL: none. policy was checked. */
bool sns_filter_match(const json_t *policy, const json_t *attributes);
