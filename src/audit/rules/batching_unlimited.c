/* Event source mappings of queues and streams that do not say how much a batch may hold. */
#include "audit/finding.h"
#include "audit/system.h"

/*
 * What Lambda takes where BatchSize is not there ("AWS::Lambda::EventSourceMapping", BatchSize): the fix
 * writes the same, so that nothing changes but that it can be seen.
 */
enum { OF_A_QUEUE = 10, OF_A_STREAM = 100 };

static void check(struct audit_template *t) {
    for (const struct audit_mapping *m = t->system->mappings; m; m = m->next) {
        if (!m->function || !m->function->is_image_work)
            continue;
        struct audit_values sizes = audit_path(t, m->node, m->guard, "BatchSize");
        bool has = false;
        for (size_t i = 0; i < sizes.n; i++)
            has = has || sizes.v[i].kind != AUDIT_ABSENT;
        if (has)
            continue;
        bool is_queue = audit_is(m->source, "AWS::SQS::Queue");
        struct audit_finding *f =
            audit_tell(t, &audit_rule_batching_unlimited, m->owner, m->guard,
                       "nothing limits how many records one invocation of %.*s gets",
                       STR_ARG(m->function->r->name));
        if (m->node && m->source)
            audit_fix_member(f, m->node, "BatchSize", "%d", is_queue ? OF_A_QUEUE : OF_A_STREAM);
    }
}

const struct audit_rule audit_rule_batching_unlimited = {
    .id = "batching-unlimited",
    .class = 9,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_PIPELINE,
    .title = "Event source without a limit for its batches",
    .why =
        "a batch as large as the default has to fit into one time-out: ten pictures of a queue, a "
        "hundred records of a stream",
    .fix = "set BatchSize to what the function can do in its time",
    .bad = "Resources:\n"
           "  Jobs:\n"
           "    Type: AWS::SQS::Queue\n"
           "  Worker:\n"
           "    Type: AWS::Lambda::Function\n"
           "  FromJobs:\n"
           "    Type: AWS::Lambda::EventSourceMapping\n"
           "    Properties:\n"
           "      EventSourceArn: !GetAtt Jobs.Arn\n"
           "      FunctionName: !Ref Worker\n",
    .good = "Resources:\n"
            "  Jobs:\n"
            "    Type: AWS::SQS::Queue\n"
            "  Worker:\n"
            "    Type: AWS::Lambda::Function\n"
            "  FromJobs:\n"
            "    Type: AWS::Lambda::EventSourceMapping\n"
            "    Properties:\n"
            "      EventSourceArn: !GetAtt Jobs.Arn\n"
            "      FunctionName: !Ref Worker\n"
            "      BatchSize: 5\n",
    .check = check,
};
