/* Secrets in what machines run when they start. */
#include "audit/rules/literals_priv.h"
#include "audit/rules/secret_priv.h"

#include "base/ascii.h"

static bool is_name_char(char c) { return ascii_is_alnum(c) || c == '_' || c == '-'; }

/*
 * NAME=value, "name": "value", --name value: from *at on, which is moved behind it. False: no more.
 */
static bool next_setting(str text, size_t *at, str *ret_name, size_t *ret_from, size_t *ret_end) {
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

static void look(void *ctx, const struct audit_literal *l) {
    struct audit_template *t = ctx;
    struct audit_secret found;
    str name;
    if (!audit_literal_is_under(l, "UserData"))
        return;
    for (size_t at = 0; audit_secret_next(l->text, &at, &found);)
        audit_tell_literal(t, &audit_rule_secret_user_data, l, found.from, found.end,
                           "the user data holds %s", found.what);
    for (size_t at = 0, from, end; next_setting(l->text, &at, &name, &from, &end);) {
        str value = str_slice(l->text, from, end);
        size_t none = 0;
        if (audit_secret_name(name) && audit_secret_value(name, value) &&
            !audit_secret_next(value, &none, &found))
            audit_tell_literal(t, &audit_rule_secret_user_data, l, from, end,
                               "the user data sets " STR_FMT " to a secret", STR_ARG(name));
    }
}

static void check(struct audit_template *t) { audit_literals(t, look, t); }

const struct audit_rule audit_rule_secret_user_data = {
    .id = "secret-user-data",
    .class = 3,
    .severity = AUDIT_ERROR,
    .profile = AUDIT_BASELINE,
    .title = "Secret in user data",
    .why = "every program on the machine reads it, and the console shows it",
    .fix = "let the machine read it from Secrets Manager with its role",
    .bad = "Resources:\n"
           "  Worker:\n"
           "    Type: AWS::EC2::Instance\n"
           "    Properties:\n"
           "      UserData:\n"
           "        Fn::Base64: |\n"
           "          #!/bin/sh\n"
           "          export DB_PASSWORD=Tr0ub4dor+3\n",
    .good = "Resources:\n"
            "  Worker:\n"
            "    Type: AWS::EC2::Instance\n"
            "    Properties:\n"
            "      UserData:\n"
            "        Fn::Base64: |\n"
            "          #!/bin/sh\n"
            "          export DB_PASSWORD=$(aws ssm get-parameter --name /photos/db)\n",
    .check = check,
};
