#pragma once
/*
 * lib/signed: a request built header by header and signed, without a connection; two known
 * identities.
 */
#include "aws/auth.h"
#include "base/clock.h"
#include "cm.h"

#define ACCESS         "AKIAIOSFODNN7EXAMPLE"
#define SECRET         "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
#define SESSION_ACCESS "ASIAIOSFODNN7EXAMPLE"
#define SESSION_TOKEN  "FwoGZXIv/+token=="
#define EMPTY_SHA256   "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/* 2026-11-22T04:56:59Z */
#define fixture_now INT64_C(1795323419000)

struct fixture {
    struct arena arena;
    struct aws_wire wire;
    struct sign_header headers[24];
    struct aws_auth auth;
};

/* Knows ACCESS, and SESSION_ACCESS with its token. */
extern const struct aws_identity_source fixture_source;

/* method, path and query: borrowed, as all of a fixture's strings. */
void fixture_init(struct fixture *f, const char *method, const char *path, const char *query);
void fixture_deinit(struct fixture *f);
void fixture_header(struct fixture *f, const char *name, const char *value);
/*
 * Signs all headers that are there, as of `at` or fixture_now; adds Host, X-Amz-Date and
 * Authorization.
 */
void fixture_sign_at(struct fixture *f, const char *access, const char *service,
                     const char *payload_hash, int64_t at);
void fixture_sign(struct fixture *f, const char *service, const char *payload_hash);
/* Reads and checks the signature as of fixture_now; what aws_auth_check answers. */
int fixture_check(struct fixture *f, enum aws_dialect dialect);
