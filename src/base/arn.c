/* base/arn: ARNs cut at their colons, and written. */
#include "base/arn.h"

bool arn_parse(str text, struct arn *ret) {
    struct arn a = {0};
    str head = STR_NONE, partition = STR_NONE, rest = text;
    str *const parts[] = {&head, &partition, &a.service, &a.region, &a.account};
    *ret = (struct arn){0};
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        if (!str_cut(rest, ':', parts[i], &rest))
            return false;
    a.resource = rest;
    if (!str_is(head, "arn") || !str_is(partition, "aws") || a.service.len == 0)
        return false;
    *ret = a;
    return true;
}

bool arn_parse_regional(str text, const char *service, struct arn *ret) {
    return arn_parse(text, ret) && str_is(ret->service, service) && ret->region.len &&
           arn_is_account(ret->account) && ret->resource.len;
}

bool arn_same_place(const struct arn *a, const struct arn *b) {
    return str_eq(a->region, b->region) && str_eq(a->account, b->account);
}

bool arn_is_account(str s) {
    uint64_t number;
    return s.len == 12 && str_to_u64(s, &number);
}

static void add(struct buf *out, const char *service, str region, str account, const char *fmt,
                va_list args) {
    buf_c(out, "arn:aws:");
    buf_c(out, service);
    buf_char(out, ':');
    buf_str(out, region);
    buf_char(out, ':');
    buf_str(out, account);
    buf_char(out, ':');
    buf_vprintf(out, fmt, args);
}

void arn_add(struct buf *out, const char *service, str region, str account,
             const char *resource_fmt, ...) {
    va_list args;
    va_start(args, resource_fmt);
    add(out, service, region, account, resource_fmt, args);
    va_end(args);
}

str arn_str(struct arena *arena, const char *service, str region, str account,
            const char *resource_fmt, ...) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    va_list args;
    va_start(args, resource_fmt);
    add(&text, service, region, account, resource_fmt, args);
    va_end(args);
    return arena_str(arena, buf_view(&text));
}
