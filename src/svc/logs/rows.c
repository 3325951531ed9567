/*
 * logs/rows: the rows of groups, streams and events: keys, values, and which of them a request
 * names.
 */
#include "base/arn.h"
#include "svc/logs/logs_priv.h"

#define DAY_MS (24LL * 3600 * 1000)

void logs_group_key(struct buf *key, str account, str region, str group) {
    key_begin(key, "logs.group");
    key_str(key, account);
    key_str(key, region);
    if (group.p)
        key_str(key, group);
}

void logs_stream_key(struct buf *key, str account, str region, str group, str stream) {
    key_begin(key, "logs.stream");
    key_str(key, account);
    key_str(key, region);
    key_str(key, group);
    if (stream.p)
        key_str(key, stream);
}

void logs_event_key(struct buf *key, uint64_t group, struct logs_place at) {
    key_begin(key, "logs.event");
    key_u64(key, group);
    key_u64(key, (uint64_t)at.time_ms);
    key_u64(key, at.id);
}

void logs_index_key(struct buf *key, uint64_t group, uint64_t stream, struct logs_place at) {
    key_begin(key, "logs.index");
    key_u64(key, group);
    key_u64(key, stream);
    key_u64(key, (uint64_t)at.time_ms);
    key_u64(key, at.id);
}

void logs_size_key(struct buf *key, uint64_t group) {
    key_begin(key, "logs.size");
    key_u64(key, group);
}

struct logs_place logs_place_of(str key) {
    struct cur c = cur_of(str_skip(key, key.len < 16 ? key.len : key.len - 16));
    int64_t time_ms = (int64_t)key_take_u64(&c);
    return (struct logs_place){time_ms, key_take_u64(&c)};
}

/* The number in that many digits, zeros in front; it has no more. */
static char *put_digits(char *at, uint64_t v, size_t digits) {
    for (size_t i = digits; i-- > 0; v /= 10)
        at[i] = (char)('0' + v % 10);
    return at + digits;
}

str logs_place_text(struct rq *rq, struct logs_place at) {
    char text[40];
    put_digits(put_digits(text, (uint64_t)at.time_ms, 20), at.id, 20);
    return arena_str(&rq->arena, str_n(text, sizeof text));
}

/* 56 digits, as AWS's: stream, time and number. */
void logs_event_id(const struct logs_event *event, char out[LOGS_EVENT_ID]) {
    char *at = put_digits(out, event->stream_id, 16);
    put_digits(put_digits(at, (uint64_t)event->at.time_ms, 20), event->at.id, 20);
}

bool logs_place_parse(str text, struct logs_place *ret) {
    uint64_t time, id;
    if (text.len != 40 || !str_to_u64(str_slice(text, 0, 20), &time) ||
        !str_to_u64(str_slice(text, 20, 40), &id) || time > INT64_MAX)
        return false;
    *ret = (struct logs_place){(int64_t)time, id};
    return true;
}

/* u64 ingested, u64 stream id, stream as varint length and bytes, then the message. */
void logs_event_encode(struct buf *out, const struct logs_event *event) {
    buf_u64(out, (uint64_t)event->ingested_ms);
    buf_u64(out, event->stream_id);
    buf_lstr(out, event->stream);
    buf_str(out, event->message);
}

bool logs_event_decode(str key, str value, struct logs_event *ret_event) {
    struct cur c = cur_of(value);
    ret_event->at = logs_place_of(key);
    ret_event->ingested_ms = (int64_t)cur_u64(&c);
    ret_event->stream_id = cur_u64(&c);
    ret_event->stream = cur_lstr(&c);
    ret_event->message = c.s;
    return !c.bad;
}

int64_t logs_oldest_ms(const json_t *group, int64_t now_ms) {
    int64_t days = json_int(group, "retentionInDays", 0);
    return days ? now_ms - days * DAY_MS : 0;
}

json_t *logs_new_group(struct store *store, str name, int64_t now_ms) {
    json_t *doc = json_object();
    json_set_str(doc, "name", name);
    json_set_int(doc, "id", (int64_t)store_next_id(store));
    json_set_int(doc, "creationTime", now_ms);
    json_set_str(doc, "class", S("STANDARD"));
    return doc;
}

json_t *logs_new_stream(struct store *store, str name, int64_t now_ms) {
    json_t *doc = json_object();
    json_set_str(doc, "name", name);
    json_set_int(doc, "id", (int64_t)store_next_id(store));
    json_set_int(doc, "creationTime", now_ms);
    return doc;
}

/* NAME in arn:aws:logs:REGION:ACCOUNT:log-group:NAME, with or without ":*"; absent: not of here. */
static str name_in_arn(const struct rq *rq, str text) {
    static const str type = S_INIT("log-group:");
    const struct arn here = {.region = rq->region, .account = rq->account};
    struct arn arn;
    if (!arn_parse_regional(text, "logs", &arn) || !arn_same_place(&arn, &here) ||
        !str_starts(arn.resource, type))
        return STR_NONE;
    str name = str_skip(arn.resource, type.len);
    return str_ends(name, S(":*")) ? str_slice(name, 0, name.len - 2) : name;
}

str logs_group_name(struct rq *rq) {
    static const char *const members[] = {"logGroupName", "logGroupIdentifier", "resourceArn"};
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        str text = json_str(rq->in, members[i]);
        bool by_arn = str_is(str_c(members[i]),
                             "resourceArn"); /* only; policies ask about it as it is given */
        if (text.p)
            return str_starts(text, S("arn:")) || by_arn ? name_in_arn(rq, text) : text;
    }
    return STR_NONE;
}

void logs_group_deinit(struct logs_group *group) {
    row_deinit(&group->row);
    json_decref(group->doc);
}

void logs_stream_deinit(struct logs_stream *stream) { row_deinit(&stream->row); }

int logs_group_of(struct rq *rq, struct logs_group *ret_group) {
    str name = logs_group_name(rq);
    if (json_has(rq->in, "logGroupName") && json_has(rq->in, "logGroupIdentifier"))
        return aws_fail(rq, &LOGS_InvalidParameterException,
                        "LogGroup name and LogGroup identifier are mutually exclusive parameters.");
    if (!name.p && !json_has(rq->in, "logGroupIdentifier") && !json_has(rq->in, "resourceArn"))
        return aws_fail(rq, &LOGS_InvalidParameterException, "A log group must be named");
    logs_group_key(&ret_group->row.key, rq->account, rq->region, name.p ? name : S(""));
    int r = rq_row_get_json(rq, &ret_group->row, &ret_group->doc);
    if (r == STORE_E_ABSENT)
        return aws_fail(rq, &LOGS_ResourceNotFoundException,
                        "The specified log group does not exist.");
    if (r)
        return r;
    ret_group->name = arena_str(&rq->arena, name);
    ret_group->id = (uint64_t)json_int(ret_group->doc, "id", 0);
    ret_group->oldest_ms = logs_oldest_ms(ret_group->doc, rq->now_ms);
    return 0;
}

int logs_stream_of(struct rq *rq, const struct logs_group *group, struct logs_stream *ret_stream) {
    CLEANUP_JSON json_t *doc = NULL;
    logs_stream_key(&ret_stream->row.key, rq->account, rq->region, group->name,
                    json_str(rq->in, "logStreamName"));
    int r = rq_row_get_json(rq, &ret_stream->row, &doc);
    if (r == STORE_E_ABSENT)
        return aws_fail(rq, &LOGS_ResourceNotFoundException,
                        "The specified log stream does not exist.");
    ret_stream->id = (uint64_t)json_int(doc, "id", 0);
    return r;
}
