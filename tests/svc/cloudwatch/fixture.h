#pragma once
/* A cloud with CloudWatch. Times in inputs: %T is a minute's start, some ten minutes ago. */
#include "cloud.h"

#include "svc/cloudwatch/cloudwatch.h"

static struct cw_svc *cw;
static struct aws_service cw_row;
static int64_t minute_s;

static inline int cw_setup(void **state) {
    struct err err = {{0}};
    cloud_setup(state);
    struct cloud *c = *state;
    CHECK_INT(cw_open(&cw, c->store, c->hub, &err), 0);
    cw_row = cw_service(cw);
    cloud_add(c, &cw_row);
    minute_s = clock_world_ms() / 60000 * 60 - 600;
    return 0;
}

static inline int cw_teardown(void **state) {
    cw = cw_close(cw);
    return cloud_teardown(state);
}

/* in: as of cloud_call, with T+n for minute_s + n. */
static inline const char *cw_call(struct cloud *c, const char *op, const char *in) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    for (const char *p = in; *p; p++) {
        if (p[0] == 'T' && (p[1] == '+' || p[1] == '-')) {
            char *end;
            buf_printf(&text, "%lld", (long long)(minute_s + strtoll(p + 1, &end, 10)));
            p = end - 1;
        } else {
            buf_char(&text, *p);
        }
    }
    return cloud_call_as(c, c->root, "cloudwatch", op, buf_cstr(&text));
}
#define T(f) cmocka_unit_test_setup_teardown(f, cw_setup, cw_teardown)
