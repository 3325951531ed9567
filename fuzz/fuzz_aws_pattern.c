/* Patterns: two bytes pick one, the rest is the value. */
#include "aws/model.h"
#include "aws/pattern.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
    if (n < 3)
        return 0;
    const struct api_service *const services[] = {&api_lambda, &api_iam, &api_cloudformation,
                                                  &api_logs};
    const struct api_service *api = services[p[0] & 3];
    const struct api_shape *in = api->ops[p[1] % api->n_ops].in;
    if (in && in->n && in->members[p[2] % in->n].shape->pattern)
        api_pattern_match(in->members[p[2] % in->n].shape->pattern, str_n(p + 3, n - 3));
    return 0;
}
