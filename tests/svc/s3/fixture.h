#pragma once
/* S3 over a store in a temporary folder, called from inside. */
#include "aws/cloud_fixture.h"
#include "base/json.h"
#include "svc/s3/s3.h"

struct s3_fixture {
    struct cloud_fixture cloud;
    struct s3_svc *s3;
    struct aws_service service;
};

static inline int s3_fixture_open(struct s3_fixture *f) {
    struct err err = {0};
    if (fixture_open(&f->cloud))
        return -1;
    if (s3_open(&f->s3, f->cloud.store, f->cloud.hub, &err)) {
        fprintf(stderr, "s3: %s\n", err.text);
        return -1;
    }
    f->service = s3_service(f->s3);
    if (aws_cloud_add(f->cloud.cloud, &f->service, &err)) {
        fprintf(stderr, "s3: %s\n", err.text);
        return -1;
    }
    return 0;
}

static inline void s3_fixture_close(struct s3_fixture *f) {
    s3_close(f->s3);
    fixture_close(&f->cloud);
}

/* The answer of a call: status, document (NULL: none), bytes, error code. */
struct answer {
    int status;
    json_t *out;
    struct buf body, code, message;
};

static inline void answer_deinit(struct answer *a) {
    json_decref(a->out);
    buf_deinit(&a->body);
    buf_deinit(&a->code);
    buf_deinit(&a->message);
}

/* Calls op with a document written as JSON with ' for ". */
static inline struct answer s3_call_as(struct s3_fixture *f, struct aws_identity *caller,
                                       const char *op, const char *in, str body) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    struct err err = {0};
    for (const char *at = in; *at; at++)
        buf_char(&text, *at == '\'' ? '"' : *at);
    CLEANUP_JSON json_t *doc = json_parse(buf_view(&text), &err);
    if (!doc) {
        fprintf(stderr, "%s: %s\n", in, err.text);
        abort();
    }
    struct aws_call call = {.cloud = f->cloud.cloud,
                            .caller = caller,
                            .account = S("000000000000"),
                            .region = S("us-east-1"),
                            .service = "s3",
                            .op = op,
                            .in = doc,
                            .body = body};
    aws_call(&call);
    return (struct answer){call.status, call.out, call.out_body, call.error_code,
                           call.error_message};
}

static inline struct answer s3_call(struct s3_fixture *f, const char *op, const char *in,
                                    str body) {
    return s3_call_as(f, &f->cloud.root.id, op, in, body);
}
