/*
 * fn/event: reads S3's event into records; derives the image's id and the sequencer that compares
 * as text.
 */
#include "fn/event.h"

#include "base/ascii.h"
#include "base/clock.h"
#include "base/codec.h"

#include <errno.h>
#include <openssl/evp.h>

static void image_id_of(struct fn_record *r) {
    CLEANUP_DEINIT(buf) struct buf name = {0};
    unsigned char digest[32];
    buf_printf(&name, STR_FMT "/" STR_FMT, STR_ARG(r->bucket), STR_ARG(r->key));
    EVP_Digest(name.p, name.len, digest, NULL, EVP_sha256(), NULL);
    codec_hex(r->image_id, digest, 16);
    r->image_id[32] = '\0';
}

/* S3 sends 16 or more hex digits; comparing as text needs one length. */
static bool pad_sequencer(struct fn_record *r, str sequencer) {
    if (sequencer.len > FN_SEQUENCER_LEN)
        return false;
    size_t zeros = FN_SEQUENCER_LEN - sequencer.len;
    memset(r->sequencer, '0', zeros);
    for (size_t i = 0; i < sequencer.len; i++) {
        if (ascii_hex(sequencer.p[i]) < 0)
            return false;
        r->sequencer[zeros + i] = ascii_upper(sequencer.p[i]);
    }
    r->sequencer[FN_SEQUENCER_LEN] = '\0';
    return true;
}

static bool parse_record(const json_t *from, struct arena *arena, struct fn_record *r) {
    const json_t *s3 = json_obj(from, "s3"), *object = json_obj(s3, "object");
    CLEANUP_DEINIT(buf) struct buf key = {0};
    str coded = json_str(object, "key"), bucket = json_str(json_obj(s3, "bucket"), "name");
    if (!bucket.len || !coded.len || !codec_unuri(&key, coded, true))
        return false;
    r->bucket = arena_str(arena, bucket);
    r->key = arena_str(arena, buf_view(&key));
    r->size = json_int(object, "size", -1);
    str version = json_str(object, "versionId"), etag = json_str(object, "eTag");
    r->version_id = version.len ? arena_str(arena, version) : STR_NONE;
    r->etag = etag.len ? arena_str(arena, etag) : STR_NONE;
    image_id_of(r);
    return clock_parse_iso8601(json_str(from, "eventTime"), &r->time_ms) &&
           pad_sequencer(r, json_str(object, "sequencer"));
}

int fn_event_parse(const json_t *event, struct arena *arena, struct fn_record **ret_records,
                   size_t *ret_n, size_t *ret_ignored, struct err *err) {
    const json_t *list = json_arr(event, "Records");
    bool test = str_eq(json_str(event, "Event"), S("s3:TestEvent"));
    size_t n = json_array_size(list), kept = 0;
    if (!list && !test)
        return err_set(err, -EINVAL, "the event has no Records: it is not an S3 notification");
    if (n > FN_MAX_RECORDS)
        return err_set(err, -EINVAL, "the event has %zu records, more than %d", n, FN_MAX_RECORDS);
    struct fn_record *records = arena_zalloc(arena, (n + 1) * sizeof *records);
    *ret_ignored = test ? 1 : 0;
    for (size_t i = 0; i < n; i++) {
        const json_t *from = json_array_get(list, i);
        str name = json_str(from, "eventName");
        if (name.len && !str_starts(name, S("ObjectCreated:")))
            ++*ret_ignored;
        else if (!parse_record(from, arena, &records[kept++]))
            return err_set(err, -EINVAL, "record %zu of the event is not one of S3's", i);
    }
    *ret_records = records;
    *ret_n = kept;
    return 0;
}
