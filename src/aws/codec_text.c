/* Scalars as text. */
#include "aws/codec_priv.h"

#include "base/clock.h"
#include "base/codec.h"

#include <errno.h>
#include <math.h>

json_t *wire_time_value(int64_t epoch_ms) {
    return epoch_ms % 1000 ? json_real((double)epoch_ms / 1000.0) : json_integer(epoch_ms / 1000);
}

static int64_t time_ms(const json_t *value) {
    if (json_is_integer(value)) {
        json_int_t s = json_integer_value(value);
        return s > INT64_MAX / 1000 || s < INT64_MIN / 1000 ? 0 : s * 1000;
    }
    double ms = json_number_value(value) * 1000.0;
    return fabs(ms) < 9e18 ? llround(ms) : 0;
}

static json_t *number_in(str text, struct err *err) {
    char digits[64];
    if (text.len == 0 || text.len >= sizeof digits)
        return err_set(err, AWS_E_MALFORMED, "a number is wrong"), NULL;
    memcpy(digits, text.p, text.len);
    digits[text.len] = '\0';
    char *end;
    errno = 0;
    double v = strtod(digits, &end);
    if (end != digits + text.len || !isfinite(v) || digits[0] == ' ') {
        err_set(err, AWS_E_MALFORMED, "'%s' is not a number", digits);
        return NULL;
    }
    return json_real(v);
}

static bool parse_time(str text, int64_t *ret_ms) {
    int64_t seconds;
    if (clock_parse_iso8601(text, ret_ms) || clock_parse_http(text, ret_ms))
        return true;
    if (str_to_i64(text, &seconds) && seconds < INT64_MAX / 1000 && seconds > INT64_MIN / 1000) {
        *ret_ms = seconds * 1000;
        return true;
    }
    return false;
}

/* Any of the three formats is taken, whichever the model names: so do AWS's own parsers. */
static json_t *time_in(str text, struct err *err) {
    int64_t ms;
    if (parse_time(text, &ms))
        return wire_time_value(ms);
    CLEANUP_JSON json_t *seconds = number_in(text, NULL);
    if (seconds && fabs(json_real_value(seconds)) < 9e15)
        return wire_time_value(llround(json_real_value(seconds) * 1000.0));
    err_set(err, AWS_E_MALFORMED, "timestamp must follow ISO8601");
    return NULL;
}

json_t *wire_scalar_in(const struct api_shape *shape, str text, enum api_time time,
                       enum api_time fallback, struct err *err) {
    (void)time;
    (void)fallback;
    json_t *v = NULL;
    int64_t i;
    switch ((enum api_type)shape->type) {
    case API_STRING:
    case API_BLOB:
        v = json_of_str(text.p ? text : S(""));
        if (!v)
            err_set(err, AWS_E_MALFORMED, "text is not valid UTF-8");
        return v;
    case API_BOOLEAN:
        if (str_eq_nocase(text, S("true")) || str_eq_nocase(text, S("false")))
            return json_boolean(str_eq_nocase(text, S("true")));
        err_set(err, AWS_E_MALFORMED, "'" STR_FMT "' is not a boolean",
                STR_ARG(str_slice(text, 0, 64)));
        return NULL;
    case API_INTEGER:
        if (str_to_i64(text, &i) &&
            ((shape->flags & API_LONG) || (i <= INT32_MAX && i >= INT32_MIN)))
            return json_integer(i);
        err_set(err, AWS_E_MALFORMED, "'" STR_FMT "' is not an integer",
                STR_ARG(str_slice(text, 0, 64)));
        return NULL;
    case API_DOUBLE: return number_in(text, err);
    case API_TIMESTAMP: return time_in(text, err);
    case API_STRUCTURE:
    case API_LIST:
    case API_MAP: break;
    }
    err_set(err, AWS_E_MALFORMED, "text stands where a structure was expected");
    return NULL;
}

static void time_out(const json_t *value, enum api_time format, struct buf *out) {
    char text[CLOCK_ISO_MAX];
    int64_t ms = time_ms(value);
    if (format == API_TIME_RFC822)
        buf_c(out, clock_http(text, ms));
    else if (format == API_TIME_UNIX)
        json_write(out, value);
    else
        buf_c(out, clock_iso8601_ms(text, ms));
}

void wire_scalar_out(const struct api_shape *shape, const json_t *value, enum api_time time,
                     enum api_time fallback, struct buf *out) {
    if (shape->type == API_TIMESTAMP && json_is_number(value))
        time_out(value, time == API_TIME_DEFAULT ? fallback : time, out);
    else if (json_is_string(value))
        buf_str(out, json_text(value));
    else if (json_is_boolean(value))
        buf_c(out, json_is_true(value) ? "true" : "false");
    else if (json_is_number(value))
        json_write(out, value);
}
