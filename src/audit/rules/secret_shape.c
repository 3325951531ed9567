/*
 * audit/rules/secret_shape: secrets that say by their form what they are. Prefixes from the issuers'
 * documentation ("Token formats", GitHub, GitLab, Slack, Stripe, npm; "Understanding unique ID
 * prefixes", IAM User Guide).
 */
#include "audit/rules/secret_priv.h"

#include "base/ascii.h"
#include "base/own.h"

static const struct {
    const char *prefix, *marks; /* what follows: letters and digits, and these */
    size_t least, most;
    bool is_upper; /* capitals and digits alone */
    const char *what;
} shapes[] = {
    {"AKIA", "", 16, 16, true, "an AWS access key"},
    {"ASIA", "", 16, 16, true, "an AWS access key"},
    {"ghp_", "", 36, 255, false, "a GitHub token"},
    {"gho_", "", 36, 255, false, "a GitHub token"},
    {"ghu_", "", 36, 255, false, "a GitHub token"},
    {"ghs_", "", 36, 255, false, "a GitHub token"},
    {"ghr_", "", 36, 255, false, "a GitHub token"},
    {"github_pat_", "_", 22, 255, false, "a GitHub token"},
    {"glpat-", "_-", 20, 64, false, "a GitLab token"},
    {"xoxb-", "-", 20, 255, false, "a Slack token"},
    {"xoxp-", "-", 20, 255, false, "a Slack token"},
    {"xoxa-", "-", 20, 255, false, "a Slack token"},
    {"xoxs-", "-", 20, 255, false, "a Slack token"},
    {"xapp-", "-", 20, 255, false, "a Slack token"},
    {"https://hooks.slack.com/services/T", "/", 20, 80, false, "a Slack webhook"},
    {"sk_live_", "", 16, 255, false, "a Stripe key"},
    {"rk_live_", "", 16, 255, false, "a Stripe key"},
    {"sk_test_", "", 16, 255, false, "a Stripe key"},
    {"AIza", "_-", 35, 35, false, "a Google API key"},
    {"SG.", "_-.", 40, 80, false, "a SendGrid key"},
    {"npm_", "", 36, 36, false, "an npm token"},
    {"sk-ant-", "_-", 40, 255, false, "an API key"},
    {"sk-proj-", "_-", 40, 255, false, "an API key"},
    {"hf_", "", 34, 40, false, "an API token"},
    {"dop_v1_", "", 64, 64, false, "an API token"},
    {"eyJ", "_-.", 40, 4096, false, "a JSON web token"},
};

static bool is_word(char c) { return ascii_is_alnum(c) || c == '_'; }

/* The shape at the beginning of text; 0: none. */
static size_t shape_at(str text, size_t shape) {
    str prefix = str_c(shapes[shape].prefix);
    if (!str_starts(text, prefix))
        return 0;
    size_t end = prefix.len;
    while (end < text.len &&
           (ascii_is_alnum(text.p[end]) || ascii_is_one_of(text.p[end], shapes[shape].marks)) &&
           !(shapes[shape].is_upper && ascii_is_lower(text.p[end])))
        end++;
    size_t n = end - prefix.len;
    bool is_cut = end < text.len && is_word(text.p[end]);
    bool is_token = !str_is(prefix, "eyJ") || str_find(str_slice(text, 0, end), S(".eyJ")) > 0;
    return n >= shapes[shape].least && n <= shapes[shape].most && !is_cut && is_token ? end : 0;
}

static bool find_shape(str text, size_t at, struct audit_secret *ret) {
    if (at > 0 && is_word(text.p[at - 1]))
        return false;
    str rest = str_skip(text, at);
    for (size_t i = 0; i < ARRAY_LEN(shapes); i++) {
        if (rest.p[0] != shapes[i].prefix[0])
            continue;
        size_t n = shape_at(rest, i);
        if (n && !audit_secret_is_placeholder(str_slice(rest, 0, n))) {
            *ret = (struct audit_secret){at, at + n, shapes[i].what};
            return true;
        }
    }
    return false;
}

/* -----BEGIN RSA PRIVATE KEY----- and some of the key behind it. */
static bool find_key(str text, size_t at, struct audit_secret *ret) {
    enum { LEAST = 16 };
    str rest = str_skip(text, at), begin = S("-----BEGIN "), end = S("PRIVATE KEY-----");
    if (!str_starts(rest, begin))
        return false;
    ptrdiff_t mark = str_find(str_slice(rest, 0, 64), end);
    if (mark < 0)
        return false;
    size_t n = (size_t)mark + end.len, letters = 0;
    for (size_t i = n; i < rest.len && letters < LEAST && rest.p[i] != '-'; i++) {
        if (ascii_is_one_of(rest.p[i], "<{$."))
            return false;
        letters += ascii_is_alnum(rest.p[i]);
    }
    *ret = (struct audit_secret){at, at + n, "a private key"};
    return letters == LEAST;
}

