/* audit/rules/tags: the tags that a template's resources have, and what they should be. */
#include "audit/rules/environment_priv.h"
#include "audit/rules/tags_priv.h"

#include "base/ascii.h"

/* ---- Types ---- */

/* "Tags" of the types' pages in the CloudFormation User Guide and the SAM specification. */
#define LIST(type, demanded)                                                                       \
    { type, "Tags[]", "Tags", false, demanded }
#define MAP(type, demanded)                                                                        \
    { type, "Tags", "Tags", true, demanded }
static const struct audit_tag_kind kinds[] = {
    LIST("AWS::ApiGateway::RestApi", true),
    LIST("AWS::ApiGateway::Stage", false),
    MAP("AWS::ApiGatewayV2::Api", true),
    MAP("AWS::Batch::ComputeEnvironment", true),
    LIST("AWS::CertificateManager::Certificate", false),
    LIST("AWS::CloudFront::Distribution", true),
    LIST("AWS::CloudTrail::Trail", false),
    LIST("AWS::CloudWatch::Alarm", false),
    LIST("AWS::CodeBuild::Project", true),
    {"AWS::Cognito::UserPool", "UserPoolTags", "UserPoolTags", true, true},
    {"AWS::DynamoDB::GlobalTable", "Replicas[].Tags[]", "Replicas", false, false},
    LIST("AWS::DynamoDB::Table", true),
    LIST("AWS::EC2::Instance", true),
    LIST("AWS::EC2::NatGateway", true),
    LIST("AWS::EC2::SecurityGroup", false),
    LIST("AWS::EC2::Subnet", false),
    LIST("AWS::EC2::VPC", false),
    LIST("AWS::EC2::Volume", true),
    LIST("AWS::ECR::Repository", true),
    LIST("AWS::ECS::Cluster", true),
    LIST("AWS::ECS::Service", true),
    LIST("AWS::ECS::TaskDefinition", false),
    {"AWS::EFS::FileSystem", "FileSystemTags[]", "FileSystemTags", false, true},
    LIST("AWS::ElastiCache::ReplicationGroup", true),
    LIST("AWS::ElasticLoadBalancingV2::LoadBalancer", true),
    MAP("AWS::Glue::Job", true),
    LIST("AWS::IAM::Role", false),
    LIST("AWS::IAM::User", false),
    LIST("AWS::KMS::Key", true),
    LIST("AWS::Kinesis::Stream", true),
    LIST("AWS::KinesisFirehose::DeliveryStream", true),
    LIST("AWS::Lambda::Function", true),
    LIST("AWS::Logs::LogGroup", true),
    LIST("AWS::OpenSearchService::Domain", true),
    LIST("AWS::RDS::DBCluster", true),
    LIST("AWS::RDS::DBInstance", true),
    LIST("AWS::S3::Bucket", true),
    LIST("AWS::SNS::Topic", true),
    LIST("AWS::SQS::Queue", true),
    MAP("AWS::SSM::Parameter", false),
    LIST("AWS::SecretsManager::Secret", true),
    MAP("AWS::Serverless::Api", true),
    MAP("AWS::Serverless::Function", true),
    MAP("AWS::Serverless::HttpApi", true),
    MAP("AWS::Serverless::SimpleTable", true),
    MAP("AWS::Serverless::StateMachine", true),
    LIST("AWS::StepFunctions::StateMachine", true),
};

const struct audit_tag_kind *audit_tag_kind(str type) {
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (str_is(type, kinds[i].type))
            return &kinds[i];
    return NULL;
}

/* ---- What there is ---- */

static void add_list(const struct audit_template *t, struct audit_tagged *tagged,
                     const struct audit_values *values) {
    struct audit_tag *tags = arena_zalloc(t->arena, values->n * sizeof *tags);
    for (size_t i = 0; i < values->n; i++) {
        const struct audit_value *v = &values->v[i];
        const struct tmpl_node *key = tmpl_get(v->node, "Key");
        if (v->kind == AUDIT_ABSENT)
            continue;
        if (v->kind == AUDIT_UNKNOWN || !tmpl_text(key).p) {
            tagged->is_unknown = true;
            continue;
        }
        const struct tmpl_node *value = tmpl_get(v->node, "Value");
        tags[tagged->n++] = (struct audit_tag){tmpl_text(key), key->start,           key,
                                               value,          audit_text(t, value), v->guard};
    }
    tagged->tags = tags;
}

