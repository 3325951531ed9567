/*
 * kit/doc, kit/metric, kit/refuse: rows of documents, who is admitted, numbers, and filled-in
 * words.
 */
#include "fixture.h"

#include "svc/kit/doc.h"
#include "svc/kit/metric.h"
#include "svc/kit/refuse.h"

#define TOPIC "arn:aws:sns:us-east-1:" ACCOUNT ":t"
#define POLICY(effect, principal)                                                                  \
    "{\"Statement\":{\"Effect\":\"" effect "\",\"Principal\":" principal                           \
    ",\"Action\":\"sns:Publish\",\"Resource\":\"*\"}}"
#define S3_MAY POLICY("Allow", "{\"Service\":\"s3.amazonaws.com\"}")

static struct cloud *cloud;

/* Puts bytes as the row of topic t. */
static void put_row(str bytes) {
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    CLEANUP_DEINIT(buf) struct buf key = {0};
    kit_doc_key(&key, "sns", S(ACCOUNT), S("us-east-1"), S("t"));
    store_put_blind(batch, STORE_META, buf_view(&key), bytes);
    CHECK_INT(store_commit(cloud->store, batch, NULL), 0);
}

static void put_policy(const char *policy) {
    CLEANUP_JSON json_t *doc = json_pack("{s:{}}", "Attributes");
    CLEANUP_DEINIT(buf) struct buf text = {0};
    if (policy)
        json_set_str(json_obj(doc, "Attributes"), "Policy", str_c(policy));
    json_write(&text, doc);
    put_row(buf_view(&text));
}

/* What alarms are let in by, as a topic has it. */
static void default_policy(struct buf *out, str arn, str account) {
    buf_printf(
        out,
        "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":"
        "\"*\"},\"Action\":\"sns:Publish\",\"Resource\":\"" STR_FMT
        "\",\"Condition\":{\"StringEquals\":{\"aws:SourceOwner\":\"" STR_FMT "\"}}}]}",
        STR_ARG(arn), STR_ARG(account));
}

static int admit(const char *target, const char *service) {
    CLEANUP_DEINIT(kit_doc) struct kit_doc doc = {0};
    struct hub_event event = {.target = str_c(target),
                              .source_service = str_c(service),
                              .source_arn = S("arn:aws:s3:::photos"),
                              .source_account = S(ACCOUNT),
                              .account = S(ACCOUNT),
                              .region = S("us-east-1")};
    const struct rows rows = {cloud->store, NULL, NULL};
    return kit_doc_admit(&rows, &event, "sns", "sns:Publish", default_policy, &doc);
}

static void test_admission(void **state) {
    cloud = *state;
    CHECK_INT(admit(TOPIC, "s3.amazonaws.com"), HUB_E_NO_TARGET);
    put_policy(NULL);
    CHECK_INT(admit(TOPIC, "s3.amazonaws.com"), HUB_E_DENIED);
    CHECK_INT(admit(TOPIC, "lambda.amazonaws.com"), HUB_OK);     /* its role was asked before */
    CHECK_INT(admit(TOPIC, "cloudwatch.amazonaws.com"), HUB_OK); /* it names the owner */
    put_policy(S3_MAY);
    CHECK_INT(admit(TOPIC, "s3.amazonaws.com"), HUB_OK);
    CHECK_INT(admit(TOPIC, "sqs.amazonaws.com"), HUB_E_DENIED);
    CHECK_INT(admit(TOPIC, "cloudwatch.amazonaws.com"), HUB_E_DENIED); /* the default is gone */
    CHECK_INT(admit("arn:aws:sqs:us-east-1:" ACCOUNT ":t", "s3.amazonaws.com"), HUB_E_NO_TARGET);
    CHECK_INT(admit(TOPIC "2", "s3.amazonaws.com"), HUB_E_NO_TARGET);
    CHECK_INT(admit("t", "s3.amazonaws.com"), HUB_E_NO_TARGET);
    put_row(S("{"));
    CHECK_INT(admit(TOPIC, "s3.amazonaws.com"), HUB_E_RETRY);
}

static void test_rows(void **state) {
    cloud = *state;
    CLEANUP_DEINIT(kit_doc) struct kit_doc doc = {0}, shown = {0}, damaged = {0};
    const struct rows rows = {cloud->store, NULL, NULL};
    put_policy("p");
    kit_doc_key(&doc.row.key, "sns", S(ACCOUNT), S("us-east-1"), S("t"));
    CHECK_INT(kit_doc_get(&rows, &doc), 0);
    CHECK(doc.row.there);
    CHECK_STR(json_str(kit_doc_attributes(&doc), "Policy"), S("p"));
    CHECK_INT(kit_doc_of(buf_view(&doc.row.key), S("{\"Attributes\":{\"a\":1}}"), &shown), 0);
    CHECK(shown.row.there);
    CHECK_STR(buf_view(&shown.row.key), buf_view(&doc.row.key));
    CHECK_INT(json_int(kit_doc_attributes(&shown), "a", 0), 1);
    CHECK_INT(kit_doc_of(S("k"), S("no"), &damaged), STORE_E_DAMAGED);
}

