/* audit/system: who is asked for what of each resource, and what its readers share. */
#include "audit/system_priv.h"

static const struct {
    const char *type;
    audit_reader_fn *read;
} functions[] =
    {
        {"AWS::Lambda::Function", audit_read_function},
        {"AWS::Serverless::Function", audit_read_function},
},
  readers[] = {
      {"AWS::CloudWatch::Alarm", audit_read_alarm},
      {"AWS::Events::Rule", audit_read_rule_triggers},
      {"AWS::IAM::Group", audit_read_managed},
      {"AWS::IAM::Role", audit_read_managed},
      {"AWS::IAM::User", audit_read_managed},
      {"AWS::Lambda::EventSourceMapping", audit_read_mapping},
      {"AWS::Lambda::Permission", audit_read_permission},
      {"AWS::Logs::LogGroup", audit_read_log_group},
      {"AWS::S3::Bucket", audit_read_bucket_triggers},
      {"AWS::Serverless::Connector", audit_read_connector},
      {"AWS::Serverless::Function", audit_read_sam_policies},
      {"AWS::Serverless::Function", audit_read_own_connectors},
      {"AWS::Serverless::StateMachine", audit_read_sam_policies},
      {"AWS::Serverless::Function", audit_read_sam_events},
};

const struct audit_resource *audit_invoked(const struct audit_template *t,
                                           const struct tmpl_node *node) {
    enum { MOST_STEPS = 4 }; /* an alias of a version of a function */
    const struct audit_resource *r = audit_named(t, "lambda", audit_text(t, node), NULL);
    for (int i = 0; i < MOST_STEPS; i++) {
        if (!audit_is(r, "AWS::Lambda::Alias") && !audit_is(r, "AWS::Lambda::Version"))
            return r;
        struct audit_values of = audit_property(t, r, "FunctionName");
        r = of.v[0].node ? audit_named(t, "lambda", audit_text(t, of.v[0].node), NULL) : NULL;
    }
    return NULL;
}

str audit_first_text(const struct audit_template *t, const struct audit_resource *r,
                     const char *path) {
    struct audit_values values = audit_property(t, r, path);
    for (size_t i = 0; i < values.n; i++)
        if (values.v[i].kind != AUDIT_ABSENT) {
            str text = audit_text(t, values.v[i].node);
            return text.p ? text : S("${?}");
        }
    return STR_NONE;
}

bool audit_is_custom(const struct audit_resource *r) {
    return str_starts(r->type, S("Custom::")) ||
           str_is(r->type, "AWS::CloudFormation::CustomResource");
}

static void read_functions(struct audit_build *b) {
    const struct audit_template *t = b->t;
    for (size_t i = 0; i < t->n_resources; i++)
        for (size_t k = 0; k < ARRAY_LEN(functions); k++)
            if (str_is(t->resources[i].type, functions[k].type))
                functions[k].read(b, &t->resources[i]);
    const struct audit_function **index = arena_zalloc(t->arena, t->n_resources * sizeof *index);
    for (const struct audit_function *f = b->system->functions; f; f = f->next)
        index[f->r->index] = f;
    b->system->by_resource = index;
}

void audit_system_read(struct audit_template *t) {
    struct audit_system *s = arena_new(t->arena, struct audit_system);
    struct audit_build b = {.t = t,
                            .system = s,
                            .functions = &s->functions,
                            .statements = &s->statements,
                            .managed = &s->managed,
                            .triggers = &s->triggers,
                            .permissions = &s->permissions,
                            .mappings = &s->mappings,
                            .alarms = &s->alarms,
                            .log_groups = &s->log_groups};
    t->system = s;
    read_functions(&b);
    for (size_t i = 0; i < t->n_resources; i++) {
        const struct audit_resource *r = &t->resources[i];
        for (size_t k = 0; k < ARRAY_LEN(readers); k++)
            if (str_is(r->type, readers[k].type))
                readers[k].read(&b, r);
        audit_read_policies(&b, r);
        if (audit_is_custom(r))
            audit_read_custom_triggers(&b, r);
    }
    audit_read_uses(&b);
}
