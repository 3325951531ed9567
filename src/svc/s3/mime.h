#pragma once
/*
 * s3/mime: user metadata as S3 gives it back ("Working with object metadata", S3 user guide). Pure.
 *
 * Text of US-ASCII stays as it is. Any other becomes encoded words of RFC 2047, joined by spaces,
 * in the very form that S3 answers, which is that of JavaMail's MimeUtility.encodeText: Q where most
 * characters are ASCII and B elsewhere, in UTF-8, at most 75 bytes a word, a text that is longer
 * being halved until its pieces fit. Seen: "=?UTF-8?Q?Mini=C3=83=C2=B6?=", "=?UTF-8?B?w4PCtg==?="
 * (minio/minio, pull request 21282), and the guide's own example.
 */
#include "base/buf.h"

/* Appends text, which is UTF-8. */
void s3_mime_add(struct buf *out, str text);