/* Who changes a document changes a copy: others share what was read, and see what is written. */
static void test_shared(void **state) {
    cloud = *state;
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    const struct rows rows = {cloud->store, NULL, batch};
    struct kit_doc docs[5] = {0};
    put_policy("p");
    for (size_t i = 0; i < ARRAY_LEN(docs); i++)
        kit_doc_key(&docs[i].row.key, "sns", S(ACCOUNT), S("us-east-1"), S("t"));
    for (size_t i = 0; i < 4; i++)
        CHECK_INT(kit_doc_get(&rows, &docs[i]), 0);
    CHECK(docs[2].doc == docs[3].doc);
    json_set_str(kit_doc_change_attributes(&docs[3]), "Policy", S("q"));
    CHECK(docs[3].doc == kit_doc_change(&docs[3]));
    CHECK_STR(json_str(kit_doc_attributes(&docs[3]), "Policy"), S("q"));
    CHECK_STR(json_str(kit_doc_attributes(&docs[2]), "Policy"), S("p"));
    kit_doc_put(&rows, &docs[3]);
    CHECK_INT(store_commit(cloud->store, batch, NULL), 0);
    CHECK_INT(kit_doc_get(&rows, &docs[4]), 0);
    CHECK_STR(json_str(kit_doc_attributes(&docs[4]), "Policy"), S("q"));
    CHECK_STR(json_str(kit_doc_attributes(&docs[2]), "Policy"), S("p"));
    for (size_t i = 0; i < ARRAY_LEN(docs); i++)
        kit_doc_deinit(&docs[i]);
}

/* Texts of documents inside of documents: kept with the row, or made of a document of one's own. */
static void test_parts(void **state) {
    cloud = *state;
    static const char text[] =
        "{\"Attributes\":{\"RedrivePolicy\":\"{\\\"deadLetterTargetArn\\\":\\\"a\\\","
        "\\\"maxReceiveCount\\\":\\\"3\\\",\\\"x\\\":[1]}\"}}";
    CLEANUP_DEINIT(kit_doc) struct kit_doc shared = {0}, own = {0};
    struct kit_doc *docs[] = {&shared, &own};
    put_row(str_c(text));
    kit_doc_key(&shared.row.key, "sns", S(ACCOUNT), S("us-east-1"), S("t"));
    CHECK_INT(kit_doc_get(&(struct rows){cloud->store, NULL, NULL}, &shared), 0);
    CHECK_INT(kit_doc_of(S("k"), str_c(text), &own), 0);
    for (size_t i = 0; i < ARRAY_LEN(docs); i++) {
        const json_t *part = kit_doc_part(docs[i], KIT_DOC_REDRIVE_POLICY);
        CHECK_STR(json_str(part, "deadLetterTargetArn"), S("a"));
        CHECK_STR(json_str(part, "maxReceiveCount"), S("3"));
        CHECK_INT(json_object_size(part), 2); /* nobody asks for more */
        CHECK(!kit_doc_part(docs[i], KIT_DOC_FILTER_POLICY));
        const json_t *again = kit_doc_part(docs[i], KIT_DOC_REDRIVE_POLICY);
        CHECK(json_equal((json_t *)part, (json_t *)again));
        json_set_str(kit_doc_change_attributes(docs[i]), "RedrivePolicy", S("{"));
        CHECK(!kit_doc_part(docs[i], KIT_DOC_REDRIVE_POLICY));
        json_set_str(kit_doc_change_attributes(docs[i]), "FilterPolicy", S("{\"a\":[1]}"));
        CHECK_INT(json_object_size(kit_doc_part(docs[i], KIT_DOC_FILTER_POLICY)), 1);
        CHECK_STR(json_str(part, "deadLetterTargetArn"), S("a")); /* it lives as long */
    }
}

/* ---- Of a request ---- */

static const struct kit_refusal refusal = {&kit_test_error, "{name} of {what}, {none}end {"};

/* Uses topic t twice: one read, one document. */
static int GetTopicAttributes(void *svc, struct rq *rq) {
    (void)svc;
    struct kit_doc *first = NULL, *again = NULL, *other = NULL;
    int r = kit_doc_use(rq, rq->account, rq->region, S("t"), &first);
    if (r == STORE_E_ABSENT) {
        const struct kit_word words[] = {{"what", S("topics")}, {"name", S("t")}, {NULL, STR_NONE}};
        return kit_refuse(rq, &refusal, words);
    }
    CHECK_INT(kit_doc_use(rq, rq->account, rq->region, S("t"), &again), 0);
    CHECK(first == again);
    CHECK_INT(kit_doc_use(rq, rq->account, rq->region, S("t2"), &other), STORE_E_ABSENT);
    CHECK(other != first && !other->row.there);
    rq->out = json_object();
    return 0;
}

