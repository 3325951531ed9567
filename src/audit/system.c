/* audit/system: collects what a template builds. */
#include "audit/code_map.h"
#include "audit/system.h"

/* ---- Functions ---- */

static bool is_handler_of(str handler, str *ret_name) {
    ptrdiff_t dot = str_rchr(handler, '.');
    *ret_name = dot < 0 ? handler : str_skip(handler, (size_t)dot + 1);
    return handler.len > 0;
}

static void read_inline(const struct audit_template *t, struct audit_function *f,
                        const char *path) {
    struct audit_values code = audit_property(t, f->r, path);
    bool is_python = str_starts(f->runtime, S("python")),
         is_node = str_starts(f->runtime, S("nodejs"));
    str text, handler = audit_text_of(t, f->r, "Handler"), name;
    const struct code_map *map;
    if (code.v[0].kind == AUDIT_ABSENT || (!is_python && !is_node) ||
        !audit_code_of_node(t, code.v[0].node, &text, &map))
        return;
    is_handler_of(handler, &name);
    f->is_inline = true;
    f->code = audit_code_read(t->arena, is_python ? CODE_PYTHON : CODE_JAVASCRIPT, text, name, map);
}

static const struct audit_function **read_functions(struct audit_template *t, const char *type,
                                                    bool is_sam, const char *code,
                                                    const struct audit_function **last) {
    for (const struct audit_resource *r = audit_first(t, type); r; r = r->next) {
        struct audit_function *f = arena_new(t->arena, struct audit_function);
        f->r = r;
        f->is_sam = is_sam;
        f->is_image_work = true;
        f->is_image = str_is(audit_text_of(t, r, "PackageType"), "Image");
        f->runtime = audit_text_of(t, r, "Runtime");
        f->name = audit_name(t, r);
        struct audit_values role = audit_property(t, r, "Role");
        if (role.n == 1 && role.v[0].kind != AUDIT_ABSENT)
            f->role = audit_target(t, role.v[0].node, NULL);
        read_inline(t, f, code);
        *last = f;
        last = &f->next;
    }
    return last;
}

const struct audit_function *audit_function_of(const struct audit_template *t,
                                               const struct audit_resource *r) {
    for (const struct audit_function *f = t->system->functions; f; f = f->next)
        if (f->r == r)
            return f;
    return NULL;
}

/* ---- Policies ---- */

static const struct {
    const char *type, *path, *on;
    enum audit_policy_kind kind;
} documents[] = {
    {"AWS::IAM::Role", "Policies[].PolicyDocument", NULL, AUDIT_POLICY_ROLE},
    {"AWS::IAM::Role", "AssumeRolePolicyDocument", NULL, AUDIT_POLICY_TRUST},
    {"AWS::IAM::User", "Policies[].PolicyDocument", NULL, AUDIT_POLICY_ROLE},
    {"AWS::IAM::Group", "Policies[].PolicyDocument", NULL, AUDIT_POLICY_ROLE},
    {"AWS::IAM::Policy", "PolicyDocument", NULL, AUDIT_POLICY_ROLE},
    {"AWS::IAM::ManagedPolicy", "PolicyDocument", NULL, AUDIT_POLICY_ROLE},
    {"AWS::S3::BucketPolicy", "PolicyDocument", "Bucket", AUDIT_POLICY_BUCKET},
    {"AWS::SNS::TopicPolicy", "PolicyDocument", "Topics[]", AUDIT_POLICY_TOPIC},
    {"AWS::SQS::QueuePolicy", "PolicyDocument", "Queues[]", AUDIT_POLICY_QUEUE},
    {"AWS::KMS::Key", "KeyPolicy", NULL, AUDIT_POLICY_KEY},
};

static void read_on(const struct audit_template *t, struct audit_statement *s, const char *on) {
    struct audit_values values = audit_property(t, s->owner, on);
    const struct audit_resource **list = arena_zalloc(t->arena, values.n * sizeof *list);
    for (size_t i = 0; i < values.n; i++) {
        const struct audit_resource *r =
            values.v[i].kind == AUDIT_ABSENT ? NULL : audit_target(t, values.v[i].node, NULL);
        if (r)
            list[s->n_on++] = r;
    }
    s->on = list;
}

static const struct audit_statement **read_document(struct audit_template *t,
                                                    const struct audit_resource *r, size_t kind,
                                                    const struct audit_value *document,
                                                    const struct audit_statement **last) {
    struct audit_values each = audit_path(t, document->node, document->guard, "Statement[]");
    for (size_t i = 0; i < each.n; i++) {
        if (each.v[i].kind != AUDIT_LITERAL || each.v[i].node->kind != TMPL_MAP)
            continue;
        struct audit_statement *s = arena_new(t->arena, struct audit_statement);
        *s = (struct audit_statement){.kind = documents[kind].kind,
                                      .owner = r,
                                      .document = document->node,
                                      .node = each.v[i].node,
                                      .guard = each.v[i].guard};
        s->is_deny = str_is(tmpl_text(tmpl_get(s->node, "Effect")), "Deny");
        if (documents[kind].on)
            read_on(t, s, documents[kind].on);
        *last = s;
        last = &s->next;
    }
    return last;
}

static void read_statements(struct audit_template *t, struct audit_system *s) {
    const struct audit_statement **last = &s->statements;
    for (size_t k = 0; k < ARRAY_LEN(documents); k++)
        for (const struct audit_resource *r = audit_first(t, documents[k].type); r; r = r->next) {
            struct audit_values values = audit_property(t, r, documents[k].path);
            for (size_t i = 0; i < values.n; i++)
                if (values.v[i].kind == AUDIT_LITERAL && values.v[i].node->kind == TMPL_MAP)
                    last = read_document(t, r, k, &values.v[i], last);
        }
}

void audit_statement_each(const struct audit_template *t, const struct audit_statement *s,
                          const char *element,
                          void (*fn)(void *ctx, const struct audit_value *value), void *ctx) {
    const struct tmpl_node *node = tmpl_get(s->node, element);
    struct audit_values each = audit_path(t, node, s->guard, "[]");
    for (size_t i = 0; node && i < each.n; i++)
        if (each.v[i].kind != AUDIT_ABSENT)
            fn(ctx, &each.v[i]);
}

void audit_system_read(struct audit_template *t) {
    struct audit_system *s = arena_new(t->arena, struct audit_system);
    t->system = s;
    const struct audit_function **last = &s->functions;
    last = read_functions(t, "AWS::Lambda::Function", false, "Code.ZipFile", last);
    read_functions(t, "AWS::Serverless::Function", true, "InlineCode", last);
    read_statements(t, s);
}
