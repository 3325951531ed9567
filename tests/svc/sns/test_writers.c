/* Subscribe calls for one endpoint at the same moment make one subscription. */
#include "lib/race.h"

#include "svc/sns/sns.h"

enum { WRITERS = 4, ROUNDS = 30 };

CLOUD_PLUG(sns);

static int setup(void **state) {
    cloud_setup(state);
    cloud_plug(*state, &plug_sns);
    return 0;
}

#define TOPIC "'TopicArn':'arn:aws:sns:us-east-1:" ACCOUNT ":t'"

static void one_endpoint_is_subscribed_once(void **state) {
    struct cloud *c = *state;
    ok(cloud_call_as(c, c->root, "sns", "CreateTopic", "{'Name':'t'}"));
    for (int round = 1; round <= ROUNDS; round++) {
        struct racer racers[WRITERS];
        char in[200];
        snprintf(in, sizeof in,
                 "{" TOPIC ",'Protocol':'sqs','Endpoint':'arn:aws:sqs:us-east-1:" ACCOUNT ":q%d'}",
                 round);
        for (int i = 0; i < WRITERS; i++)
            racers[i] = (struct racer){.service = "sns", .op = "Subscribe", .in = cloud_doc(in)};
        race(c, racers, WRITERS);
        for (int i = 0; i < WRITERS; i++)
            CHECK_TEXT(racers[i].code, "");
        ok(cloud_call_as(c, c->root, "sns", "ListSubscriptionsByTopic", "{" TOPIC "}"));
        CHECK_INT(json_array_size(json_arr(c->call.out, "Subscriptions")), round);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_endpoint_is_subscribed_once, setup, cloud_teardown)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