static int Publish(void *svc, struct rq *rq) {
    (void)svc;
    rq->out = json_object();
    return 0;
}

static const struct aws_op ops[] = {
    {"GetTopicAttributes", GetTopicAttributes, "sns:GetTopicAttributes", "*", 0, NULL},
    {"Publish", Publish, "sns:Publish", "{TopicArn}", 0, NULL}};
static const struct aws_service service = {
    .name = "sns", .api = &api_sns, .ops = ops, .n_ops = 2, .resource_policy = kit_doc_policy};

static int setup(void **state) {
    cloud_setup(state);
    cloud_add(*state, &service);
    return 0;
}

static void test_use(void **state) {
    struct cloud *c = cloud = *state;
    fails(cloud_call_as(c, c->root, "sns", "GetTopicAttributes", "{'TopicArn':'" TOPIC "'}"),
          "InvalidParameter");
    message("t of topics, end "); /* a word that is not there is empty */
    put_policy(NULL);
    ok(cloud_call_as(c, c->root, "sns", "GetTopicAttributes", "{'TopicArn':'" TOPIC "'}"));
}

/* The document's policy is asked for its own account's users, and for others'. */
static void test_policy(void **state) {
    struct cloud *c = cloud = *state;
    const char *in = "{'TopicArn':'" TOPIC "','Message':'m'}";
    /* A topic that is not there has no policy: the handler, not authorisation, says so. */
    ok(cloud_call_as(c, c->root, "sns", "Publish", in));
    fails(cloud_call_as(c, c->user, "sns", "Publish", in), "AccessDenied");
    put_policy(NULL);
    fails(cloud_call_as(c, c->user, "sns", "Publish", in), "AccessDenied");
    put_policy(POLICY("Allow", "\"*\""));
    ok(cloud_call_as(c, c->user, "sns", "Publish", in));
    put_policy(POLICY("Deny", "\"*\""));
    fails(cloud_call_as(c, c->root, "sns", "Publish", in), "AccessDenied");
    put_policy("{");
    cloud_call_as(c, c->root, "sns", "Publish", in);
    CHECK_INT(c->call.status, 500); /* it was checked when it was set */
}

/* ---- Metrics ---- */

static struct hub_metric told;
static struct hub_dimension told_dimensions[KIT_METRIC_DIMENSIONS + 1];

static void hear(void *ctx, struct store_batch *batch, const struct hub_metric *metric) {
    (void)ctx, (void)batch;
    told = *metric;
    memcpy(told_dimensions, metric->dimensions, metric->n_dimensions * sizeof *told_dimensions);
}

static void test_metrics(void **state) {
    cloud = *state;
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    struct kit_metrics metrics = {.hub = cloud->hub,
                                  .account = S(ACCOUNT),
                                  .region = S("us-east-1"),
                                  .name_space = "AWS/Test"};
    hub_plug_metric(cloud->hub, hear, NULL);
    for (size_t n = 0; n <= KIT_METRIC_DIMENSIONS; n++) {
        metrics.time_ms = n == 1 ? 1234 : 0;
        kit_metric_put(&metrics, batch, "Size", 2.5, 3, "Bytes");
        CHECK_INT(told.n_dimensions, n);
        CHECK_STR(told.name_space, S("AWS/Test"));
        CHECK_STR(told.name, S("Size"));
        CHECK_TEXT(told.unit, "Bytes");
        CHECK(told.value == 2.5 && told.count == 3);
        if (n == 1)
            CHECK_INT(told.time_ms, 1234);
        else
            CHECK_RANGE(clock_world_ms() - told.time_ms, 0, 60000);
        if (n)
            CHECK_STR(told_dimensions[n - 1].value, S("v"));
        if (n < KIT_METRIC_DIMENSIONS)
            metrics.dimensions[n] = (struct hub_dimension){S("d"), S("v")};
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_admission, cloud_setup, cloud_teardown),
        cmocka_unit_test_setup_teardown(test_rows, cloud_setup, cloud_teardown),
        cmocka_unit_test_setup_teardown(test_shared, cloud_setup, cloud_teardown),
        cmocka_unit_test_setup_teardown(test_parts, cloud_setup, cloud_teardown),
        cmocka_unit_test_setup_teardown(test_metrics, cloud_setup, cloud_teardown),
        cmocka_unit_test_setup_teardown(test_use, setup, cloud_teardown),
        cmocka_unit_test_setup_teardown(test_policy, setup, cloud_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
