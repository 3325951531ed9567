/* Answers that are what the model says, and answers that are not, with the place of the fault. */
#include "aws/check_answer.h"
#include "aws/call.h"
#include "aws/row.h"
#include "lib/cloud.h"
#include "cm.h"

/* ---- A shape of every kind ---- */

static const struct api_shape text = {.name = S_INIT("Text"), .type = API_STRING, .payload = -1};
static const struct api_shape whole = {.name = S_INIT("Whole"), .type = API_INTEGER, .payload = -1};
static const struct api_shape wide = {
    .name = S_INIT("Wide"), .type = API_INTEGER, .flags = API_LONG, .payload = -1};
static const struct api_shape real = {.name = S_INIT("Real"), .type = API_DOUBLE, .payload = -1};
static const struct api_shape yes = {.name = S_INIT("Yes"), .type = API_BOOLEAN, .payload = -1};
static const struct api_shape moment = {
    .name = S_INIT("Moment"), .type = API_TIMESTAMP, .payload = -1};
static const struct api_shape blob = {.name = S_INIT("Bytes"), .type = API_BLOB, .payload = -1};
static const str colours[] = {S_INIT("red"), S_INIT("blue")};
static const struct api_shape colour = {
    .name = S_INIT("Colour"), .type = API_STRING, .payload = -1, .n = 2, .values = colours};
static const struct api_shape loose = {.name = S_INIT("Loose"),
                                       .type = API_STRING,
                                       .flags = API_ANY_CASE,
                                       .payload = -1,
                                       .n = 2,
                                       .values = colours};
static const struct api_member either_members[] = {
    {.name = S_INIT("A"), .wire = S_INIT("A"), .shape = &text},
    {.name = S_INIT("B"), .wire = S_INIT("B"), .shape = &whole},
};
static const struct api_shape either = {.name = S_INIT("Either"),
                                        .type = API_STRUCTURE,
                                        .flags = API_UNION,
                                        .payload = -1,
                                        .n = 2,
                                        .members = either_members};
static const struct api_member item_members[] = {
    {.name = S_INIT("Id"), .wire = S_INIT("Id"), .shape = &text, .flags = API_REQUIRED},
    {.name = S_INIT("Colour"), .wire = S_INIT("Colour"), .shape = &colour},
};
static const struct api_shape item = {
    .name = S_INIT("Item"), .type = API_STRUCTURE, .payload = -1, .n = 2, .members = item_members};
static const struct api_shape items = {
    .name = S_INIT("Items"), .type = API_LIST, .payload = -1, .element = &item};
static const struct api_shape counts = {
    .name = S_INIT("Counts"), .type = API_MAP, .payload = -1, .element = &whole, .key = &colour};
static const struct api_member members[] = {
    {.name = S_INIT("Must"), .wire = S_INIT("Must"), .shape = &text, .flags = API_REQUIRED},
    {.name = S_INIT("Whole"), .wire = S_INIT("Whole"), .shape = &whole},
    {.name = S_INIT("Wide"), .wire = S_INIT("Wide"), .shape = &wide},
    {.name = S_INIT("Real"), .wire = S_INIT("Real"), .shape = &real},
    {.name = S_INIT("Yes"), .wire = S_INIT("Yes"), .shape = &yes},
    {.name = S_INIT("Moment"), .wire = S_INIT("Moment"), .shape = &moment},
    {.name = S_INIT("Bytes"), .wire = S_INIT("Bytes"), .shape = &blob},
    {.name = S_INIT("Colour"), .wire = S_INIT("Colour"), .shape = &colour},
    {.name = S_INIT("Loose"), .wire = S_INIT("Loose"), .shape = &loose},
    {.name = S_INIT("Either"), .wire = S_INIT("Either"), .shape = &either},
    {.name = S_INIT("Items"), .wire = S_INIT("Items"), .shape = &items},
    {.name = S_INIT("Counts"), .wire = S_INIT("Counts"), .shape = &counts},
    {.name = S_INIT("Stream"),
     .wire = S_INIT("Stream"),
     .shape = &blob,
     .flags = API_REQUIRED | API_STREAMING},
};
static const struct api_shape all = {.name = S_INIT("All"),
                                     .type = API_STRUCTURE,
                                     .payload = -1,
                                     .n = ARRAY_LEN(members),
                                     .members = members};

