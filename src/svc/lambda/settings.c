/*
 * Which settings of a function do nothing here, and so are refused by their names: one table for
 * CreateFunction, UpdateFunctionCode and UpdateFunctionConfiguration. docs/lambda.md lists every
 * member of theirs; what is in no row is obeyed, or kept because nothing here depends on it.
 */
#include "svc/lambda/lambda_priv.h"

enum { SHOWN = 120 }; /* bytes of a value that a message repeats */

/* A member, or "A.B" for a member's. An empty value asks for nothing and passes. */
static const struct setting {
    const char *member;
    const char *only; /* the value that is offered; NULL: none */
} settings[] = {
    {"Code.ImageUri", NULL},
    {"Code.SourceKMSKeyArn", NULL},
    {"ImageUri", NULL},
    {"SourceKMSKeyArn", NULL},
    {"PackageType", "Zip"},
    {"ImageConfig", NULL},
    {"Publish", "false"},
    {"PublishTo", NULL},
    {"SnapStart.ApplyOn", "None"},
    {"FileSystemConfigs", NULL},
    {"VpcConfig.SubnetIds", NULL},
    {"VpcConfig.SecurityGroupIds", NULL},
    {"VpcConfig.Ipv6AllowedForDualStack", "false"},
    {"KMSKeyArn", NULL},
    {"CodeSigningConfigArn", NULL},
    {"CapacityProviderConfig", NULL},
    {"DurableConfig", NULL},
    {"TenancyConfig", NULL},
};

static const json_t *value_at(const json_t *in, const char *member) {
    const char *dot = strchr(member, '.');
    if (!dot)
        return json_object_get(in, member);
    return json_object_get(json_object_getn(in, member, (size_t)(dot - member)), dot + 1);
}

static bool is_empty(const json_t *v) {
    return !v || json_is_null(v) || (json_is_array(v) && json_array_size(v) == 0) ||
           (json_is_object(v) && json_object_size(v) == 0) ||
           (json_is_string(v) && json_string_length(v) == 0);
}

static void show(const json_t *v, struct buf *out) {
    if (json_is_string(v))
        buf_str(out, json_text(v));
    else
        json_write(out, v);
}

int lambda_check_settings(struct rq *rq) {
    for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
        const struct setting *s = &settings[i];
        const json_t *v = value_at(rq->in, s->member);
        CLEANUP_DEINIT(buf) struct buf text = {0};
        if (is_empty(v))
            continue;
        show(v, &text);
        if (s->only && str_is(buf_view(&text), s->only))
            continue;
        str what = arena_printf(&rq->arena, "%s " STR_FMT, s->member,
                                STR_ARG(str_utf8_slice(buf_view(&text), SHOWN)));
        return lambda_fail_unsupported(rq, what.p);
    }
    return 0;
}
