#include "svc/lambda/fn.h"

#include "store/key.h"

#define LATEST S("$LATEST")

/* ---- Names ---- */
static bool is_name(str s) {
    if (s.len == 0 || s.len > 64)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '-' || c == '_'))
            return false;
    }
    return true;
}

static bool is_account(str s) {
    uint64_t number;
    return s.len == 12 && str_to_u64(s, &number);
}

/* The parts between colons; 0 when there are more than room. */
static size_t split(str text, str *parts, size_t room) {
    size_t n = 0;
    for (bool more = true; more;) {
        str now = text;
        if (n == room)
            return 0;
        more = str_cut(now, ':', &parts[n++], &text);
    }
    return n;
}

bool lambda_name_parse(str text, str account, str region, struct lambda_name *ret) {
    str parts[8];
    size_t n = split(text, parts, ARRAY_LEN(parts)), at = 0;
    *ret = (struct lambda_name){account, region, STR_NONE, STR_NONE};
    if (n >= 7 && str_is(parts[0], "arn")) {
        if (!str_is(parts[1], "aws") || !str_is(parts[2], "lambda"))
            return false;
        ret->region = parts[3];
        at = 4;
    }
    if (n - at >= 3 && is_account(parts[at]) && str_is(parts[at + 1], "function"))
        ret->account = parts[at++];
    if (n - at >= 2 && str_is(parts[at], "function"))
        at++;
    else if (at > 0)
        return false;
    if (n - at < 1 || n - at > 2 || !is_name(parts[at]))
        return false;
    ret->name = parts[at];
    if (n - at == 2)
        ret->qualifier = parts[at + 1];
    return true;
}

void lambda_name_arn(const struct lambda_name *name, struct buf *out) {
    buf_printf(out, "arn:aws:lambda:" STR_FMT ":" STR_FMT ":function:" STR_FMT,
               STR_ARG(name->region), STR_ARG(name->account), STR_ARG(name->name));
}

void lambda_row_key(const struct lambda_name *name, struct buf *key) {
    key_begin(key, "lambda.fn");
    key_str(key, name->account);
    key_str(key, name->region);
    key_str(key, name->name);
}

void lambda_row_range(str account, str region, struct buf *from, struct buf *to) {
    key_begin(from, "lambda.fn");
    key_str(from, account);
    key_str(from, region);
    buf_clear(to);
    buf_str(to, buf_view(from));
    key_after(to);
}

/* ---- As it runs ---- */
static char *own(str s) {
    char *copy = mem_alloc(s.len + 1);
    if (s.len)
        memcpy(copy, s.p, s.len);
    copy[s.len] = '\0';
    return copy;
}

static void set_log_group(struct lambda_fn *fn) {
    str group = json_str(json_obj(fn->config, "LoggingConfig"), "LogGroup");
    if (group.len)
        buf_str(&fn->log_group, group);
    else
        buf_printf(&fn->log_group, "/aws/lambda/%s", fn->fn_name);
}

struct lambda_fn *lambda_fn_new(const struct lambda_name *name, str row) {
    struct lambda_fn *fn = mem_new(struct lambda_fn);
    fn->refs = 1;
    fn->doc = json_parse(row, NULL);
    fn->config = json_obj(fn->doc, "Config");
    if (!fn->config)
        return lambda_fn_free(fn);
    fn->account = own(name->account);
    fn->region = own(name->region);
    fn->fn_name = own(name->name);
    fn->name =
        (struct lambda_name){str_c(fn->account), str_c(fn->region), str_c(fn->fn_name), STR_NONE};
    lambda_name_arn(&fn->name, &fn->arn);
    fn->generation = json_int(fn->doc, "Generation", 0);
    fn->timeout_ms = json_int(fn->config, "Timeout", 3) * 1000;
    fn->memory_mb = (uint64_t)json_int(fn->config, "MemorySize", 128);
    fn->tmp_mb = (uint64_t)json_int(json_obj(fn->config, "EphemeralStorage"), "Size", 512);
    fn->reserved = json_int(fn->doc, "Reserved", -1);
    set_log_group(fn);
    return fn;
}

struct lambda_fn *lambda_fn_free(struct lambda_fn *fn) {
    if (!fn || --fn->refs > 0)
        return NULL;
    json_decref(fn->doc);
    buf_deinit(&fn->arn);
    buf_deinit(&fn->log_group);
    free(fn->account);
    free(fn->region);
    free(fn->fn_name);
    free(fn);
    return NULL;
}

int lambda_fn_load(const struct rows *rows, const struct lambda_name *name, struct lambda_fn **ret_fn) {
    CLEANUP_DEINIT(row) struct row row = {0};
    if (name->qualifier.p && !str_eq(name->qualifier, LATEST))
        return STORE_E_ABSENT;
    lambda_row_key(name, &row.key);
    int r = row_get(rows, &row);
    if (r)
        return r;
    *ret_fn = lambda_fn_new(name, buf_view(&row.bytes));
    return *ret_fn ? 0 : STORE_E_DAMAGED;
}

int64_t lambda_fn_max_retries(const struct lambda_fn *fn) {
    return json_int(json_obj(fn->doc, "EventInvoke"), "MaximumRetryAttempts", LAMBDA_RETRIES);
}

int64_t lambda_fn_max_age_ms(const struct lambda_fn *fn) {
    return json_int(json_obj(fn->doc, "EventInvoke"), "MaximumEventAgeInSeconds",
                    LAMBDA_MAX_AGE_S) *
           1000;
}

str lambda_fn_destination(const struct lambda_fn *fn, const char *which) {
    const json_t *config = json_obj(json_obj(fn->doc, "EventInvoke"), "DestinationConfig");
    return json_str(json_obj(config, which), "Destination");
}

str lambda_fn_dead_letter(const struct lambda_fn *fn) {
    return json_str(json_obj(fn->config, "DeadLetterConfig"), "TargetArn");
}