static void test_documents(void **state) {
    (void)state;
    static const struct {
        const char *doc, *fault;
    } cases[] = {
        {"{'Must':'','Whole':-2147483648,'Wide':4294967296,'Real':1.5,'Yes':false,'Moment':1.25,'Bytes':'YQ==','Colour':'red',"
         "'Either':{'B':1},'Items':[{'Id':'1'},{'Id':'2','Colour':'blue'}],'Counts':{'red':1}}",
         NULL},
        {"{'Must':'x','Real':1,'Moment':1,'Items':[],'Counts':{},'Bytes':''}", NULL},
        {"{}", "the document: lacks the required Must"},
        {"[]", "the document: is no structure"},
        {"{'Must':null}", "Must: is null"},
        {"{'Must':1}", "Must: is no string"},
        {"{'Must':'x','More':1}", "the document: has the unknown member More"},
        {"{'Must':'x','Whole':'1'}", "Whole: is no integer"},
        {"{'Must':'x','Whole':1.0}", "Whole: is no integer"},
        {"{'Must':'x','Whole':2147483648}", "Whole: does not fit in 32 bits"},
        {"{'Must':'x','Real':'1'}", "Real: is no number"},
        {"{'Must':'x','Yes':0}", "Yes: is no boolean"},
        {"{'Must':'x','Moment':'2018-06-21T08:21:13Z'}", "Moment: is no number"},
        {"{'Must':'x','Bytes':'a'}", "Bytes: is no base64"},
        {"{'Must':'x','Bytes':1}", "Bytes: is no base64"},
        {"{'Must':'x','Colour':'Red'}", "Colour: 'Red' is not in the enum Colour"},
        {"{'Must':'x','Loose':'Red'}", NULL},
        {"{'Must':'x','Loose':'Rot'}", "Loose: 'Rot' is not in the enum Loose"},
        {"{'Must':'x','Either':{}}", "Either: is a union with 0 members"},
        {"{'Must':'x','Either':{'A':'','B':1}}", "Either: is a union with 2 members"},
        {"{'Must':'x','Items':{}}", "Items: is no list"},
        {"{'Must':'x','Items':[{'Id':'1'},{'Colour':'red'}]}", "Items[1]: lacks the required Id"},
        {"{'Must':'x','Items':[{'Id':'1','Colour':'green'}]}",
         "Items[0].Colour: 'green' is not in the enum Colour"},
        {"{'Must':'x','Items':[null]}", "Items[0]: is null"},
        {"{'Must':'x','Counts':[]}", "Counts: is no map"},
        {"{'Must':'x','Counts':{'green':1}}", "Counts: 'green' is not in the enum Colour"},
        {"{'Must':'x','Counts':{'red':'1'}}", "Counts[red]: is no integer"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char json[512];
        snprintf(json, sizeof json, "%s", cases[i].doc);
        for (char *at = json; *at; at++)
            *at = *at == '\'' ? '"' : *at;
        CLEANUP_JSON json_t *doc = json_parse(str_c(json), NULL);
        struct err err = {.text = ""};
        int r = aws_check_document(&all, doc, &err);
        CHECK_CASE((r != 0) == (cases[i].fault != NULL), cases[i].doc);
        CHECK_STR(str_c(err.text), str_c(cases[i].fault ? cases[i].fault : ""));
    }
}

static void test_nothing(void **state) {
    (void)state;
    struct err err = {.text = ""};
    CLEANUP_JSON json_t *empty = json_object();
    CLEANUP_JSON json_t *some = json_pack("{s:i}", "A", 1);
    CHECK_INT(aws_check_document(NULL, NULL, &err), 0);
    CHECK_INT(aws_check_document(NULL, empty, &err), 0);
    CHECK(aws_check_document(NULL, some, &err) != 0);
    CHECK(aws_check_document(&all, NULL, &err) != 0); /* Must is missing */
    CHECK_INT(aws_check_document(&item, some, NULL) < 0, 1);
}

/* ---- In a request ---- */

static const char *answer;

static int write_and_answer(void *svc, struct rq *rq) {
    (void)svc;
    row_put_blind(rq_rows(rq), STORE_META, S("written"), S("yes")); /* nobody reads it */
    rq->out = json_parse(str_c(answer), NULL);
    return 0;
}
static const struct aws_op rows[] = {
    {"CreateTopic", write_and_answer, "-", "*", OP_NO_AUTH | OP_MUTATES, NULL}};
static const struct aws_service sns = {.name = "sns", .api = &api_sns, .ops = rows, .n_ops = 1};

static struct aws_call create(struct cloud *f, const char *with) {
    CLEANUP_JSON json_t *in = json_pack("{s:s}", "Name", "topic");
    struct aws_call call = {.cloud = f->cloud,
                            .caller = f->root,
                            .service = "sns",
                            .op = "CreateTopic",
                            .in = in};
    answer = with;
    aws_call(&call);
    call.in = NULL;
    return call;
}

/* A wrong answer changes nothing, and says what is wrong with it. */
static void test_call(void **state) {
    (void)state;
    struct cloud f;
    CLEANUP_DEINIT(buf) struct buf value = {0};
    if (!AWS_CHECKS)
        skip();
    cloud_open(&f, NULL);
    cloud_add(&f, &sns);
    struct aws_call call = create(&f, "{\"TopicArn\":7}");
    CHECK_INT(call.status, 500);
    CHECK_BUF(call.error_code, "InternalFailure");
    CHECK_BUF(call.error_message,
              "The answer is not what the API model says: TopicArn: is no string");
    CHECK_INT(store_get(f.store, NULL, STORE_META, S("written"), &value), STORE_E_ABSENT);
    aws_call_deinit(&call);
    call = create(&f, "{\"TopicArn\":\"arn\"}");
    CHECK_INT(call.status, 200);
    CHECK_INT(store_get(f.store, NULL, STORE_META, S("written"), &value), 0);
    aws_call_deinit(&call);
    cloud_close(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_documents),
                                       cmocka_unit_test(test_nothing), cmocka_unit_test(test_call)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
