#pragma once
/* A cloud with S3 and bucket "photos". Calls as root, with the payload where there is one. */
#include "svc/answers.h"

#include "svc/s3/s3.h"

CLOUD_PLUG(s3);

/* in: as of cloud_doc. The error's code, or "". */
static inline const char *s3_with(struct cloud *c, const char *op, const char *in, str body) {
    CLEANUP_JSON json_t *doc = cloud_doc(in);
    aws_call_deinit(&c->call);
    c->call = (struct aws_call){.cloud = c->cloud,
                                .caller = c->root,
                                .account = S(ACCOUNT),
                                .region = S("us-east-1"),
                                .service = "s3",
                                .op = op,
                                .in = doc,
                                .body = body};
    aws_call(&c->call);
    return buf_cstr(&c->call.error_code);
}
static inline const char *s3_do(struct cloud *c, const char *op, const char *in) {
    return s3_with(c, op, in, S("body"));
}

static inline int s3_setup(void **state) {
    cloud_setup(state);
    struct cloud *c = *state;
    cloud_plug(c, &plug_s3);
    ok(s3_do(c, "CreateBucket", "{'Bucket':'photos'}"));
    return 0;
}
#define T(f)         cmocka_unit_test_setup_teardown(f, s3_setup, cloud_teardown)
#define PHOTOS(more) "{'Bucket':'photos'," more "}"
#define K(more)      "{'Bucket':'photos','Key':'k'," more "}"

/* A member of each item of a list of the last answer, joined by commas. */
static inline const char *each(struct cloud *c, const char *list, const char *member) {
    static char text[2][8192];
    static int turn;
    char *out = text[turn ^= 1];
    const json_t *items = json_at(c->call.out, list);
    size_t at = 0;
    out[0] = '\0';
    for (size_t i = 0; i < json_array_size(items); i++)
        at += (size_t)snprintf(out + at, sizeof text[0] - at, "%s" STR_FMT, i ? "," : "",
                               STR_ARG(json_str(json_array_get(items, i), member)));
    return out;
}
