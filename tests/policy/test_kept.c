/* policy_kept: one compiled policy for all who look at a text; and another text is another policy. */
#include "cm.h"

#include "policy/policy.h"

#include <pthread.h>

static str document(struct buf *text, unsigned number) {
    buf_clear(text);
    buf_printf(text,
               "{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"%s\",\"Principal\":\"*\","
               "\"Action\":\"s3:*\",\"Resource\":\"*\",\"Sid\":\"n%u\"}}",
               number % 2 ? "Allow" : "Deny", number);
    return buf_view(text);
}

static bool lets_in(const struct policy *policy) {
    struct policy_request request = {.principal = {.kind = PRINCIPAL_ANONYMOUS},
                                     .action = S("s3:GetObject"),
                                     .resource = S("arn:aws:s3:::b/k")};
    struct policy_set set = {.resource = policy};
    return policy_decide(&request, &set).effect == POLICY_ALLOWED;
}

static void a_text_is_compiled_once(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf text = {0};
    CLEANUP(policy) struct policy *one = NULL;
    CLEANUP(policy) struct policy *same = NULL;
    CLEANUP(policy) struct policy *other = NULL;
    CHECK_INT(policy_kept(&one, POLICY_RESOURCE, document(&text, 1), NULL), 0);
    CHECK_INT(policy_kept(&other, POLICY_RESOURCE, document(&text, 2), NULL), 0);
    CHECK_INT(policy_kept(&same, POLICY_RESOURCE, document(&text, 1), NULL), 0);
    CHECK(one == same);
    CHECK(one != other);
    CHECK(lets_in(one));
    CHECK(!lets_in(other));
}

/* An identity's document has no Principal. */
static void a_kind_is_checked_each_time(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf text = {0};
    CLEANUP(policy) struct policy *policy = NULL;
    struct err err = {0};
    CHECK_INT(policy_kept(&policy, POLICY_RESOURCE, document(&text, 3), NULL), 0);
    policy = policy_free(policy);
    CHECK_INT(policy_kept(&policy, POLICY_IDENTITY, buf_view(&text), &err), POLICY_E_MALFORMED);
    CHECK(policy == NULL);
    CHECK(err.text[0] != '\0');
    CHECK_INT(policy_kept(&policy, POLICY_RESOURCE, S("{"), &err), POLICY_E_MALFORMED);
}

/* More texts than are kept: who holds a policy goes on with it. */
static void a_policy_outlives_its_place(void **state) {
    (void)state;
    enum { TEXTS = 8000 }; /* 100 bytes each */
    CLEANUP_DEINIT(buf) struct buf text = {0};
    CLEANUP(policy) struct policy *first = NULL;
    CLEANUP(policy) struct policy *again = NULL;
    CHECK_INT(policy_kept(&first, POLICY_RESOURCE, document(&text, 5), NULL), 0);
    for (unsigned i = 6; i < TEXTS; i++) {
        CLEANUP(policy) struct policy *policy = NULL;
        CHECK_INT(policy_kept(&policy, POLICY_RESOURCE, document(&text, i), NULL), 0);
        CHECK_INT(lets_in(policy), i % 2);
    }
    CHECK(lets_in(first));
    CHECK_INT(policy_kept(&again, POLICY_RESOURCE, document(&text, 5), NULL), 0);
    CHECK(first != again);
    CHECK(lets_in(again));
}

/* Whoever looks at many texts does not drive out those that are in use. */
static void a_policy_in_use_stays(void **state) {
    (void)state;
    enum { TEXTS = 3000, BETWEEN = 100 }; /* of 4 KiB in memory each */
    CLEANUP_DEINIT(buf) struct buf text = {0};
    CLEANUP(policy) struct policy *first = NULL;
    CHECK_INT(policy_kept(&first, POLICY_RESOURCE, document(&text, 50001), NULL), 0);
    for (unsigned i = 0; i < TEXTS; i++) {
        CLEANUP(policy) struct policy *policy = NULL;
        bool used = i % BETWEEN == 0;
        document(&text, used ? 50001 : 60000 + i);
        CHECK_INT(policy_kept(&policy, POLICY_RESOURCE, buf_view(&text), NULL), 0);
        if (used)
            CHECK(policy == first);
    }
}

/* A short text takes a block of memory, and a list of short actions many times its length. */
static void what_it_takes_is_counted(void **state) {
    (void)state;
    enum { ACTIONS = 2000 };
    CLEANUP_DEINIT(buf) struct buf text = {0};
    CLEANUP(policy) struct policy *short_one = NULL;
    CLEANUP(policy) struct policy *long_one = NULL;
    CHECK_INT(policy_new(&short_one, POLICY_RESOURCE, document(&text, 7), NULL), 0);
    CHECK(policy_bytes(short_one) > 20 * text.len);
    buf_clear(&text);
    buf_c(&text, "{\"Statement\":{\"Effect\":\"Deny\",\"Principal\":\"*\",\"Resource\":\"*\","
                 "\"Action\":[\"*\"");
    for (size_t i = 0; i < ACTIONS; i++)
        buf_c(&text, ",\"*\"");
    buf_c(&text, "]}}");
    CHECK_INT(policy_new(&long_one, POLICY_RESOURCE, buf_view(&text), NULL), 0);
    CHECK(policy_bytes(long_one) > 5 * text.len);
}

static void *look(void *arg) {
    (void)arg;
    CLEANUP_DEINIT(buf) struct buf text = {0};
    for (unsigned i = 0; i < 20000; i++) {
        CLEANUP(policy) struct policy *policy = NULL;
        unsigned number = 10000 + i % 7000; /* so that the table is emptied meanwhile */
        if (policy_kept(&policy, POLICY_RESOURCE, document(&text, number), NULL) ||
            lets_in(policy) != number % 2)
            return "wrong";
    }
    return NULL;
}

static void threads_share_them(void **state) {
    (void)state;
    pthread_t threads[4];
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        CHECK_INT(pthread_create(&threads[i], NULL, look, NULL), 0);
    for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
        void *wrong = NULL;
        CHECK_INT(pthread_join(threads[i], &wrong), 0);
        CHECK(wrong == NULL);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_is_compiled_once),
        cmocka_unit_test(a_kind_is_checked_each_time),
        cmocka_unit_test(a_policy_outlives_its_place),
        cmocka_unit_test(a_policy_in_use_stays),
        cmocka_unit_test(what_it_takes_is_counted),
        cmocka_unit_test(threads_share_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
