#pragma once
/*
 * s3/keys: where each row of S3 lies in STORE_META. docs/formats/s3.md has the whole picture.
 *
 *   s3b  bucket                     the bucket's row (names are global, so no account)
 *   s3a  account bucket             index for ListBuckets
 *   s3c  bucket-id kind             one configuration (JSON)
 *   s3o  bucket-id key              the current version of a key, or its delete marker
 *   s3v  bucket-id key ~seq         the versions behind it, newest first
 *   s3n  bucket-id key              seq of the null version, while that is not the current one
 *   s3d  bucket-id seq              the body list of a version, when it is too long for its row
 *   s3u  bucket-id key seq          a multipart upload under way
 *   s3p  bucket-id seq part         one part of it
 *
 * bucket-id is a number that is never used again, so that a bucket made anew under an old name
 * shares no row with the old one. The object key ends an s3o row unescaped: its rows sort exactly
 * as S3 lists. Every function clears *key first.
 */
#include "store/key.h"
#include "store/store.h"

/* The rows s3b, s3a and s3c of the table above. */
void s3_key_bucket(struct buf *key, str bucket);
void s3_key_owned(struct buf *key, str account, str bucket);
void s3_key_config(struct buf *key, uint64_t bucket_id, str kind);
/* Prefix of all the configurations of a bucket. */
void s3_key_configs(struct buf *key, uint64_t bucket_id);
/* The current row of name; also the prefix of all the current rows of keys that begin with name. */
void s3_key_current(struct buf *key, uint64_t bucket_id, str name);
/* The object key inside such a row key. */
str s3_key_current_name(str key);
/* One version that is not the current one; a higher seq sorts first. */
void s3_key_version(struct buf *key, uint64_t bucket_id, str name, uint64_t seq);
/* Prefix of all the versions of a bucket that are not current, and of those of one key. */
void s3_key_bucket_versions(struct buf *key, uint64_t bucket_id);
void s3_key_versions(struct buf *key, uint64_t bucket_id, str name);
/* Appends the object key inside a version row's key to name and sets *ret_seq. False: damaged. */
bool s3_key_version_parts(str key, struct buf *name, uint64_t *ret_seq);
/* Rows s3n, s3d and s3u. */
void s3_key_null(struct buf *key, uint64_t bucket_id, str name);
void s3_key_body(struct buf *key, uint64_t bucket_id, uint64_t seq);
void s3_key_upload(struct buf *key, uint64_t bucket_id, str name, uint64_t seq);
/* Prefix of all the uploads of a bucket. */
void s3_key_uploads(struct buf *key, uint64_t bucket_id);
/* As s3_key_version_parts, of an upload's row. */
bool s3_key_upload_parts(str key, struct buf *name, uint64_t *ret_seq);
/* One part of the upload seq, and the prefix of all its parts. */
void s3_key_part(struct buf *key, uint64_t bucket_id, uint64_t seq, uint64_t part);
void s3_key_parts(struct buf *key, uint64_t bucket_id, uint64_t seq);
/* Prefix of the parts of all uploads of a bucket. */
void s3_key_bucket_parts(struct buf *key, uint64_t bucket_id);
/* Bucket id, upload and part number of a part row's key. */
bool s3_key_part_parts(str key, uint64_t *ret_bucket_id, uint64_t *ret_seq, uint64_t *ret_part);

/*
 * Version ids and upload ids: 24 bytes (a sequence number and 16 random bytes) in 32 characters.
 * The number finds the row; the random bytes, kept in the row, make the id unguessable.
 */
enum { S3_ID_LEN = 32, S3_NONCE_LEN = 16 };
void s3_id_write(char out[S3_ID_LEN + 1], uint64_t seq, const uint8_t nonce[S3_NONCE_LEN]);
/* False: not such an id. A true one still has to be found, and its random bytes compared. */
bool s3_id_read(str id, uint64_t *ret_seq, uint8_t ret_nonce[S3_NONCE_LEN]);
