#pragma once
/*
 * base/arn: arn:aws:service:region:account:resource ("Amazon Resource Names", IAM User Guide),
 * taken apart and made. What the resource looks like is the service's own affair.
 */
#include "base/arena.h"
#include "base/buf.h"

struct arn {
    str service, region, account; /* any but service may be empty */
    str resource;                 /* everything behind the fifth colon */
};
/*
 * Views into text. False: not an ARN, that is "arn:aws:", three more colons and a service. There is
 * no other partition here: a second name of a thing would not be the one that policies know it by.
 * *ret is written in any case: all parts are empty then.
 */
bool arn_parse(str text, struct arn *ret);
/*
 * The same, and of that service, with a region, an account's number and a resource: of a queue, a
 * topic, a function.
 */
bool arn_parse_regional(str text, const char *service, struct arn *ret);
/* In the same region of the same account. */
bool arn_same_place(const struct arn *a, const struct arn *b);
/* Twelve digits. */
bool arn_is_account(str s);

/* arn:aws:service:region:account:resource; region and account may be absent (S3, IAM). */
void arn_add(struct buf *out, const char *service, str region, str account,
             const char *resource_fmt, ...) PRINTF_LIKE(5, 6);
str arn_str(struct arena *arena, const char *service, str region, str account,
            const char *resource_fmt, ...) PRINTF_LIKE(5, 6);
