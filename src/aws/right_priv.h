#pragma once
/*
 * aws/right: the rights of a service's rows, taken apart and checked against the API model once,
 * when the service is added to the cloud; and what they say about one request. Constant afterwards:
 * any thread may read them.
 */
#include "aws/model.h"
#include "aws/op.h"

/* ---- A member of the input: "A.B", "A[].B", "@name" ---- */
enum { MEMBER_DEPTH = 4, NO_LIST = -1 };
struct member {
    str names[MEMBER_DEPTH];
    int n;
    int list; /* the name whose items are meant one by one, or NO_LIST */
    int (*derived)(struct rq *rq, str *ret_value);
};
/* Which item of the right's list is meant. NO_ITEM: none of them, "*" in resources. */
#define NO_ITEM SIZE_MAX

/* What the reading of a service's rows carries along. */
struct reading {
    const struct aws_service *service;
    const struct aws_op *op;
    const struct api_shape *in; /* NULL: the operation has no members */
    struct arena *arena;
    struct err *err;
};
/*
 * -EINVAL with err set when the operation has no such member. wants_text: its value goes into an
 * ARN.
 */
int member_read(const struct reading *reading, str text, bool wants_text, struct member *ret);
/* The value, borrowed from rq->in; NULL when it is not there, and for derived members. */
const json_t *member_value(const struct rq *rq, const struct member *m, size_t item);
/* The value's text; absent: not given. 0 or AWS_FAILED (the service could not read it). */
int member_text(struct rq *rq, const struct member *m, size_t item, str *ret_text);
size_t member_items(const struct rq *rq, const struct member *m);

/* ---- `when` ---- */
struct test {
    struct member member;
    bool negated, compared;
    str value;
    bool ends; /* the last of its alternative */
};
struct when {
    struct test *tests;
    size_t n; /* 0: always */
};
int when_read(const struct reading *reading, const char *text, struct when *ret);
/* Asks the input, and the service for "@name". 0, or AWS_FAILED: it could not be read. */
int when_holds(struct rq *rq, const struct when *when, bool *ret_holds);

/* ---- A resource ---- */
enum piece_kind { PIECE_TEXT, PIECE_REGION, PIECE_ACCOUNT, PIECE_MEMBER };
struct piece {
    enum piece_kind kind;
    str text;
    struct member member;
};
struct arn_form {
    bool hook; /* "@" */
    struct piece *pieces;
    size_t n;
    const struct member *list; /* of the piece that has one, or NULL */
};
int arn_form_read(const struct reading *reading, const char *text, struct arn_form *ret);
/* 0 or AWS_FAILED. Not for hooks. */
int arn_form_fill(struct rq *rq, const struct arn_form *form, size_t item, struct buf *arn);

/* ---- Rights ---- */
struct right {
    struct aws_right row;
    struct when when;
    struct arn_form resource;
    struct member version, tags;
};
struct op_key {
    const char *key;
    struct member member;
};
struct op_rights {
    struct right *rights; /* the operation's own first */
    size_t n;
    struct op_key *keys;
    size_t n_keys;
};
struct rights {
    struct arena arena;
    struct op_rights *ops; /* by index in service->ops */
};
/* -EINVAL with err set: an unknown operation, member, placeholder, or a row in the wrong place. */
int rights_read(struct rights **ret_rights, const struct aws_service *service, struct err *err);
struct rights *rights_free(struct rights *rights);