static void add_maps(const struct audit_template *t, struct audit_tagged *tagged,
                     const struct audit_values *values) {
    size_t most = 0;
    for (size_t i = 0; i < values->n; i++)
        most += tmpl_is(values->v[i].node, TMPL_MAP) ? values->v[i].node->n : 0;
    struct audit_tag *tags = arena_zalloc(t->arena, most * sizeof *tags);
    for (size_t i = 0; i < values->n; i++) {
        const struct audit_value *v = &values->v[i];
        tagged->is_unknown |= v->kind == AUDIT_UNKNOWN;
        if (v->kind != AUDIT_LITERAL || v->node->kind != TMPL_MAP)
            continue;
        for (size_t k = 0; k < v->node->n; k++) {
            const struct tmpl_member *m = &v->node->members[k];
            tags[tagged->n++] = (struct audit_tag){
                m->key, m->key_at, NULL, m->value, audit_text(t, m->value), v->guard};
        }
    }
    tagged->tags = tags;
}

static bool read_tagged(const struct audit_template *t, const struct audit_resource *r,
                        struct audit_tagged *ret) {
    const struct audit_tag_kind *kind = audit_tag_kind(r->type);
    *ret = (struct audit_tagged){.r = r, .kind = kind};
    if (!kind || !audit_has(t, r, kind->path))
        return false;
    const struct audit_values values = audit_property(t, r, kind->path);
    (kind->is_map ? add_maps : add_list)(t, ret, &values);
    const struct tmpl_node *node = tmpl_get(r->properties, kind->property);
    if (tmpl_is(node, kind->is_map ? TMPL_MAP : TMPL_LIST) && !tmpl_function(node) &&
        strcmp(kind->property, "Replicas") != 0)
        ret->node = node;
    return true;
}

const struct audit_tag *audit_tagged_find(const struct audit_tagged *tagged, str key) {
    for (size_t i = 0; i < tagged->n; i++)
        if (str_eq(tagged->tags[i].key, key))
            return &tagged->tags[i];
    return NULL;
}

/* How many have the key, and its commonest value (the first of those that are as common). */
static size_t count(const struct audit_tags *all, str key, const struct audit_tag **ret_best) {
    size_t n = 0, best = 0;
    for (size_t i = 0; i < all->n; i++) {
        const struct audit_tag *tag = audit_tagged_find(&all->tagged[i], key);
        size_t same = 0;
        n += tag != NULL;
        for (size_t k = 0; tag && k < all->n; k++) {
            const struct audit_tag *other = audit_tagged_find(&all->tagged[k], key);
            same += other && str_eq(other->text, tag->text);
        }
        if (same > best) {
            best = same;
            *ret_best = tag;
        }
    }
    return n;
}

enum { MOST_HOUSE = 16, MOST_SEEN = 64, MOST_COMPARED = 64 };

/* Values that are one resource's own ("Name") are nobody else's. */
static void read_house(const struct audit_template *t, struct audit_tags *all) {
    struct audit_tag *house = arena_zalloc(t->arena, MOST_HOUSE * sizeof *house);
    struct audit_tags some = *all;
    some.n = some.n < MOST_COMPARED ? some.n : MOST_COMPARED;
    all->house = house;
    str seen[MOST_SEEN];
    size_t n_seen = 0;
    for (size_t i = 0; i < some.n; i++)
        for (size_t k = 0; k < some.tagged[i].n && all->n_house < MOST_HOUSE; k++) {
            str key = some.tagged[i].tags[k].key;
            const struct audit_tag *best = NULL;
            bool is_known = str_is(key, "Name") || n_seen == MOST_SEEN;
            for (size_t j = 0; j < n_seen && !is_known; j++)
                is_known = str_eq(seen[j], key);
            if (is_known)
                continue;
            seen[n_seen++] = key;
            if (2 * count(&some, key, &best) >= some.n && best->text.p)
                house[all->n_house++] = *best;
        }
}

