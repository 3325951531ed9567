#pragma once
/*
 * mutants: what the files of the mutation test of signatures share. test_mutants.c says what it is.
 */
#include "base/arena.h"
#include "base/ascii.h"
#include "base/codec.h"
#include "lib/signed.h"

enum { MUTANT_HEADERS = 24 };

/* A request as bytes. Its texts lie in its arena, but those of a base. */
struct request {
    struct arena arena;
    str method, path, query, body;
    struct sign_header headers[MUTANT_HEADERS];
    size_t n_headers;
};

/* ---- mutants/request.c ---- */
enum form { HEADER, QUERY_4, QUERY_2, CHUNKS, CHUNKS_TRAILER };
/* A request that is signed: how, and what it is before. */
struct base {
    const char *name;
    enum form form;
    const char *service, *method, *path, *query, *body;
    const char *headers[10]; /* name, value, … */
    const char *host;
};
extern const struct base bases[];
extern const size_t n_bases;

str request_text(struct request *r, str s);
str request_join(struct request *r, str a, str b, str c);
/* Copies both; nothing where there are MUTANT_HEADERS already. */
void request_add_header(struct request *r, str name, str value);
void request_drop_header(struct request *r, size_t i);
void request_copy(struct request *to, const struct request *from);
void request_print(const char *what, const struct request *r);
/* Signed as of fixture_now with the keys of lib/signed.h. */
void request_make(struct request *r, const struct base *base);
/* "host;x-amz-date", or what stands behind it in the query; empty: version 2. */
str request_signed_headers(const struct request *r);
bool is_signed_header(str signed_headers, str name);

/* ---- mutants/reading.c ---- */
/*
 * Everything of the bytes that could matter, sorted; white space of headers as signatures have it.
 * Shares nothing with src/aws and src/sign.
 */
void request_read(struct buf *out, const struct request *r, bool s3, bool v2, str signed_headers);
/* Percent signs decoded; one that escapes nothing stays. plus: "+" is a space. */
void add_decoded(struct buf *out, str s, bool plus);
/* Runs of spaces as one. */
void add_spaced(struct buf *out, str s);

/* ---- mutants/change.c ---- */
/* A number below n, of one fixed row of them. */
size_t draw(size_t n);
void draw_from(uint64_t seed);
/* Changes it in one of many ways, or not at all where that way is none. */
void request_change(struct request *r);
