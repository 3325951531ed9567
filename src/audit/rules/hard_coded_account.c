/* Account ids that are written out: in ARNs, and where an account is asked for. */
#include "audit/rules/names_priv.h"

#include "base/ascii.h"

enum { ACCOUNT = 12 };

static bool is_account(str text) {
    for (size_t i = 0; i < text.len; i++)
        if (!ascii_is_digit(text.p[i]))
            return false;
    return text.len == ACCOUNT;
}

/*
 * Accounts of AWS that policies must name: load balancers write their logs as these ("Enable access
 * logs", Elastic Load Balancing user guides).
 */
static const char *const of_aws[] = {
    "127311923021", "033677994240", "027434742980", "797873946194", "098369216593", "754344448648",
    "589379963580", "718504428378", "383597477331", "600734575887", "114774131450", "783225319266",
    "582318560864", "985666609251", "054676820928", "156460612806", "652711504416", "635631232127",
    "009996457667", "897822967062", "076674570225", "507241528517", "048591011584", "190560391635",
    "638102146993", "037604701340"};

static bool is_of_aws(str account) {
    for (size_t i = 0; i < ARRAY_LEN(of_aws); i++)
        if (str_is(account, of_aws[i]))
            return true;
    return false;
}

/* Keys that ask for an account: SourceAccount, AccountId, aws:PrincipalAccount, OTHER_ACCOUNT. */
static bool asks_for_account(const struct audit_literal *l) {
    for (size_t i = 0; i + strlen("account") <= l->key.len; i++)
        if (str_starts_nocase(str_skip(l->key, i), S("account")))
            return true;
    return (str_is(l->key, "AWS") && audit_literal_is_under(l, "Principal")) ||
           str_is(l->key, "aws:SourceOwner");
}

/*
 * The account's field of the ARN that begins at text: false where it is empty or no number. What is
 * published to everybody is of its publisher's account: a layer, an image of AWS.
 */
static bool account_of_arn(str text, size_t *ret_from) {
    size_t colons = 0, depth = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (ascii_is_one_of(text.p[i], "\"' \n"))
            return false;
        depth += text.p[i] == '{'; /* "${AWS::Region}" is one field */
        depth -= text.p[i] == '}' && depth;
        if (text.p[i] != ':' || depth || ++colons < 4)
            continue;
        *ret_from = i + 1;
        str rest = str_skip(text, i + 1 + ACCOUNT);
        return is_account(str_slice(text, i + 1, i + 1 + ACCOUNT)) &&
               (rest.len == 0 || rest.p[0] == ':') && !str_starts(rest, S(":layer:"));
    }
    return false;
}

static struct audit_finding *tell(struct audit_template *t, const struct audit_literal *l,
                                  size_t from) {
    str account = str_slice(l->text, from, from + ACCOUNT);
    return is_of_aws(account)
               ? NULL
               : audit_tell_literal(t, &audit_rule_hard_coded_account, l, from, from + ACCOUNT,
                                    "the account " STR_FMT " is written out", STR_ARG(account));
}

/* "photos-210987654321": what the stack makes is of its own account. */
static void look_at_name(struct audit_template *t, const struct audit_literal *l) {
    const char *property = l->r ? audit_unique_name_property(l->r->type) : NULL;
    if (!property || !str_is(l->key, property))
        return;
    for (size_t at = 0; at + ACCOUNT <= l->text.len; at++) {
        bool is_first = at == 0 || !ascii_is_alnum(l->text.p[at - 1]);
        str behind = str_skip(l->text, at + ACCOUNT);
        if (is_first && is_account(str_slice(l->text, at, at + ACCOUNT)) &&
            !(behind.len && ascii_is_alnum(behind.p[0])))
            audit_fix_literal(tell(t, l, at), l, at, at + ACCOUNT, "AWS::AccountId");
    }
}

/* "210987654321.dkr.ecr.…" and "https://sqs.….amazonaws.com/210987654321/jobs", not AWS's own images. */
static bool is_in_address(str text, size_t at) {
    static const char *const of_images[] = {"763104351884", "602401143452", "840364872350",
                                            "811284229777", "906394416424", "382416733822"};
    str before = str_slice(text, 0, at), behind = str_skip(text, at + ACCOUNT);
    if (str_ends(before, S(".amazonaws.com/")))
        return str_starts(behind, S("/"));
    for (size_t i = 0; i < ARRAY_LEN(of_images); i++)
        if (str_is(str_slice(text, at, at + ACCOUNT), of_images[i]))
            return false;
    return str_starts(behind, S(".dkr.ecr."));
}

static void look_for_addresses(struct audit_template *t, const struct audit_literal *l) {
    if (str_find(l->text, S(".amazonaws.com")) < 0 && str_find(l->text, S(".dkr.ecr.")) < 0)
        return;
    for (size_t at = 0; at + ACCOUNT < l->text.len; at++) {
        bool is_first = at == 0 || !ascii_is_alnum(l->text.p[at - 1]);
        if (is_first && is_account(str_slice(l->text, at, at + ACCOUNT)) &&
            is_in_address(l->text, at))
            tell(t, l, at);
    }
}

static void look(void *ctx, const struct audit_literal *l) {
    if (audit_literal_is_prose(l) || l->text.len < ACCOUNT)
        return;
    if (is_account(l->text)) {
        bool is_piece = l->function && !l->is_sub;
        if (asks_for_account(l) || is_piece)
            tell(ctx, l, 0);
        return;
    }
    look_at_name(ctx, l);
    look_for_addresses(ctx, l);
    for (size_t at = 0, from; at < l->text.len;) {
        ptrdiff_t next = str_find(str_skip(l->text, at), S("arn:"));
        if (next < 0)
            return;
        at += (size_t)next;
        if (account_of_arn(str_skip(l->text, at), &from))
            tell(ctx, l, at + from);
        at += strlen("arn:");
    }
}

static void check(struct audit_template *t) { audit_literals(t, look, t); }

const struct audit_rule audit_rule_hard_coded_account = {
    .id = "hard-coded-account",
    .class = 17,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_PIPELINE,
    .title = "Account id that is written out",
    .why = "in another account the stack reaches into the first one, or fails",
    .fix = "write ${AWS::AccountId} where it is the stack's own, else make it a parameter",
    .bad = "Resources:\n"
           "  Permission:\n"
           "    Type: AWS::Lambda::Permission\n"
           "    Properties:\n"
           "      Action: lambda:InvokeFunction\n"
           "      FunctionName: process\n"
           "      Principal: s3.amazonaws.com\n"
           "      SourceAccount: '210987654321'\n",
    .good = "Resources:\n"
            "  Permission:\n"
            "    Type: AWS::Lambda::Permission\n"
            "    Properties:\n"
            "      Action: lambda:InvokeFunction\n"
            "      FunctionName: process\n"
            "      Principal: s3.amazonaws.com\n"
            "      SourceAccount: !Ref AWS::AccountId\n",
    .check = check,
};
