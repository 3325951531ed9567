/* tmpl/params: resolves parameters: what was given, kept or default; then the constraints. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "tmpl/params.h"

#include <pcre2.h>

enum { MATCH_LIMIT = 200000, HEAP_LIMIT_KIB = 4096, MAX_VALUE = 4096 };

/* ---- Patterns ---- */

static int match_compiled(const pcre2_code *code, str text) {
    pcre2_match_data *data = pcre2_match_data_create_from_pattern(code, NULL);
    pcre2_match_context *limits = pcre2_match_context_create(NULL);
    if (!data || !limits)
        abort(); /* out of memory */
    pcre2_set_match_limit(limits, MATCH_LIMIT);
    pcre2_set_depth_limit(limits, MATCH_LIMIT);
    pcre2_set_heap_limit(limits, HEAP_LIMIT_KIB);
    int r = pcre2_match(code, (PCRE2_SPTR)(text.p ? text.p : ""), text.len, 0, 0, data, limits);
    pcre2_match_context_free(limits);
    pcre2_match_data_free(data);
    return r >= 0 ? 1 : r == PCRE2_ERROR_NOMATCH ? 0 : -1;
}

int tmpl_matches(str pattern, str text) {
    int error;
    PCRE2_SIZE at;
    uint32_t options = PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C |
                       PCRE2_DOLLAR_ENDONLY;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)(pattern.p ? pattern.p : ""), pattern.len, options,
                                     &error, &at, NULL);
    if (!code)
        return -1;
    int r = match_compiled(code, text);
    pcre2_code_free(code);
    return r;
}

/* ---- Constraints ---- */

struct one {
    const struct tmpl_param *p;
    struct tmpl_fault *fault;
};

static int refuse(const struct one *o, const char *fmt, ...) PRINTF_LIKE(2, 3);
static int refuse(const struct one *o, const char *fmt, ...) {
    str said = tmpl_text(tmpl_get(o->p->body, "ConstraintDescription"));
    if (said.len)
        return tmpl_fail(o->fault, (struct tmpl_pos){0, 0, 0},
                         "Parameter '" STR_FMT "' failed to satisfy constraint: " STR_FMT,
                         STR_ARG(o->p->name), STR_ARG(said));
    CLEANUP_DEINIT(buf) struct buf text = {0};
    va_list args;
    va_start(args, fmt);
    buf_vprintf(&text, fmt, args);
    va_end(args);
    return tmpl_fail(o->fault, (struct tmpl_pos){0, 0, 0}, "Parameter '" STR_FMT "' must %s",
                     STR_ARG(o->p->name), buf_cstr(&text));
}

static bool to_number(str s, double *ret) {
    char text[64];
    if (s.len == 0 || s.len >= sizeof text)
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (!s.p[i] || !strchr("+-.0123456789eE", s.p[i]))
            return false;
    memcpy(text, s.p, s.len);
    text[s.len] = '\0';
    char *end;
    *ret = strtod(text, &end);
    return *end == '\0';
}

static size_t characters(str s) {
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++)
        n += ((unsigned char)s.p[i] & 0xC0) != 0x80;
    return n;
}

/* MinLength and its like: the number in the template, refused when it is none. */
static int limit_of(const struct one *o, const char *name, bool *ret_has, double *ret) {
    const struct tmpl_node *node = tmpl_get(o->p->body, name);
    *ret_has = node != NULL;
    if (node && !to_number(tmpl_text(node), ret))
        return tmpl_fail(o->fault, node->start,
                         "Template format error: %s of parameter " STR_FMT " must be a number",
                         name, STR_ARG(o->p->name));
    return 0;
}

static int check_length(const struct one *o, str value) {
    bool has;
    double limit = 0;
    if (limit_of(o, "MinLength", &has, &limit))
        return TMPL_E_TEMPLATE;
    if (has && (double)characters(value) < limit)
        return refuse(o, "contain at least %.0f characters", limit);
    if (limit_of(o, "MaxLength", &has, &limit))
        return TMPL_E_TEMPLATE;
    if (has && (double)characters(value) > limit)
        return refuse(o, "contain at most %.0f characters", limit);
    return 0;
}

static int check_pattern(const struct one *o, str value) {
    const struct tmpl_node *pattern = tmpl_get(o->p->body, "AllowedPattern");
    if (!pattern)
        return 0;
    int matches = tmpl_matches(pattern->text, value);
    if (matches < 0)
        return tmpl_fail(o->fault, pattern->start,
                         "Template format error: AllowedPattern of parameter " STR_FMT
                         " is not a valid regular expression",
                         STR_ARG(o->p->name));
    return matches ? 0 : refuse(o, "match pattern " STR_FMT, STR_ARG(pattern->text));
}

static int check_number(const struct one *o, str value) {
    double v, limit = 0;
    bool has;
    if (!to_number(value, &v))
        return tmpl_fail(o->fault, (struct tmpl_pos){0, 0, 0},
                         "Parameter '" STR_FMT "' must be a number.", STR_ARG(o->p->name));
    if (limit_of(o, "MinValue", &has, &limit))
        return TMPL_E_TEMPLATE;
    if (has && v < limit)
        return refuse(o, "be a number not less than %.15g", limit);
    if (limit_of(o, "MaxValue", &has, &limit))
        return TMPL_E_TEMPLATE;
    if (has && v > limit)
        return refuse(o, "be a number not greater than %.15g", limit);
    return 0;
}

