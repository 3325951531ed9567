#pragma once
/*
 * aws/auth_fault: what can be wrong with a request's proof and body, and how each dialect says it.
 * Shared by auth.c, auth_header.c and payload.c only.
 *
 * Sources: "Error responses" (S3 API reference), "Common error types" of the query services (IAM),
 * of DynamoDB and of Lambda, and the messages those services really send.
 */
#include "aws/auth.h"

/* Each is a row of the table in auth_fault.c, with a code and a text for every dialect. */
enum auth_fault {
    AUTH_FAULT_NO_TOKEN,  /* nothing signed */
    AUTH_FAULT_NO_KEY,    /* unknown access key, or session keys without their token */
    AUTH_FAULT_BAD_TOKEN, /* a token that is not this key's */
    AUTH_FAULT_EXPIRED_TOKEN,
    AUTH_FAULT_SIGNATURE,
    AUTH_FAULT_SKEW,      /* the request's time is too far from ours */
    AUTH_FAULT_NOT_YET,   /* presigned for later */
    AUTH_FAULT_EXPIRED,   /* presigned, and over */
    AUTH_FAULT_HEADER,    /* Authorization header malformed or incomplete */
    AUTH_FAULT_QUERY,     /* X-Amz-* parameters malformed or incomplete */
    AUTH_FAULT_V2_QUERY,  /* SigV2's parameters incomplete */
    AUTH_FAULT_MECHANISM, /* not a kind of signature that is accepted */
    AUTH_FAULT_TWO_MECHANISMS,
    AUTH_FAULT_TWICE, /* what is signed can be read in two ways */
    AUTH_FAULT_NO_DATE,
    AUTH_FAULT_UNSIGNED_HEADER,
    AUTH_FAULT_NO_HASH,  /* S3 without x-amz-content-sha256 */
    AUTH_FAULT_BAD_HASH, /* … that is none of its forms */
    AUTH_FAULT_INTERNAL, /* the lookup of the key failed */
    AUTH_N_FAULTS
};

/* The dialect's own word for what aws answers (common.def). */
const struct aws_error *aws_dialect_error(enum aws_dialect dialect, enum aws_common kind);
/*
 * Sets *fault (message fmt, or the row's text when NULL) and returns AWS_FAILED. The text goes to
 * the arena.
 */
int auth_fault(struct aws_wire_fault *fault, struct arena *arena, enum aws_dialect dialect,
               enum auth_fault what, const char *fmt, ...) PRINTF_LIKE(5, 6);
/* For rows of one's own. */
int auth_fault_row(struct aws_wire_fault *fault, struct arena *arena, const struct aws_error *row,
                   const char *fmt, ...) PRINTF_LIKE(4, 5);
/* Adds a detail; those beyond AWS_FAULT_DETAILS are dropped. */
void auth_fault_detail(struct aws_wire_fault *fault, const char *name, str value);

/* ---- auth_header.c: an Authorization header of a service but S3, which begins with "AWS4-" ---- */
/*
 * Each is true where that is wrong, with the words in *out: parts are missing, or the date (dated:
 * the request has one); the algorithm; the form of the credential.
 */
bool auth_header_lacks(str value, bool dated, struct buf *out);
bool auth_header_algorithm(str value, struct buf *out);
bool auth_header_credential(str value, struct buf *out);
