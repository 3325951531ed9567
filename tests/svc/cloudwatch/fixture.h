#pragma once
/* A cloud with CloudWatch. In inputs, T+n stands for minute_s + n. */
#include "lib/cloud.h"

#include "svc/cloudwatch/cloudwatch.h"

CLOUD_PLUG(cw);

static struct cw_svc *cw;
static int64_t minute_s; /* a minute's start, some ten minutes ago */

static inline int cw_setup(void **state) {
    cloud_setup(state);
    cw = cloud_plug(*state, &plug_cw);
    minute_s = clock_world_ms() / 60000 * 60 - 600;
    return 0;
}

static inline const char *cw_call(struct cloud *c, const char *op, const char *in) {
    return cloud_call_at(c, "cloudwatch", op, in, minute_s);
}
#define T(f) cmocka_unit_test_setup_teardown(f, cw_setup, cloud_teardown)
