/* sandbox/dns: which names resolve to the cloud, and what is refused. */
#include "cm.h"

#include "sandbox/sandbox.h"

struct packet {
    uint8_t bytes[600];
    size_t n;
};

static struct packet question(const char *name, uint8_t type) {
    struct packet p = {{0xab, 0xcd, 1, 0, 0, 1}, 12};
    str label, rest = str_c(name);
    for (bool more = rest.len > 0; more;) {
        str now = rest;
        more = str_cut(now, '.', &label, &rest);
        p.bytes[p.n++] = (uint8_t)label.len;
        memcpy(p.bytes + p.n, label.p, label.len);
        p.n += label.len;
    }
    p.bytes[p.n] = 0;
    p.bytes[p.n + 2] = type;
    p.bytes[p.n + 4] = 1;
    p.n += 5;
    return p;
}

static void test_names(void **state) {
    (void)state;
    static const struct {
        const char *name;
        uint8_t type;
        int rcode, answers;
    } cases[] = {
        {"amazonaws.com", 1, 0, 1},
        {"s3.us-east-1.amazonaws.com", 1, 0, 1},
        {"Bucket.S3.AmazonAWS.COM", 1, 0, 1},
        {"localhost", 1, 0, 1},
        {"bucket.localhost", 1, 0, 1},
        {"s3.amazonaws.com", 28, 0, 0}, /* AAAA: the name exists, without such an address */
        {"sts.us-east-1.api.aws", 1, 0, 1},
        {"s3.cn-north-1.amazonaws.com.cn", 1, 0, 1},
        {"notapi.aws", 1, 3, 0},
        {"example.com", 1, 3, 0},
        {"notamazonaws.com", 1, 3, 0},
        {"amazonaws.com.evil.net", 1, 3, 0},
        {"com", 28, 3, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct packet q = question(cases[i].name, cases[i].type);
        uint8_t out[700];
        size_t n = sandbox_dns_answer(q.bytes, q.n, out, sizeof out);
        CHECK_CASE(n == q.n + (size_t)cases[i].answers * 16, cases[i].name);
        CHECK_CASE(out[0] == 0xab && out[1] == 0xcd && (out[2] & 0x80), cases[i].name);
        CHECK_CASE((out[3] & 15) == cases[i].rcode && out[7] == cases[i].answers, cases[i].name);
        if (cases[i].answers)
            CHECK_CASE(memcmp(out + n - 4, "\x7f\0\0\1", 4) == 0, cases[i].name);
    }
}

static void test_refused(void **state) {
    (void)state;
    uint8_t out[700];
    struct packet q = question("localhost", 1);
    CHECK_INT(sandbox_dns_answer(q.bytes, 11, out, sizeof out), 0); /* short */
    CHECK_INT(sandbox_dns_answer(q.bytes, q.n, out, q.n), 0);       /* no room */
    struct packet response = q;
    response.bytes[2] |= 0x80;
    CHECK_INT(sandbox_dns_answer(response.bytes, q.n, out, sizeof out), 0);
    struct packet update = q;
    update.bytes[2] = 5 << 3;
    CHECK_INT(sandbox_dns_answer(update.bytes, q.n, out, sizeof out), 12);
    CHECK_INT(out[3] & 15, 4);
    struct packet two = q;
    two.bytes[5] = 2;
    CHECK_INT(sandbox_dns_answer(two.bytes, q.n, out, sizeof out), 12);
    CHECK_INT(out[3] & 15, 1);
    for (size_t cut = 12; cut < q.n; cut++) { /* every truncation */
        CHECK_INT(sandbox_dns_answer(q.bytes, cut, out, sizeof out), 12);
        CHECK_INT(out[3] & 15, 1);
    }
    struct packet pointer = q;
    pointer.bytes[12] = 0xc0;
    CHECK_INT(sandbox_dns_answer(pointer.bytes, q.n, out, sizeof out), 12);
    struct packet root = question("", 1);
    CHECK_INT(sandbox_dns_answer(root.bytes, root.n, out, sizeof out), 12);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_names),
                                       cmocka_unit_test(test_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
