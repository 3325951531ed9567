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
/*
 * A path into the input document, checked against its shapes. derived: no member but a value that
 * the service computes from the request ("@name"); it then has no names.
 */
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
/* Items of the list that the path goes through; 0 where the request gives none. */
size_t member_items(const struct rq *rq, const struct member *m);

/* ---- `when` ---- */
/*
 * One condition of a `when`: "A" and "!A" ask whether the member says something (no empty list, no
 * false), "A=x" and "A!=x" compare the text of one that does.
 */
struct test {
    struct member member;
    bool negated, compared;
    str value;
    bool ends; /* the last of its alternative */
};
/* Alternatives by "|", each of tests by "&": test.ends marks where one alternative is over. */
struct when {
    struct test *tests;
    size_t n; /* 0: always */
};
/* "" is always. 0, or -EINVAL with the member that is not there. */
int when_read(const struct reading *reading, const char *text, struct when *ret);
/* Asks the input, and the service for "@name". 0, or AWS_FAILED: it could not be read. */
int when_holds(struct rq *rq, const struct when *when, bool *ret_holds);

/* ---- A resource ---- */
/*
 * What stands at one place of an ARN's text: fixed text, the request's region or account, a
 * member's text.
 */
enum piece_kind { PIECE_TEXT, PIECE_REGION, PIECE_ACCOUNT, PIECE_MEMBER };
struct piece {
    enum piece_kind kind;
    str text;
    struct member member;
};
/*
 * "arn:aws:sqs:{region}:{account}:{QueueName}" in pieces. hook: the service's resource hook makes
 * the ARN.
 */
struct arn_form {
    bool hook; /* "@" */
    struct piece *pieces;
    size_t n;
    const struct member *list; /* of the piece that has one, or NULL */
};
/* 0, or -EINVAL with the placeholder that means nothing. */
int arn_form_read(const struct reading *reading, const char *text, struct arn_form *ret);
/* 0 or AWS_FAILED. Not for hooks. */
int arn_form_fill(struct rq *rq, const struct arn_form *form, size_t item, struct buf *arn);

/* ---- Rights ---- */
/*
 * One question to the policies: an action on a resource, asked when `when` holds; version and tags
 * are members that refine it (aws/op.h).
 */
struct right {
    struct aws_right row;
    struct when when;
    struct arn_form resource;
    struct member version, tags;
};
/* Is the row one of those that stand before the operations? */
static inline bool rows_is_key(const struct aws_op_row *row) {
    return row->kind == ROW_KEY || row->kind == ROW_FILLED || row->kind == ROW_ABSENT;
}
/* A condition key that takes its value from a member of the input. */
struct op_key {
    const char *key;
    struct member member;
    const char *implied; /* the value where the request leaves the member out, or NULL */
};
/* What one operation asks. */
struct op_rights {
    struct right *rights; /* the operation's own first */
    size_t n;
    struct op_key *keys;
    size_t n_keys;
};
/* What all operations of a service ask, in one arena. Owned by the cloud. */
struct rights {
    struct arena arena;
    struct op_rights *ops; /* by index in service->ops */
};
/* -EINVAL with err set: an unknown operation, member, placeholder, or a row in the wrong place. */
int rights_read(struct rights **ret_rights, const struct aws_service *service, struct err *err);
struct rights *rights_free(struct rights *rights);
