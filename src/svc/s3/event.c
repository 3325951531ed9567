/* s3/event: writes the JSON of S3's events. */
#include "svc/s3/event.h"

#include "base/clock.h"
#include "base/codec.h"

/* ,"name":"value" with JSON's escapes. */
static void text(struct buf *out, const char *name, str value) {
    buf_printf(out, ",\"%s\":", name);
    json_add_quoted(out, value);
}

/* URL-encoded as a form value, but for slashes: "a b@c/d" is a+b%40c/d. */
static void add_key(struct buf *out, str key) {
    CLEANUP_DEINIT(buf) struct buf encoded = {0};
    codec_add_uri(&encoded, key, true);
    for (str rest = buf_view(&encoded); rest.len > 0;) {
        ptrdiff_t at = str_find(rest, S("%20"));
        if (at < 0) {
            buf_str(out, rest);
            break;
        }
        buf_str(out, str_slice(rest, 0, (size_t)at));
        buf_char(out, '+');
        rest = str_skip(rest, (size_t)at + 3);
    }
}

static void add_object(struct buf *out, const struct s3_event *e) {
    buf_c(out, "\"object\":{\"key\":\"");
    add_key(out, e->key);
    buf_char(out, '"');
    if (e->has_body)
        buf_printf(out, ",\"size\":%llu", (unsigned long long)e->size);
    if (e->etag.p)
        text(out, "eTag", e->etag);
    if (e->version_id.p)
        text(out, "versionId", e->version_id);
    buf_printf(out, ",\"sequencer\":\"%016llX\"}", (unsigned long long)e->seq);
}

void s3_event_write(struct buf *out, const struct s3_event *e) {
    char when[CLOCK_ISO_MAX];
    buf_c(out, "{\"Records\":[{\"eventVersion\":\"2.1\",\"eventSource\":\"aws:s3\"");
    text(out, "awsRegion", e->region);
    text(out, "eventTime", str_c(clock_iso8601_ms(when, e->time_ms)));
    text(out, "eventName", str_c(s3_event_name(e->type)));
    buf_c(out, ",\"userIdentity\":{\"principalId\":");
    json_add_quoted(out, e->principal);
    buf_c(out, "},\"requestParameters\":{\"sourceIPAddress\":");
    json_add_quoted(out, e->source_ip);
    buf_c(out, "},\"responseElements\":{\"x-amz-request-id\":");
    json_add_quoted(out, e->request_id);
    text(out, "x-amz-id-2", e->host_id);
    buf_c(out, "},\"s3\":{\"s3SchemaVersion\":\"1.0\"");
    text(out, "configurationId", e->config_id);
    buf_c(out, ",\"bucket\":{\"name\":");
    json_add_quoted(out, e->bucket);
    buf_c(out, ",\"ownerIdentity\":{\"principalId\":");
    json_add_quoted(out, e->owner_id);
    buf_printf(out, "},\"arn\":\"arn:aws:s3:::" STR_FMT "\"},", STR_ARG(e->bucket));
    add_object(out, e);
    buf_c(out, "}}]}");
}

void s3_event_write_test(struct buf *out, str bucket, int64_t time_ms, str request_id,
                         str host_id) {
    char when[CLOCK_ISO_MAX];
    buf_c(out, "{\"Service\":\"Amazon S3\",\"Event\":\"s3:TestEvent\"");
    text(out, "Time", str_c(clock_iso8601_ms(when, time_ms)));
    text(out, "Bucket", bucket);
    text(out, "RequestId", request_id);
    text(out, "HostId", host_id);
    buf_char(out, '}');
}
