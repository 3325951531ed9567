/* sns/filter: matches filter policies with messages, and checks them when they are set. */
#include "svc/sns/filter.h"

#include <arpa/inet.h>
#include <errno.h>

/* ---- What a message attribute offers ---- */

/* One value: text, or a number, or null (an element of a String.Array). */
struct offer {
    str text;
    double number;
    bool is_text, is_number, is_null, is_bool, truth;
};

static struct offer offer_of_json(const json_t *v) {
    return (struct offer){.text = json_text(v),
                          .number = json_number_value(v),
                          .is_text = json_is_string(v),
                          .is_number = json_is_number(v),
                          .is_null = json_is_null(v),
                          .is_bool = json_is_boolean(v),
                          .truth = json_is_true(v)};
}

static bool parse_number(str text, double *ret) {
    char copy[64], *end;
    if (text.len == 0 || text.len >= sizeof copy)
        return false;
    memcpy(copy, text.p, text.len);
    copy[text.len] = '\0';
    errno = 0;
    *ret = strtod(copy, &end);
    return *end == '\0' && errno == 0;
}

/* ---- Conditions ---- */

/* Numbers are compared to five digits behind the point, as SNS does. */
static bool same_number(double a, double b) {
    double d = a - b;
    return d < 0.000005 && d > -0.000005;
}

/* ["=", 1] or [">", 0, "<=", 5] */
static bool match_numeric(const json_t *range, const struct offer *o) {
    if (!o->is_number)
        return false;
    for (size_t i = 0; i + 1 < json_array_size(range); i += 2) {
        str op = json_text(json_array_get(range, i));
        double limit = json_number_value(json_array_get(range, i + 1));
        bool equal = same_number(o->number, limit);
        bool holds = str_is(op, "=")    ? equal
                     : str_is(op, "<")  ? o->number < limit && !equal
                     : str_is(op, "<=") ? o->number < limit || equal
                     : str_is(op, ">")  ? o->number > limit && !equal
                     : str_is(op, ">=") ? o->number > limit || equal
                                        : false;
        if (!holds)
            return false;
    }
    return true;
}

static bool match_cidr(str cidr, const struct offer *o) {
    char net_text[32], ip_text[32];
    struct in_addr net, ip;
    str base, bits_text;
    uint64_t bits;
    if (!o->is_text || o->text.len >= sizeof ip_text || !str_cut(cidr, '/', &base, &bits_text) ||
        base.len >= sizeof net_text || !str_to_u64(bits_text, &bits) || bits > 32)
        return false;
    memcpy(net_text, base.p, base.len);
    net_text[base.len] = '\0';
    if (o->text.len)
        memcpy(ip_text, o->text.p, o->text.len);
    ip_text[o->text.len] = '\0';
    if (inet_pton(AF_INET, net_text, &net) != 1 || inet_pton(AF_INET, ip_text, &ip) != 1)
        return false;
    uint32_t mask = bits ? ~(uint32_t)0 << (32 - bits) : 0;
    return (ntohl(net.s_addr) & mask) == (ntohl(ip.s_addr) & mask);
}

static bool match_plain(const json_t *want, const struct offer *o) {
    if (json_is_string(want))
        return o->is_text && str_eq(json_text(want), o->text);
    if (json_is_number(want))
        return o->is_number && same_number(json_number_value(want), o->number);
    if (json_is_null(want))
        return o->is_null;
    return o->is_bool && json_is_true(want) == o->truth;
}

static bool match_object(const json_t *want, const struct offer *o);

static bool match_anything_but(const json_t *but, const struct offer *o) {
    if (json_is_object(but))
        return o->is_text && !match_object(but, o);
    if (!json_is_array(but))
        return !match_plain(but, o);
    for (size_t i = 0; i < json_array_size(but); i++)
        if (match_plain(json_array_get(but, i), o))
            return false;
    return true;
}

/* {"prefix": …}: one operator, or a list of values for it. */
static bool match_object(const json_t *want, const struct offer *o) {
    const json_t *v;
    if ((v = json_object_get(want, "anything-but")))
        return match_anything_but(v, o);
    if ((v = json_object_get(want, "numeric")))
        return match_numeric(v, o);
    if ((v = json_object_get(want, "cidr")))
        return match_cidr(json_text(v), o);
    if (!o->is_text)
        return false;
    if ((v = json_object_get(want, "prefix")))
        return str_starts(o->text, json_text(v));
    if ((v = json_object_get(want, "suffix")))
        return str_ends(o->text, json_text(v));
    if ((v = json_object_get(want, "equals-ignore-case")))
        return str_eq_nocase(o->text, json_text(v));
    if ((v = json_object_get(want, "wildcard")))
        return str_glob(json_text(v), o->text, false);
    return false;
}

static bool match_offer(const json_t *conditions, const struct offer *o) {
    for (size_t i = 0; i < json_array_size(conditions); i++) {
        const json_t *want = json_array_get(conditions, i);
        const json_t *exists = json_object_get(want, "exists");
        if (exists                 ? json_is_true(exists)
            : json_is_object(want) ? match_object(want, o)
                                   : match_plain(want, o))
            return true;
    }
    return false;
}

static bool admits_absence(const json_t *conditions) {
    for (size_t i = 0; i < json_array_size(conditions); i++)
        if (json_is_false(json_object_get(json_array_get(conditions, i), "exists")))
            return true;
    return false;
}

