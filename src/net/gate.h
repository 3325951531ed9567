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
 *   - a walk: the parts point into the head as it lies in memory, and each must begin where the one
 *     before it ends, with nothing between them but what RFC 9112 allows there. Bare LFs, folding,
 *     NULs, double spaces all leave a gap, or bytes that do not belong into one.
 *
 * Pure: no memory, no I/O. gate_start, gate_header for each header in order, gate_finish.
 */
#include "base/str.h"

/* S3 takes 8 KiB of head; other services' GETs have long queries. */
enum { GATE_MAX_HEADERS = 128, GATE_MAX_HEAD = 12 * 1024 };

/*
 * Whether a connection's first bytes (as many as are there) begin no request line, or one with a
 * zero byte, vertical tab or form feed in it: libmicrohttpd (1.0 the latter) would close such a
 * connection without an answer. One empty line may stand before (RFC 9112, 2.2).
 */
bool gate_is_garbage(str first);

struct gate {
    int status;         /* 0: let in; otherwise the HTTP status to refuse with */
    const char *reason; /* words for the client, static */
    str head;           /* as the parser left it in memory; nothing where that is not known */
    const char *end;    /* of the last part; NULL once the walk has lost its way */
    char line_feed;     /* what the parser leaves in its place */
    size_t size;        /* bytes of the parts, put together again */
    unsigned headers;
    unsigned counts[5]; /* of the headers that must not be doubled */
    bool http_1_0;
};

/*
 * Overwrites *g. Refused: a method that is no token, a target that is no path, another version.
 * head: from the method's first byte to the end of the empty line, as the parser left it in memory,
 * with method, version, names and values pointing into it; it must live until gate_finish. Absent
 * where that is not known: then there is no walk. target may be a copy.
 */
void gate_start(struct gate *g, str method, str target, str version, str head);
/*
 * value is as the parser cut it and understood it: leading white space gone, trailing still there
 * (0.9.75) or not (1.0).
 */
void gate_header(struct gate *g, str name, str value);
/* What the caller has against the head: HTTP's status and words. The first refusal stays. */
void gate_refuse(struct gate *g, int status, const char *reason);
/* Returns status. */
int gate_finish(struct gate *g);
