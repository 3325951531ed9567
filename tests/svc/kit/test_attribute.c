/* kit/attribute: a table of attributes set, refused, in force. */
#include "fixture.h"

#include "svc/kit/attribute.h"

static const struct aws_error unknown = {"NotFound", 404, "no such attribute", NULL};
static json_t *attributes;

static int check_number(struct rq *rq, const struct kit_attribute *a, str value, const void *of) {
    return kit_is_number(a, value)
               ? 0
               : aws_fail(rq, &kit_test_error, "%s of %s is wrong", a->name, (const char *)of);
}

static const struct kit_refusal not_here = {&kit_test_error, "{name} is not here"};
static const struct kit_attribute rows[] = {
    {.name = "Text"},
    {.name = "Number", .check = check_number, .least = 5, .most = 10, .otherwise = "7"},
    {.name = "Fifo", .only = "false", .refusal = &not_here},
    {.name = "Trace", .only = "|PassThrough", .refusal = &not_here},
};
static const struct kit_attributes table = {rows, ARRAY_LEN(rows), {&unknown, "{name}?"}};

static int SetTopicAttributes(void *svc, struct rq *rq) {
    (void)svc;
    return kit_attribute_apply(rq, &table, json_str(rq->in, "AttributeName").p,
                               json_str(rq->in, "AttributeValue"), attributes, "the topic");
}

static const struct aws_op ops[] = {
    {"SetTopicAttributes", SetTopicAttributes, "sns:SetTopicAttributes", "*", 0, NULL}};
static const struct aws_service service = {.name = "sns", .api = &api_sns, .ops = ops, .n_ops = 1};

static int setup(void **state) {
    cloud_setup(state);
    cloud_add(*state, &service);
    attributes = json_object();
    return 0;
}

static int teardown(void **state) {
    json_decref(attributes);
    return cloud_teardown(state);
}

static const char *set(struct cloud *c, const char *name, const char *value) {
    char in[256];
    snprintf(
        in, sizeof in,
        "{'TopicArn':'arn:aws:sns:us-east-1:000000000000:t','AttributeName':'%s','AttributeValue':'%s'}",
        name, value);
    return cloud_call_as(c, c->root, "sns", "SetTopicAttributes", in);
}

static void test_setting(void **state) {
    struct cloud *c = *state;
    ok(set(c, "Text", "words"));
    CHECK_STR(json_str(attributes, "Text"), S("words"));
    ok(set(c, "Text", "")); /* nothing is in force then */
    CHECK_INT(json_object_size(attributes), 0);
    ok(set(c, "Number", "10"));
    CHECK_INT(kit_attribute_integer(&table, attributes, "Number"), 10);
    fails(set(c, "Number", "11"), "InvalidParameter");
    message("Number of the topic is wrong");
    fails(set(c, "Number", "4"), "InvalidParameter");
    fails(set(c, "Number", "8x"), "InvalidParameter");
    fails(set(c, "Number", ""), "InvalidParameter"); /* it has a default: to go back is to set it */
    CHECK_STR(json_str(attributes, "Number"), S("10"));
    fails(set(c, "Colour", "red"), "NotFound");
    message("Colour?");
}

static void test_what_is_not_offered(void **state) {
    struct cloud *c = *state;
    ok(set(c, "Fifo", "false"));
    ok(set(c, "Trace", ""));
    ok(set(c, "Trace", "PassThrough"));
    fails(set(c, "Fifo", "true"), "InvalidParameter");
    message("Fifo is not here");
    fails(set(c, "Fifo", ""), "InvalidParameter");
    fails(set(c, "Trace", "Active"), "InvalidParameter");
    CHECK_INT(json_object_size(attributes), 0);
}

static void test_in_force(void **state) {
    (void)state;
    CLEANUP_JSON json_t *row = json_pack("{s:s}", "Text", "words");
    CHECK_STR(kit_attribute_value(&table, row, "Text"), S("words"));
    CHECK_STR(kit_attribute_value(&table, row, "Number"), S("7"));
    CHECK_STR(kit_attribute_value(&table, NULL, "Text"), STR_NONE);
    CHECK_INT(kit_attribute_integer(&table, row, "Number"), 7);
    CHECK(kit_is_bool(S("true")) && kit_is_bool(S("false")) && !kit_is_bool(S("True")) &&
          !kit_is_bool(S("")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_setting, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_not_offered, setup, teardown),
        cmocka_unit_test(test_in_force),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