/* Any value of a String.Array will do. Binary attributes are not matched, but exist. */
static bool match_attribute(const json_t *conditions, const json_t *attribute) {
    if (!attribute)
        return admits_absence(conditions);
    str type = json_str(attribute, "DataType"), text = json_str(attribute, "StringValue");
    if (str_is(type, "String.Array")) {
        CLEANUP_JSON json_t *values = json_parse(text, NULL);
        for (size_t i = 0; i < json_array_size(values); i++) {
            struct offer o = offer_of_json(json_array_get(values, i));
            if (match_offer(conditions, &o))
                return true;
        }
        return false;
    }
    struct offer o = {0};
    if (str_starts(type, S("Number")))
        o.is_number = parse_number(text, &o.number);
    else if (str_starts(type, S("String")))
        o = (struct offer){.text = text, .is_text = true};
    return match_offer(conditions, &o);
}

static bool match_any(const json_t *alternatives, const json_t *attributes) {
    for (size_t i = 0; i < json_array_size(alternatives); i++)
        if (sns_filter_match(json_array_get(alternatives, i), attributes))
            return true;
    return false;
}

/* $or stands only at the top, which sns_filter_check made sure of: the depth is two. */
bool sns_filter_match(const json_t *policy, const json_t *attributes) {
    const char *name;
    json_t *conditions;
    json_object_foreach ((json_t *)policy, name, conditions) {
        bool holds = strcmp(name, "$or") == 0
                         ? match_any(conditions, attributes)
                         : match_attribute(conditions, json_object_get(attributes, name));
        if (!holds)
            return false;
    }
    return true;
}

/* ---- Is it a policy at all? ---- */

static int wrong(struct err *err, const char *what) {
    return err_set(err, SNS_FILTER_E_INVALID, "FilterPolicy: %s", what);
}

static int check_numeric(const json_t *range, struct err *err) {
    size_t n = json_array_size(range);
    if (n != 2 && n != 4)
        return wrong(err, "Value of numeric must be an array of one or two comparisons");
    for (size_t i = 0; i < n; i += 2) {
        str op = json_text(json_array_get(range, i));
        if (!str_is(op, "=") && !str_is(op, "<") && !str_is(op, "<=") && !str_is(op, ">") &&
            !str_is(op, ">="))
            return wrong(err, "Unrecognized numeric range operator");
        if (!json_is_number(json_array_get(range, i + 1)))
            return wrong(err, "Value of a numeric comparison must be a number");
    }
    return 0;
}

static int check_object(const json_t *want, bool inner, struct err *err) {
    static const char *const textual[] = {"prefix", "suffix", "equals-ignore-case", "wildcard",
                                          "cidr"};
    if (json_object_size(want) != 1)
        return wrong(err, "A match object must have exactly one operator");
    for (size_t i = 0; i < ARRAY_LEN(textual); i++)
        if (json_object_get(want, textual[i]))
            return json_is_string(json_object_get(want, textual[i]))
                       ? 0
                       : wrong(err, "Value of a text operator must be a string");
    if (inner)
        return wrong(err, "Unrecognized match type within anything-but");
    if (json_object_get(want, "exists"))
        return json_is_boolean(json_object_get(want, "exists"))
                   ? 0
                   : wrong(err, "exists match pattern must be either true or false.");
    if (json_object_get(want, "numeric"))
        return check_numeric(json_object_get(want, "numeric"), err);
    const json_t *but = json_object_get(want, "anything-but");
    if (!but)
        return wrong(err, "Unrecognized match type");
    return json_is_object(but) ? check_object(but, true, err) : 0;
}

static int check_conditions(const json_t *conditions, struct err *err) {
    if (json_is_object(conditions))
        return wrong(err,
                     "Filter policy scope MessageAttributes does not support nested filter policy");
    if (!json_is_array(conditions))
        return wrong(err, "Match value must be an array");
    if (json_array_size(conditions) == 0)
        return wrong(err, "Empty arrays are not allowed");
    for (size_t i = 0; i < json_array_size(conditions); i++) {
        const json_t *want = json_array_get(conditions, i);
        if (json_is_array(want))
            return wrong(err, "Match value must be String, number, true, false, or null");
        if (json_is_object(want) && check_object(want, false, err))
            return SNS_FILTER_E_INVALID;
    }
    return 0;
}

static int check_level(const json_t *policy, bool top, struct err *err) {
    const char *name;
    json_t *conditions;
    size_t combinations = 1;
    if (!json_is_object(policy))
        return wrong(err, "failed to parse JSON: must be an object");
    if (json_object_size(policy) > SNS_FILTER_KEYS_MAX)
        return wrong(err, "Filter policy can not have more than 5 keys");
    json_object_foreach ((json_t *)policy, name, conditions) {
        if (strcmp(name, "$or") == 0) {
            if (!top || json_array_size(conditions) < 2)
                return wrong(err, "$or must hold at least two policies, and none of its own kind");
            for (size_t i = 0; i < json_array_size(conditions); i++)
                if (check_level(json_array_get(conditions, i), false, err))
                    return SNS_FILTER_E_INVALID;
        } else if (check_conditions(conditions, err)) {
            return SNS_FILTER_E_INVALID;
        }
        combinations *= json_array_size(conditions);
        if (combinations > SNS_FILTER_COMBINATIONS_MAX)
            return wrong(err, "Filter policy is too complex");
    }
    return 0;
}

int sns_filter_check(const json_t *policy, struct err *err) {
    return check_level(policy, true, err);
}
