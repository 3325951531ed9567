#pragma once
/*
 * svc/lambda/pieces: the bytes of a program's pipes, cut into events for its log.
 *
 * stdout and stderr are text, an event a line. The third pipe of an interpreted runtime
 * (SANDBOX_RECORDS_FD) has records: each is a header and a text, which is one event, newlines and
 * all. The form is AWS's between its runtimes and its platform, where _LAMBDA_TELEMETRY_LOG_FD names
 * the descriptor (FramedTelemetryLogSink of awslambdaric, logTextToFd of the Node.js runtime
 * interface client); docs/internals/lambda-pool.md draws it.
 *
 * The program is not trusted. What is no record, or says that it is longer than
 * LAMBDA_RECORD_MOST, is text until the next header, and becomes lines. A reader that takes what it
 * is given never holds back more than LAMBDA_EVENT_MOST bytes and a header. No locks; one thread at a
 * time.
 */
#include "svc/lambda/level.h"

/* Bytes of an event: a longer line or record is cut into several, between two characters. */
enum { LAMBDA_EVENT_MOST = 256 * 1024 - 64, LAMBDA_RECORD_MOST = 16 << 20 };

/* Where a pipe's reader stands. Zeroed, but for framed: at the beginning. */
struct lambda_pieces {
    bool framed;     /* it has records */
    size_t left;     /* bytes of the present record that are not taken yet; 0: in none */
    int64_t time_us; /* of that record: real time, microseconds since the epoch; -1: it has none */
    enum lambda_level level; /* of that record */
};
struct lambda_piece {
    size_t len;              /* so many bytes are used up */
    str text;                /* the event, a view of them; empty: they were none (a header) */
    int64_t time_us;         /* as above */
    enum lambda_level level; /* of a record that says one, else NONE */
};
/*
 * The next piece of bytes, which begin where the last piece ended. looked: so many of them were here
 * at the last call, which gave nothing. False: the end of the piece has not come; nothing changes.
 */
bool lambda_pieces_next(struct lambda_pieces *pieces, str bytes, size_t looked,
                        struct lambda_piece *ret);
/*
 * Uses up the pieces that are whole, without a look at what they say: how many bytes, how many events
 * with how much text. For a program that writes more than it may: faster than one piece at a time.
 */
struct lambda_dropped {
    size_t len, events, bytes;
};
struct lambda_dropped lambda_pieces_drop(struct lambda_pieces *pieces, str bytes);
/*
 * The same as lambda_pieces_next where no more bytes may come for a while: what there is, is a piece, and what may follow
 * of the same record will be another one. False: there is nothing.
 */
bool lambda_pieces_last(struct lambda_pieces *pieces, str bytes, struct lambda_piece *ret);
