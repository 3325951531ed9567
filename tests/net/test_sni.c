/* The table of certificates: what is kept, what goes, and until when. Without a wire. */
#include "cm.h"

#include "tls.h"

#include "net/net_priv.h"

#include <stdio.h>

static struct net_sni *sni;

static int start(void **state) {
    (void)state;
    struct tls_certs certs;
    tls_certs_make(&certs);
    const struct net_options o = tls_net_options(&certs);
    struct err err = {0};
    CHECK_INT(net_sni_new(&sni, &o, &err), 0);
    tls_certs_deinit(&certs);
    return 0;
}

static int stop(void **state) {
    (void)state;
    sni = net_sni_free(sni);
    return 0;
}

static const struct net_sni_cert *pick(const char *fmt, int n) {
    char name[128];
    snprintf(name, sizeof name, fmt, n);
    return net_sni_pick(sni, str_c(name));
}

static void one_for_a_parent(void **state) {
    (void)state;
    static const struct {
        const char *one, *other;
        bool same;
    } cases[] = {
        {"a.s3.us-east-1.amazonaws.com", "b.s3.us-east-1.amazonaws.com", true},
        {"sqs.us-east-1.amazonaws.com", "sns.us-east-1.amazonaws.com", true},
        {"sqs.us-east-1.amazonaws.com", "sqs.us-east-2.amazonaws.com", false},
        {"a.localhost", "b.localhost", false},
        {"a.s3.localhost", "b.s3.localhost", true},
        {"bank.test", "localhost", true}, /* the fixed one */
        {"", "A.amazonaws.com", true},    /* it too */
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct net_sni_cert *one = pick(cases[i].one, 0), *other = pick(cases[i].other, 0);
        CHECK_CASE((one == other) == cases[i].same, cases[i].one);
        net_sni_drop(sni, one);
        net_sni_drop(sni, other);
    }
}

/* Four hundred strangers go by: parents that AWS has stay, and so does what is still shown. */
static void what_stays(void **state) {
    (void)state;
    const struct net_sni_cert *known = pick("a.s3.eu-west-1.amazonaws.com", 0),
                              *shown = pick("a.made-up.amazonaws.com", 0), *busy = NULL;
    unsigned n_chain = shown->n_chain;
    net_sni_drop(sni, known);
    for (int i = 0; i < 400; i++) {
        net_sni_drop(sni, pick(i % 2 ? "a.made-up-%d.amazonaws.com" : "made-up-%d.localhost", i));
        const struct net_sni_cert *again = pick("in-use.localhost", 0);
        CHECK(!busy || again == busy); /* asked for all the time */
        busy = again;
        net_sni_drop(sni, again);
    }
    const struct net_sni_cert *later = pick("b.s3.eu-west-1.amazonaws.com", 0);
    CHECK(later == known);
    net_sni_drop(sni, later);
    /* Thrown out of the table, and valid until it is dropped (AddressSanitizer). */
    later = pick("a.made-up.amazonaws.com", 0);
    CHECK(later != shown);
    CHECK_INT(n_chain, shown->n_chain);
    net_sni_drop(sni, later);
    net_sni_drop(sni, shown);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_for_a_parent),
        cmocka_unit_test(what_stays),
    };
    return cmocka_run_group_tests_name("net/sni", tests, start, stop);
}
