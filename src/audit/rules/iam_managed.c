/* audit/rules/iam_managed: names of AWS's managed policies. */
#include "audit/rules/iam_managed_priv.h"

#include "base/ascii.h"

str audit_managed_name(const struct audit_template *t, const struct audit_managed *m) {
    str text = m->value.text.p ? m->value.text : audit_text(t, m->value.node);
    ptrdiff_t at = str_find(text, S(":aws:policy/"));
    if (at >= 0) {
        str name = str_skip(text, (size_t)at + strlen(":aws:policy/"));
        ptrdiff_t slash = str_rchr(name, '/');
        return slash < 0 ? name : str_skip(name, (size_t)slash + 1);
    }
    bool is_bare =
        text.len && ascii_only_alnum(text, "_-") && audit_is(m->owner, "AWS::Serverless::Function");
    return is_bare ? text : STR_NONE;
}

bool audit_managed_is_admin(str name) {
    static const char *const admin[] = {"AdministratorAccess", "IAMFullAccess", "PowerUserAccess",
                                        "AdministratorAccess-Amplify"};
    for (size_t i = 0; i < ARRAY_LEN(admin); i++)
        if (str_is(name, admin[i]))
            return true;
    return false;
}
