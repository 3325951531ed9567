#pragma once
/*
 * s3/lifecycle: is a LifecycleConfiguration one that S3 would take? ("Lifecycle configuration
 * elements", S3 user guide.) Pure; nothing is executed here.
 */
#include "base/err.h"
#include "base/json.h"
#include "base/outcomes.h"

enum {
    S3_LIFECYCLE_OK = 0,
    S3_LIFECYCLE_E_ARGUMENT = OUTCOMES_S3_LIFECYCLE, /* InvalidArgument */
    S3_LIFECYCLE_E_REQUEST,                          /* InvalidRequest */
    S3_LIFECYCLE_E_MALFORMED,                        /* MalformedXML */
};
/* rules: the array "Rules". err gets S3's own sentence. */
int s3_lifecycle_check(const json_t *rules, struct err *err);
/* Deep copy with an ID in every rule, as it is given back. A new reference. */
json_t *s3_lifecycle_normalise(const json_t *rules);
