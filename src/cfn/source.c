/* Where a template comes from: the request's body, the stack's present one, or an object in S3. */
#include "base/codec.h"
#include "cfn/source.h"

enum { MOST_BODY = 51200, MOST_OBJECT = 1 << 20 };

/* "bucket.s3.us-east-1.amazonaws.com" → "bucket"; absent when the host holds no bucket. */
static str bucket_of_host(str host) {
    if (!str_ends(host, S(".amazonaws.com")))
        return STR_NONE;
    for (ptrdiff_t from = 0, at; (at = str_find(str_skip(host, (size_t)from), S(".s3"))) >= 0;
         from += at + 1) {
        str behind = str_skip(host, (size_t)(from + at) + 3);
        if (from + at > 0 && behind.len && (behind.p[0] == '.' || behind.p[0] == '-'))
            return str_slice(host, 0, (size_t)(from + at));
    }
    return STR_NONE;
}

bool cfn_parse_template_url(str url, struct buf *bucket, struct buf *key, struct buf *version) {
    str rest = str_starts(url, S("https://"))  ? str_skip(url, 8)
               : str_starts(url, S("http://")) ? str_skip(url, 7)
                                               : STR_NONE;
    str host, path, query = STR_NONE;
    if (!rest.p || !str_cut(rest, '/', &host, &path))
        return false;
    str_cut(path, '?', &path, &query);
    str port;
    str_cut(host, ':', &host, &port);
    str name = bucket_of_host(host), object = path;
    if (!name.p && !str_cut(path, '/', &name, &object))
        return false;
    if (str_starts(query, S("versionId=")) && !codec_unuri(version, str_skip(query, 10), false))
        return false;
    return name.len && object.len && codec_unuri(bucket, name, false) &&
           codec_unuri(key, object, false) && key->len;
}

static int fetch(struct rq *rq, str url, str *ret_text) {
    CLEANUP_DEINIT(buf) struct buf bucket = {0};
    CLEANUP_DEINIT(buf) struct buf key = {0};
    CLEANUP_DEINIT(buf) struct buf version = {0};
    if (!cfn_parse_template_url(url, &bucket, &key, &version))
        return aws_fail(rq, &CFN_ValidationError, "TemplateURL must be a supported URL.");
    CLEANUP_JSON json_t *in = json_object();
    json_set_str(in, "Bucket", buf_view(&bucket));
    json_set_str(in, "Key", buf_view(&key));
    if (version.len)
        json_set_str(in, "VersionId", buf_view(&version));
    struct aws_call call = {.cloud = rq->cloud,
                            .caller = rq->caller,
                            .behalf = {true, S("cloudformation.amazonaws.com")},
                            .account = rq->account,
                            .region = rq->region,
                            .service = "s3",
                            .op = "GetObject",
                            .in = in};
    int r = aws_call(&call);
    if (r)
        r = aws_fail(
            rq, &CFN_ValidationError,
            "S3 error: %s\nFor more information check http://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html",
            buf_cstr(&call.error_message));
    else if (call.out_body.len > MOST_OBJECT)
        r = aws_fail(rq, &CFN_ValidationError, "Template may not exceed %d bytes in size.",
                     MOST_OBJECT);
    else
        *ret_text = arena_str(&rq->arena, buf_view(&call.out_body));
    aws_call_deinit(&call);
    return r;
}

int cfn_read_source(struct rq *rq, const struct cfn_stack *stack, str *ret_text) {
    str body = json_str(rq->in, "TemplateBody"), url = json_str(rq->in, "TemplateURL");
    bool previous = json_bool(rq->in, "UsePreviousTemplate", false);
    if ((body.p != NULL) + (url.p != NULL) + previous > 1)
        return aws_fail(
            rq, &CFN_ValidationError,
            "You can only specify one of the following: TemplateBody, TemplateURL, UsePreviousTemplate.");
    if (body.len > MOST_BODY)
        return aws_fail(
            rq, &CFN_ValidationError,
            "1 validation error detected: Value at 'templateBody' failed to satisfy constraint: Member must have length less than or equal to %d",
            MOST_BODY);
    if (body.p) {
        *ret_text = body;
        return 0;
    }
    if (url.p)
        return fetch(rq, url, ret_text);
    if (previous && stack && stack->now.generation)
        return cfn_find_template(rq, stack, ret_text);
    return aws_fail(rq, &CFN_ValidationError,
                    "Either Template URL or Template Body must be specified.");
}
