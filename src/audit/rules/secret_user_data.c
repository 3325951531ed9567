/* Secrets in what machines run when they start. */
#include "audit/rules/literals_priv.h"
#include "audit/rules/secret_priv.h"

static void look(void *ctx, const struct audit_literal *l) {
    struct audit_template *t = ctx;
    struct audit_secret found;
    str name;
    if (!audit_literal_is_under(l, "UserData"))
        return;
    for (size_t at = 0; audit_secret_next(l->text, &at, &found);)
        audit_tell_literal(t, &audit_rule_secret_user_data, l, found.from, found.end,
                           "the user data holds %s", found.what);
    for (size_t at = 0, from, end; audit_secret_next_setting(l->text, &at, &name, &from, &end);) {
        str value = str_slice(l->text, from, end);
        size_t none = 0;
        if (audit_secret_name(name) && audit_secret_value(name, value) &&
            !audit_secret_next(value, &none, &found))
            audit_tell_literal(t, &audit_rule_secret_user_data, l, from, end,
                               "the user data sets " STR_FMT " to a secret", STR_ARG(name));
    }
}

static void check(struct audit_template *t) {
    static const char *const types[] = {"AWS::EC2::Instance", "AWS::EC2::LaunchTemplate",
                                        "AWS::EC2::SpotFleet",
                                        "AWS::AutoScaling::LaunchConfiguration"};
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        for (const struct audit_resource *r = audit_first(t, types[i]); r; r = r->next)
            audit_literals_of(t, r, look, t);
}

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