static int check_allowed(const struct one *o, str value) {
    const struct tmpl_node *allowed = tmpl_get(o->p->body, "AllowedValues");
    if (!allowed)
        return 0;
    CLEANUP_DEINIT(buf) struct buf list = {0};
    double given, one;
    bool numbers = o->p->type == TMPL_PARAM_NUMBER || o->p->type == TMPL_PARAM_NUMBER_LIST;
    for (size_t i = 0; i < allowed->n; i++) {
        str text = tmpl_text(allowed->members[i].value);
        if (str_eq(text, value) || (numbers && to_number(text, &one) && to_number(value, &given) &&
                                    !(one < given) && !(one > given)))
            return 0;
        buf_c(&list, i ? ", " : "");
        buf_str(&list, text);
    }
    return refuse(o, "be one of AllowedValues: [%s]", buf_cstr(&list));
}

static int check_scalar(const struct one *o, str value) {
    bool number = o->p->type == TMPL_PARAM_NUMBER || o->p->type == TMPL_PARAM_NUMBER_LIST;
    if (value.len > MAX_VALUE)
        return tmpl_fail(o->fault, (struct tmpl_pos){0, 0, 0},
                         "Parameter '" STR_FMT "' must contain at most %d characters",
                         STR_ARG(o->p->name), MAX_VALUE);
    if (number ? check_number(o, value) : check_length(o, value))
        return TMPL_E_TEMPLATE;
    return check_pattern(o, value) || check_allowed(o, value);
}

/* Constraints hold for each element. An empty text is a list of one empty string, as on AWS. */
static int resolve_list(const struct one *o, str text, json_t **ret) {
    CLEANUP_JSON json_t *list = json_array();
    str element, rest = text;
    for (bool more = true; more;) {
        more = str_cut(rest, ',', &element, &rest);
        element = str_trim(element);
        if (check_scalar(o, element))
            return TMPL_E_TEMPLATE;
        json_push_str(list, element);
    }
    *ret = STEAL(list);
    return 0;
}

static int resolve_one(const struct one *o, str text, json_t **ret) {
    if (o->p->type == TMPL_PARAM_LIST || o->p->type == TMPL_PARAM_NUMBER_LIST)
        return resolve_list(o, text, ret);
    if (o->p->type == TMPL_PARAM_NUMBER)
        text = str_trim(text);
    if (check_scalar(o, text))
        return TMPL_E_TEMPLATE;
    *ret = json_of_str(text);
    return 0;
}

/* ---- All of them ---- */

static int refuse_unknown(const struct tmpl_model *m, const json_t *given,
                          struct tmpl_fault *fault) {
    CLEANUP_DEINIT(buf) struct buf names = {0};
    const char *name;
    json_t *value;
    json_object_foreach ((json_t *)given, name, value) {
        if (tmpl_find_param(m, str_c(name)))
            continue;
        buf_c(&names, names.len ? ", " : "");
        buf_c(&names, name);
    }
    return names.len == 0
               ? 0
               : tmpl_fail(fault, (struct tmpl_pos){0, 0, 0},
                           "Parameters: [%s] do not exist in the template", buf_cstr(&names));
}

static int refuse_missing(const struct tmpl_model *m, const json_t *given,
                          struct tmpl_fault *fault) {
    CLEANUP_DEINIT(buf) struct buf names = {0};
    for (size_t i = 0; i < m->n_params; i++) {
        const struct tmpl_param *p = &m->params[i];
        if (p->default_value.p || json_object_getn(given, p->name.p, p->name.len))
            continue;
        buf_c(&names, names.len ? ", " : "");
        buf_str(&names, p->name);
    }
    return names.len == 0 ? 0
                          : tmpl_fail(fault, (struct tmpl_pos){0, 0, 0},
                                      "Parameters: [%s] must have values", buf_cstr(&names));
}

int tmpl_params_resolve(const struct tmpl_model *m, const json_t *given, json_t **ret_values,
                        struct tmpl_fault *reterr) {
    struct tmpl_fault mine = {{0}, {{0}}};
    struct tmpl_fault *fault = reterr ? reterr : &mine;
    *fault = mine;
    if (refuse_unknown(m, given, fault) || refuse_missing(m, given, fault))
        return TMPL_E_TEMPLATE;
    CLEANUP_JSON json_t *values = json_object();
    for (size_t i = 0; i < m->n_params; i++) {
        struct one o = {&m->params[i], fault};
        str text = json_str(given, o.p->name.p);
        json_t *value = NULL;
        if (resolve_one(&o, text.p ? text : o.p->default_value, &value))
            return TMPL_E_TEMPLATE;
        json_set(values, o.p->name.p, value);
    }
    *ret_values = STEAL(values);
    return 0;
}
