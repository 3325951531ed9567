/*
 * base/json: JSON on top of jansson: our own writer (jansson's prints reals with 17 digits), and
 * accessors that take any document.
 */
#include "base/json.h"

#include "base/json_plain.h"

#include <math.h>
#include <stdio.h>

json_t *json_parse(str text, struct err *err) {
    json_error_t why;
    json_t *j = json_loadb(text.p ? text.p : "", text.len,
                           JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_ANY, &why);
    if (!j)
        err_set(err, 0, "line %d, column %d: %s", why.line, why.column, why.text);
    return j;
}

/* Length of the valid UTF-8 sequence at the front of s, or 0. */
static size_t sequence(str s) {
    for (size_t n = 1; n <= 4 && n <= s.len; n++)
        if (str_is_utf8(str_slice(s, 0, n)))
            return n;
    return 0;
}

static void add_escaped(struct buf *out, unsigned char c) {
    static const char shorts[] = "\b\t\n\f\r\"\\";
    static const char letters[] = "btnfr\"\\";
    const char *at = c ? strchr(shorts, c) : NULL;
    if (at) {
        buf_char(out, '\\');
        buf_char(out, letters[at - shorts]);
    } else {
        buf_printf(out, "\\u%04x", c);
    }
}

/* The end of what needs no escape, from p on: plain bytes and whole characters. */
static const char *run_end(const char *p, const char *end) {
    for (;;) {
        p = json_plain_end(p, end);
        size_t n = p < end && (unsigned char)*p >= 0x80 ? sequence(str_n(p, (size_t)(end - p))) : 0;
        if (n == 0)
            return p;
        p += n;
    }
}

/*
 * Copies plain bytes, looking at them on the way; where it stopped. to has room for all of them:
 * they are written eight at once, the last ones together with some before.
 */
static const char *copy_plain(char *to, const char *p, const char *end) {
    const char *from = p;
    while (end - p >= 8) {
        uint64_t v;
        memcpy(&v, p, sizeof v);
        memcpy(to + (p - from), &v, sizeof v);
        if (json_odd_bytes(v))
            return json_plain_end(p, end);
        p += 8;
        if (p < end && end - p < 8)
            p = end - 8;
    }
    for (; p < end && json_is_plain(*p); p++)
        to[p - from] = *p;
    return p;
}

void json_add_quoted(struct buf *out, str s) {
    const char *p = s.len ? s.p : "", *end = p + s.len;
    char *at = buf_reserve(out, s.len + 2);
    *at = '"';
    const char *odd = copy_plain(at + 1, p, end);
    out->len += 1 + (size_t)(odd - p);
    while (odd < end) {
        p = odd;
        odd = run_end(p, end);
        buf_add(out, p, (size_t)(odd - p));
        if (odd == end)
            break;
        if ((unsigned char)*odd < 0x80)
            add_escaped(out, (unsigned char)*odd);
        else
            buf_c(out, "\xEF\xBF\xBD");
        odd++;
    }
    buf_char(out, '"');
}

static void add_real(struct buf *out, double v) {
    if (!isfinite(v)) {
        buf_c(out, "null");
        return;
    }
    char text[40];
    for (int precision = 15; precision <= 17; precision++) {
        snprintf(text, sizeof text, "%.*g", precision, v);
        if (strtod(text, NULL) == v)
            break;
    }
    buf_c(out, text);
}

static void newline(struct buf *out, int indent) {
    if (indent >= 0) {
        buf_char(out, '\n');
        for (int i = 0; i < indent; i++)
            buf_c(out, "  ");
    }
}

/* indent < 0: compact. */
static void write_value(struct buf *out, const json_t *j, int indent);

static void write_object(struct buf *out, const json_t *j, int indent) {
    int inner = indent < 0 ? -1 : indent + 1;
    const char *separator = "";
    buf_char(out, '{');
    for (void *it = json_object_iter((json_t *)j); it;
         it = json_object_iter_next((json_t *)j, it)) {
        buf_c(out, separator);
        newline(out, inner);
        json_add_quoted(out, str_c(json_object_iter_key(it)));
        buf_c(out, indent < 0 ? ":" : ": ");
        write_value(out, json_object_iter_value(it), inner);
        separator = ",";
    }
    if (json_object_size(j))
        newline(out, indent);
    buf_char(out, '}');
}

static void write_array(struct buf *out, const json_t *j, int indent) {
    int inner = indent < 0 ? -1 : indent + 1;
    buf_char(out, '[');
    for (size_t i = 0; i < json_array_size(j); i++) {
        if (i)
            buf_char(out, ',');
        newline(out, inner);
        write_value(out, json_array_get(j, i), inner);
    }
    if (json_array_size(j))
        newline(out, indent);
    buf_char(out, ']');
}

static void write_value(struct buf *out, const json_t *j, int indent) {
    switch (json_typeof(j)) {
    case JSON_OBJECT: write_object(out, j, indent); break;
    case JSON_ARRAY: write_array(out, j, indent); break;
    case JSON_STRING: json_add_quoted(out, json_text(j)); break;
    case JSON_INTEGER: buf_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(j)); break;
    case JSON_REAL: add_real(out, json_real_value(j)); break;
    case JSON_TRUE: buf_c(out, "true"); break;
    case JSON_FALSE: buf_c(out, "false"); break;
    case JSON_NULL: buf_c(out, "null"); break;
    }
}

void json_write(struct buf *out, const json_t *j) { write_value(out, j, -1); }
void json_write_pretty(struct buf *out, const json_t *j) { write_value(out, j, 0); }

str json_text(const json_t *string) {
    return json_is_string(string) ? (str){json_string_value(string), json_string_length(string)}
                                  : STR_NONE;
}

ptrdiff_t json_find_text(const json_t *array, str text) {
    for (size_t i = 0; i < json_array_size(array); i++)
        if (str_eq(json_text(json_array_get(array, i)), text))
            return (ptrdiff_t)i;
    return -1;
}

str json_str(const json_t *obj, const char *key) { return json_text(json_object_get(obj, key)); }

int64_t json_int(const json_t *obj, const char *key, int64_t otherwise) {
    const json_t *v = json_object_get(obj, key);
    return json_is_integer(v) ? json_integer_value(v) : otherwise;
}

double json_num(const json_t *obj, const char *key, double otherwise) {
    const json_t *v = json_object_get(obj, key);
    return json_is_number(v) ? json_number_value(v) : otherwise;
}

bool json_bool(const json_t *obj, const char *key, bool otherwise) {
    const json_t *v = json_object_get(obj, key);
    return json_is_boolean(v) ? json_is_true(v) : otherwise;
}

json_t *json_obj(const json_t *obj, const char *key) {
    json_t *v = json_object_get(obj, key);
    return json_is_object(v) ? v : NULL;
}

json_t *json_arr(const json_t *obj, const char *key) {
    json_t *v = json_object_get(obj, key);
    return json_is_array(v) ? v : NULL;
}

json_t *json_of_str(str s) { return json_stringn(s.p ? s.p : "", s.len); }

void json_set_str(json_t *obj, const char *key, str s) {
    if (s.p)
        json_set(obj, key, json_of_str(s));
}

void json_set_int(json_t *obj, const char *key, int64_t v) { json_set(obj, key, json_integer(v)); }
void json_set_bool(json_t *obj, const char *key, bool v) { json_set(obj, key, json_boolean(v)); }

void json_set(json_t *obj, const char *key, json_t *value) {
    if (value)
        json_object_set_new_nocheck(obj, key, value);
}

void json_push_str(json_t *array, str s) { json_array_append_new(array, json_of_str(s)); }
