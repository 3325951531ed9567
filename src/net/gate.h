#pragma once
/*
 * net/gate: which request heads are let in.
 *
 * libmicrohttpd's parser is lenient (0.9.75 takes a bare LF, folded lines, a NUL in a line, spaces
 * before the colon, doubled lengths), and whatever two parsers read differently is a way to smuggle a
 * request past one of them. The gate looks at what the parser made of the head and refuses all that
 * is not exactly RFC 9112's form. Two ideas:
 *
 *   - rules on the parts: method, target, version, each header, and what must not be doubled;
 *   - a sum: the parts, put together again in the one canonical way, must be as long as the bytes
 *     that the parser consumed. Bare LFs, folding, NULs, double spaces all change that sum.
 *
 * Pure: no memory, no I/O. gate_start, gate_header for each header in order, gate_finish.
 */
#include "base/str.h"

/* RFC 9110 section 5.6.2: what a method or a header name may consist of beside letters and digits. */
#define GATE_TOKEN "!#$%&'*+-.^_`|~"
/* S3 takes 8 KiB of head; other services' GETs have long queries. */
enum { GATE_MAX_HEADERS = 128, GATE_MAX_HEAD = 16 * 1024 };

/*
 * Whether a connection's first bytes (as many as are there) begin no request line: libmicrohttpd
 * would close such a connection without an answer.
 */
bool gate_is_garbage(str first);

struct gate {
    int status;         /* 0: let in; otherwise the HTTP status to refuse with */
    const char *reason; /* words for the client, static */
    size_t canonical;   /* bytes of the head, put together again */
    unsigned headers;
    unsigned counts[5]; /* of the headers that must not be doubled */
    bool http_1_0;
};

/* Overwrites *g. Refused: a method that is no token, a target that is no path, another version. */
void gate_start(struct gate *g, str method, str target, str version);
/*
 * value is as the parser cut it: leading white space gone, trailing still there. line_len is the
 * length of "name: value" as it stood on the wire, 0 where that is not known.
 */
void gate_header(struct gate *g, str name, str value, size_t line_len);
/* What the caller has against the head: HTTP's status and words. The first refusal stays. */
void gate_refuse(struct gate *g, int status, const char *reason);
/*
 * head_len: bytes that the parser consumed for the head with its empty line; 0: not known. Returns
 * status.
 */
int gate_finish(struct gate *g, size_t head_len);
