/* Regions that are written out: in ARNs, in addresses, and where a region or zone is asked for. */
#include "audit/rules/literals_priv.h"

#include "base/ascii.h"

/* The length of the region's name that text begins with ("us-east-1"); 0: none. */
static size_t region_at(str text) {
    static const char *const areas[] = {"us", "eu", "ap", "sa",     "ca",     "me",     "af",
                                        "il", "mx", "cn", "us-gov", "us-iso", "us-isob"};
    static const char *const parts[] = {"northeast", "northwest", "southeast", "southwest", "north",
                                        "south",     "east",      "west",      "central"};
    for (size_t i = ARRAY_LEN(areas); i-- > 0;) {
        str area = str_c(areas[i]);
        if (!str_starts(text, area) || text.len == area.len || text.p[area.len] != '-')
            continue;
        for (size_t k = 0; k < ARRAY_LEN(parts); k++) {
            size_t n = area.len + 1 + strlen(parts[k]);
            if (str_starts(str_skip(text, area.len + 1), str_c(parts[k])) && n + 1 < text.len &&
                text.p[n] == '-' && ascii_is_digit(text.p[n + 1]))
                return n + 2;
        }
    }
    return 0;
}

static bool is_word(char c) { return ascii_is_alnum(c) || c == '_'; }

/* What must be of one region, wherever the stack is: certificates and firewalls of CloudFront. */
static bool is_global(const struct audit_literal *l, str arn) {
    return str_starts(arn, S("arn:aws:acm:us-east-1")) ||
           (str_find(arn, S(":global/")) >= 0 && str_find(arn, S("wafv2")) >= 0) ||
           audit_is(l->r, "AWS::CloudFront::Distribution");
}

enum place { NOT_A_PLACE, IN_ARN, IN_HOST, WHOLE, IN_TEXT, IN_NAME };

/* "arn:P:SERVICE:" before it and ":" behind. */
static bool is_in_arn(str text, size_t at, size_t end) {
    if (end >= text.len || text.p[end] != ':' || at == 0 || text.p[at - 1] != ':')
        return false;
    size_t colons = 0, i = at;
    while (i > 0 && colons < 4 && !ascii_is_one_of(text.p[i - 1], "\"' \n")) {
        i--;
        colons += text.p[i] == ':';
        if (colons == 3 && i >= 3 && str_is(str_slice(text, i - 3, i), "arn"))
            return true;
    }
    return false;
}

/* ".REGION.amazonaws.com", "s3-REGION.amazonaws.com". */
static bool is_in_host(str text, size_t at, size_t end) {
    return at > 0 && ascii_is_one_of(text.p[at - 1], ".-/") &&
           str_starts(str_skip(text, end), S(".amazonaws.com"));
}

/* {"region": "REGION"} of a dashboard, region_name='REGION' of code, --region REGION. */
static bool is_in_text(str text, size_t at) {
    size_t i = at;
    while (i > 0 && ascii_is_one_of(text.p[i - 1], "\"'=: \t"))
        i--;
    if (i >= strlen("_name") && str_is(str_slice(text, i - strlen("_name"), i), "_name"))
        i -= strlen("_name");
    return i != at && i >= strlen("region") &&
           str_is(str_slice(text, i - strlen("region"), i), "region");
}

static enum place place_of(const struct audit_literal *l, const char *name, size_t at, size_t end) {
    str text = l->text;
    bool is_zone = end + 1 == text.len && ascii_is_lower(text.p[end]);
    if (at == 0 && (end == text.len || is_zone) && !(l->function && !l->is_sub))
        return WHOLE;
    if (is_in_arn(text, at, end))
        return IN_ARN;
    if (is_in_host(text, at, end))
        return IN_HOST;
    if (is_in_text(text, at))
        return IN_TEXT;
    return name && str_is(l->key, name) ? IN_NAME : NOT_A_PLACE;
}

/* Regions that are meant: where copies go, and what a policy holds its callers to. */
static bool is_meant(const struct audit_literal *l) {
    static const char *const under[] = {
        "Replicas",    "ReplicaRegions",      "Regions",
        "GeoLocation", "StackInstancesGroup", "ReplicationConfiguration"};
    for (size_t i = 0; i < ARRAY_LEN(under); i++)
        if (audit_literal_is_under(l, under[i]))
            return true;
    return audit_literal_is_prose(l) || str_eq_nocase(l->key, S("aws:RequestedRegion")) ||
           audit_literal_is_under(l, "Tags");
}

static void tell(struct audit_template *t, const struct audit_literal *l, enum place place,
                 size_t at, size_t end) {
    struct audit_finding *f = audit_tell_literal(t, &audit_rule_hard_coded_region, l, at, end,
                                                 "the region " STR_FMT " is written out",
                                                 STR_ARG(str_slice(l->text, at, end)));
    /* A layer is published in every region; an account of one's own is the stack's. */
    str rest = str_skip(l->text, end);
    bool is_own = str_starts(rest, S(":${AWS::AccountId}:")) || str_find(rest, S(":layer:")) >= 0;
    if ((place == IN_ARN && is_own) || place == IN_TEXT || place == IN_NAME)
        audit_fix_literal(f, l, at, end, "AWS::Region");
}

static void look(void *ctx, const struct audit_literal *l) {
    if (l->text.len < strlen("us-east-1") || str_chr(l->text, '-') < 0)
        return;
    const char *name = l->r ? audit_name_property(l->r->type) : NULL;
    /* Each begins with two letters and a hyphen. */
    for (size_t i = 0;;) {
        ptrdiff_t hyphen = str_chr(str_skip(l->text, i), '-');
        if (hyphen < 0)
            return;
        size_t at = i + (size_t)hyphen;
        i = at + 1;
        at -= at < 2 ? at : 2;
        if (at > 0 && is_word(l->text.p[at - 1]))
            continue;
        size_t n = region_at(str_skip(l->text, at));
        enum place place = n ? place_of(l, name, at, at + n) : NOT_A_PLACE;
        if (place == NOT_A_PLACE)
            continue;
        if (!is_meant(l) && !is_global(l, l->text))
            tell(ctx, l, place, at, at + n);
        i = at + n;
    }
}

static void check(struct audit_template *t) { audit_literals(t, look, t); }

const struct audit_rule audit_rule_hard_coded_region = {
    .id = "hard-coded-region",
    .class = 17,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_PIPELINE,
    .title = "Region that is written out",
    .why = "in another region the stack fails, or reaches across",
    .fix = "write ${AWS::Region}; of zones !Select [0, !GetAZs '']",
    .bad = "Resources:\n"
           "  Function:\n"
           "    Type: AWS::Lambda::Function\n"
           "    Properties:\n"
           "      Role: arn:aws:iam::aws:role/none\n"
           "      Environment: {Variables: {QUEUE_REGION: us-east-1}}\n",
    .good = "Resources:\n"
            "  Function:\n"
            "    Type: AWS::Lambda::Function\n"
            "    Properties:\n"
            "      Role: arn:aws:iam::aws:role/none\n"
            "      Environment: {Variables: {QUEUE_REGION: !Ref AWS::Region}}\n",
    .check = check,
};