const struct audit_tags *audit_tags(struct audit_template *t) {
    if (t->tags)
        return t->tags;
    struct audit_tags *all = arena_new(t->arena, struct audit_tags);
    struct audit_tagged *tagged = arena_zalloc(t->arena, t->n_resources * sizeof *tagged);
    for (size_t i = 0; i < t->n_resources; i++)
        all->n += read_tagged(t, &t->resources[i], &tagged[all->n]);
    all->tagged = tagged;
    read_house(t, all);
    t->tags = all;
    return all;
}

/* ---- What they should be ---- */

static void write_text(struct buf *out, str text) {
    bool is_plain = text.len && ascii_is_alpha(text.p[0]) && ascii_only_alnum(text, "_-./@") &&
                    !str_eq_nocase(text, S("true")) && !str_eq_nocase(text, S("false")) &&
                    !str_eq_nocase(text, S("yes")) && !str_eq_nocase(text, S("no")) &&
                    !str_eq_nocase(text, S("on")) && !str_eq_nocase(text, S("off")) &&
                    !str_eq_nocase(text, S("null"));
    if (is_plain) {
        buf_str(out, text);
        return;
    }
    buf_char(out, '\'');
    for (size_t i = 0; i < text.len; i++) {
        buf_char(out, text.p[i]);
        if (text.p[i] == '\'')
            buf_char(out, '\'');
    }
    buf_char(out, '\'');
}

static void write_value(struct buf *out, const struct tmpl_node *value) {
    const struct tmpl_member *f = tmpl_function(value);
    str text = f ? tmpl_text(f->value) : STR_NONE;
    if (f && text.p && str_is(f->key, "Ref")) {
        buf_printf(out, "!Ref " STR_FMT, STR_ARG(text));
    } else if (f && text.p && str_is(f->key, "Fn::Sub")) {
        buf_c(out, "!Sub ");
        write_text(out, text);
    } else if (tmpl_text(value).p) {
        write_text(out, tmpl_text(value));
    } else {
        tmpl_dump(out, value);
    }
}

void audit_tag_write(struct buf *out, const struct audit_tag_kind *kind, str key,
                     const struct tmpl_node *value) {
    buf_c(out, kind->is_map ? "" : "{Key: ");
    write_text(out, key);
    buf_c(out, kind->is_map ? ": " : ", Value: ");
    write_value(out, value);
    buf_c(out, kind->is_map ? "" : "}");
}

static void write_reference(struct buf *out, const struct audit_tag_kind *kind, const char *key,
                            str name) {
    buf_printf(out,
               kind->is_map ? "%s: !Ref " STR_FMT "\n" : "- {Key: %s, Value: !Ref " STR_FMT "}\n",
               key, STR_ARG(name));
}

str audit_tags_for_new(struct audit_template *t, const char *type) {
    const struct audit_tag_kind *kind = audit_tag_kind(str_c(type));
    const struct audit_tags *all = audit_tags(t);
    if (!kind || (!kind->is_demanded && all->n_house == 0))
        return STR_NONE;
    CLEANUP_DEINIT(buf) struct buf out = {0};
    for (size_t i = 0; i < all->n_house; i++) {
        buf_c(&out, kind->is_map ? "" : "- ");
        audit_tag_write(&out, kind, all->house[i].key, all->house[i].value);
        buf_char(&out, '\n');
    }
    if (all->n_house == 0) {
        str environment = audit_environment_parameter(t);
        write_reference(&out, kind, "Application", S("AWS::StackName"));
        if (environment.p)
            write_reference(&out, kind, "Environment", environment);
    }
    return arena_str(t->arena, buf_view(&out));
}