/* scheme://user:password@host, found at its "://". */
static bool find_address(str text, size_t at, struct audit_secret *ret) {
    if (!str_starts(str_skip(text, at), S("://")) || at == 0 || !ascii_is_alnum(text.p[at - 1]))
        return false;
    size_t end = at + 3, colon = 0, mark = 0;
    for (; end < text.len && !ascii_is_one_of(text.p[end], "/?# \t\n\"'`<>,"); end++) {
        if (text.p[end] == '@')
            mark = end;
        else if (text.p[end] == ':' && !colon)
            colon = end;
    }
    if (!mark || !colon || colon > mark)
        return false;
    str password = str_slice(text, colon + 1, mark);
    if (password.len == 0 || audit_secret_is_placeholder(password) ||
        str_eq_nocase(password, S("password")) || str_eq_nocase(password, S("pass")))
        return false;
    *ret = (struct audit_secret){colon + 1, mark, "a connection string with a password"};
    return true;
}

/* "Server=…;Password=…;", "AccountKey=…;EndpointSuffix=…", found at the name. */
static bool find_member(str text, size_t at, struct audit_secret *ret) {
    static const char *const names[] = {"password=", "pwd=", "accountkey=", "sharedaccesskey="};
    static const char *const beside[] = {
        "server=", "data source=", "host=", "accountname=", "endpoint="};
    if (at == 0 || text.p[at - 1] != ';')
        return false;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        str name = str_c(names[i]);
        if (!str_starts_nocase(str_skip(text, at), name))
            continue;
        size_t end = at + name.len;
        while (end < text.len && !ascii_is_one_of(text.p[end], ";\"'\n"))
            end++;
        if (audit_secret_is_placeholder(str_slice(text, at + name.len, end)))
            return false;
        for (size_t k = 0; k < ARRAY_LEN(beside); k++)
            for (size_t j = 0; j < at; j++)
                if (str_starts_nocase(str_skip(text, j), str_c(beside[k]))) {
                    *ret = (struct audit_secret){at + name.len, end,
                                                 "a connection string with a password"};
                    return true;
                }
    }
    return false;
}

/* What each kind begins with: most bytes are none of them. */
static const unsigned char begins[256] = {
    ['A'] = 1, ['g'] = 1, ['h'] = 1, ['x'] = 1, ['s'] = 1, ['r'] = 1, ['S'] = 1,
    ['n'] = 1, ['d'] = 1, ['e'] = 1, ['-'] = 2, [':'] = 2, [';'] = 2};

bool audit_secret_next(str text, size_t *at, struct audit_secret *ret) {
    for (size_t i = *at; i < text.len; i++) {
        unsigned char kind = begins[(unsigned char)text.p[i]];
        if (!kind && !(i > 0 && text.p[i - 1] == ';'))
            continue;
        bool is_found = (kind == 1 && find_shape(text, i, ret)) ||
                        (text.p[i] == '-' && find_key(text, i, ret)) ||
                        (text.p[i] == ':' && find_address(text, i, ret)) ||
                        (i > 0 && text.p[i - 1] == ';' && find_member(text, i, ret));
        if (is_found) {
            *at = ret->end;
            return true;
        }
    }
    *at = text.len;
    return false;
}

/* ---- Settings in a text ---- */

static bool is_name_char(char c) { return ascii_is_alnum(c) || c == '_' || c == '-'; }

bool audit_secret_next_setting(str text, size_t *at, str *ret_name, size_t *ret_from,
                               size_t *ret_end) {
    for (size_t i = *at; i < text.len; i++) {
        size_t from = i;
        while (i < text.len && is_name_char(text.p[i]))
            i++;
        size_t end = i, gap = i;
        while (gap < text.len && ascii_is_one_of(text.p[gap], "\"'=: "))
            gap++;
        bool is_flag = end - from > 2 && text.p[from] == '-' && text.p[from + 1] == '-';
        bool is_set = false;
        for (size_t k = end; k < gap; k++)
            is_set |= ascii_is_one_of(text.p[k], "=:");
        if (end == from || gap == end || !(is_set || is_flag))
            continue;
        char quote = ascii_is_one_of(text.p[gap - 1], "\"'") ? text.p[gap - 1] : '\0';
        size_t stop = gap;
        while (stop < text.len && (quote ? text.p[stop] != quote && text.p[stop] != '\n'
                                         : !ascii_is_one_of(text.p[stop], " \t\n;&|\"'")))
            stop++;
        *ret_name = str_slice(text, is_flag ? from + 2 : from, end);
        *ret_from = gap;
        *ret_end = stop;
        *at = end + 1;
        return true;
    }
    *at = text.len;
    return false;
}
