#pragma once
/*
 * base/codec: hex, base64 and percent-encoding. Encoders append to a buf. Decoders are strict:
 * anything odd is refused by false, and a buf they appended to is as long as before.
 */
#include "base/buf.h"

/* 2*n lower-case digits at out, no NUL. */
void codec_hex(char *out, const void *p, size_t n);
void codec_add_hex(struct buf *b, const void *p, size_t n);
/* Exactly n bytes from 2*n digits of either case. On false, out may have been written in part. */
bool codec_unhex(str s, void *out, size_t n);

/* Standard alphabet with padding. */
void codec_add_base64(struct buf *b, const void *p, size_t n);
/*
 * Standard alphabet, padded, no white space. Bits behind the last byte must be zero, so that no two
 * texts mean the same bytes.
 */
bool codec_unbase64(struct buf *b, str s);

/*
 * AWS's URI encoding: A-Z a-z 0-9 - . _ ~ stay, all else is %XX in upper case.
 * keep_slash leaves '/' as it is (object keys in paths).
 */
void codec_add_uri(struct buf *b, str s, bool keep_slash);
/* %XX back to bytes; plus_is_space for query strings and forms. False: a % without two digits. */
bool codec_unuri(struct buf *b, str s, bool plus_is_space);
