/* The keys of a context that are made when a policy looks at one. */
#include "cm.h"

#include "policy/policy.h"

static bool is_one(str key) { return str_starts_nocase(key, S("x:one")); }
static bool is_more(str key) { return str_starts_nocase(key, S("x:")); }
static bool is_last(str key) { return str_starts_nocase(key, S("x:last")); }

struct fills {
    unsigned one, more, last;
    int unread; /* what `last` answers */
};

static int fill_one(void *arg, struct policy_context *context) {
    ((struct fills *)arg)->one++;
    policy_context_add(context, S("x:one"), S("1"));
    policy_context_add(context, S("x:one"), S("2"));
    policy_context_add(context, S("x:one"), S("3"));
    return 0;
}

static int fill_last(void *arg, struct policy_context *context) {
    ((struct fills *)arg)->last++;
    policy_context_add(context, S("x:last"), S("z"));
    return ((struct fills *)arg)->unread;
}

/* Puts off more while the key is being looked for. */
static int fill_more(void *arg, struct policy_context *context) {
    ((struct fills *)arg)->more++;
    policy_context_add_later(context, is_last, fill_last, arg);
    return 0;
}

/* Does a policy with this test allow? */
static bool allows(const struct policy_context *context, const char *test) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    CLEANUP(policy) struct policy *policy = NULL;
    buf_printf(&text,
               "{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"*\","
               "\"Resource\":\"*\",\"Condition\":{%s}}}",
               test);
    CHECK_INT(policy_new(&policy, POLICY_IDENTITY, buf_view(&text), NULL), 0);
    struct policy_request request = {.principal = {.kind = PRINCIPAL_USER, .arn = S("u")},
                                     .action = S("s3:GetObject"),
                                     .resource = S("*"),
                                     .context = context};
    const struct policy *policies[] = {policy};
    struct policy_set set = {.identity = policies, .n_identity = 1};
    return policy_decide(&request, &set).effect == POLICY_ALLOWED;
}

static void a_key_is_made_when_it_is_asked_for(void **state) {
    (void)state;
    struct fills fills = {0};
    CLEANUP(policy_context) struct policy_context *below = policy_context_new();
    CLEANUP(policy_context)
    struct policy_context *context = policy_context_new_over(below);
    policy_context_add(below, S("y:plain"), S("p"));
    policy_context_add_later(below, is_one, fill_one, &fills);
    policy_context_add_later(context, is_more, fill_more, &fills);

    CHECK(allows(context, "\"StringEquals\":{\"y:plain\":\"p\"}"));
    CHECK_INT(fills.one + fills.more + fills.last, 0);
    for (unsigned i = 0; i < 2; i++) {
        CHECK(allows(context, "\"ForAnyValue:StringEquals\":{\"X:One\":\"3\"}"));
        CHECK(!allows(context, "\"ForAnyValue:StringEquals\":{\"X:One\":\"4\"}"));
        CHECK(allows(context, "\"ForAllValues:StringEquals\":{\"x:one\":[\"1\",\"2\",\"3\"]}"));
        CHECK_INT(fills.one, 1);
        CHECK_INT(fills.more, 1);
        CHECK_INT(fills.last, 0);
    }
    CHECK(allows(context, "\"StringEquals\":{\"x:last\":\"z\"}"));
    CHECK_INT(fills.last, 1);
    CHECK(!policy_context_unread(context));
}

/* It was put off by a fill that the same look ran. */
static void what_a_fill_puts_off_is_found(void **state) {
    (void)state;
    struct fills fills = {0};
    CLEANUP(policy_context) struct policy_context *context = policy_context_new();
    policy_context_add_later(context, is_more, fill_more, &fills);
    CHECK(allows(context, "\"StringEquals\":{\"x:last\":\"z\"}"));
    CHECK_INT(fills.more, 1);
    CHECK_INT(fills.last, 1);
}

static void a_key_that_cannot_be_read_is_told(void **state) {
    (void)state;
    struct fills fills = {.unread = -1};
    CLEANUP(policy_context) struct policy_context *below = policy_context_new();
    CLEANUP(policy_context)
    struct policy_context *context = policy_context_new_over(below);
    policy_context_add_later(below, is_last, fill_last, &fills);
    CHECK(!policy_context_unread(context));
    allows(context, "\"StringEquals\":{\"x:last\":\"z\"}");
    CHECK(policy_context_unread(context));
    CHECK(policy_context_unread(below));
    CHECK(!policy_context_unread(NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_made_when_it_is_asked_for),
        cmocka_unit_test(what_a_fill_puts_off_is_found),
        cmocka_unit_test(a_key_that_cannot_be_read_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
