/*
 * What daemon and spawner say to each other: the spec on the wire, descriptors, and cut messages.
 */
#include "cm.h"

#include "base/io.h"
#include "sandbox/cgroup_priv.h"
#include "sandbox/proto_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *const argv[] = {"/bin/program", "", "two words", NULL};
static const char *const env[] = {"A=1", "B=", NULL};

static struct sandbox_spec full_spec(void) {
    return (struct sandbox_spec){
        .code = "/srv/code",
        .argv = argv,
        .env = env,
        .memory_bytes = 128ULL << 20,
        .tmp_bytes = 5ULL << 32,
        .max_processes = 7,
        .max_files = 9,
        .ports = {9001, 80, 443, 65535},
        .binds = {{"/host/one", "/in/one"}, {"/host/two", "/in/two"}},
        .files = {{"/etc/ca", S("PEM\0with a zero")}, {"/etc/empty", STR_NONE}},
        .links = {{"/link", "/in/one"}, {"/var/link", "/nowhere"}},
        .records = true,
    };
}

static void test_spec_survives(void **) {
    const struct sandbox_spec spec = full_spec();
    CLEANUP_DEINIT(buf) struct buf message = {0};
    static struct sandbox_wire wire;
    CHECK_INT(sandbox_wire_encode(&message, &spec), 0);
    CHECK_INT(sandbox_wire_decode(&wire, buf_view(&message)), 0);
    const struct sandbox_spec *got = &wire.spec;
    CHECK_TEXT(got->code, spec.code);
    for (size_t i = 0; i < 4; i++)
        CHECK_TEXT(got->argv[i], argv[i]);
    for (size_t i = 0; i < 3; i++)
        CHECK_TEXT(got->env[i], env[i]);
    CHECK_INT(got->memory_bytes, spec.memory_bytes);
    CHECK_INT(got->tmp_bytes, spec.tmp_bytes);
    CHECK_INT(got->max_processes, 7);
    CHECK_INT(got->max_files, 9);
    CHECK_MEM(got->ports, spec.ports, sizeof spec.ports);
    for (size_t i = 0; i < 2; i++) {
        CHECK_TEXT(got->binds[i].host, spec.binds[i].host);
        CHECK_TEXT(got->binds[i].inside, spec.binds[i].inside);
        CHECK_TEXT(got->files[i].inside, spec.files[i].inside);
        CHECK_STR(got->files[i].content, spec.files[i].content);
        CHECK_TEXT(got->links[i].inside, spec.links[i].inside);
        CHECK_TEXT(got->links[i].target, spec.links[i].target);
    }
    CHECK(!got->binds[2].host && !got->files[2].inside && !got->links[2].inside);
    CHECK(got->records && !got->limit_address_space && !got->stays);
}

static void test_other_flag(void **) {
    struct sandbox_spec spec = full_spec();
    spec.records = false;
    spec.limit_address_space = spec.stays = true;
    CLEANUP_DEINIT(buf) struct buf message = {0};
    static struct sandbox_wire wire;
    CHECK_INT(sandbox_wire_encode(&message, &spec), 0);
    CHECK_INT(sandbox_wire_decode(&wire, buf_view(&message)), 0);
    CHECK(!wire.spec.records && wire.spec.limit_address_space && wire.spec.stays);
}

/* Whatever is missing at the end, the message is refused and nothing behind it is read. */
static void test_cut_messages(void **) {
    const struct sandbox_spec spec = full_spec();
    CLEANUP_DEINIT(buf) struct buf message = {0};
    static struct sandbox_wire wire;
    CHECK_INT(sandbox_wire_encode(&message, &spec), 0);
    for (size_t n = 0; n < message.len; n++) {
        char *copy = mem_alloc(n ? n : 1); /* of that size, so that the sanitizer sees its end */
        memcpy(copy, message.p, n);
        int r = sandbox_wire_decode(&wire, (str){copy, n});
        free(copy);
        /* The flag that says "no further file" may be left out. */
        CHECK_INT(r, n + 1 == message.len ? r : -EPROTO);
    }
}

static void test_limits(void **) {
    struct sandbox_spec spec = full_spec();
    static struct sandbox_wire wire;
    CLEANUP_DEINIT(buf) struct buf content = {0}, small = {0}, large = {0}, none = {0};
    CHECK_INT(sandbox_wire_encode(&small, &spec), 0);
    size_t room = SANDBOX_MAX_SPEC - small.len - 2; /* a longer length takes two bytes more */
    memset(buf_reserve(&content, room + 1), 'x', room + 1);
    spec.files[1].content = (str){content.p, room};
    buf_clear(&small);
    CHECK_INT(sandbox_wire_encode(&small, &spec), 0);
    CHECK_INT(small.len, SANDBOX_MAX_SPEC);
    spec.files[1].content.len++;
    CHECK_INT(sandbox_wire_encode(&large, &spec), -E2BIG);

    spec = full_spec();
    spec.argv = (const char *const[]){NULL};
    CHECK_INT(sandbox_wire_encode(&none, &spec), 0);
    CHECK_INT(sandbox_wire_decode(&wire, buf_view(&none)), -EPROTO);
}

/* A list may have as many texts as there is room for, with the NULL that ends it. */
static void test_long_lists(void **) {
    static const char *many[65];
    static struct sandbox_wire wire;
    struct sandbox_spec spec = full_spec();
    for (int n = 63; n <= 64; n++) {
        CLEANUP_DEINIT(buf) struct buf message = {0};
        for (int i = 0; i < n; i++)
            many[i] = "x";
        many[n] = NULL;
        spec.argv = many;
        CHECK_INT(sandbox_wire_encode(&message, &spec), 0);
        CHECK_INT(sandbox_wire_decode(&wire, buf_view(&message)), n == 63 ? 0 : -EPROTO);
    }
}

/* ---- Sockets ---- */
static void test_descriptors_travel(void **) {
    int pair[2], fds[SANDBOX_MAX_FDS], pipe_ends[2];
    size_t n = 99;
    struct sandbox_msg sent = {.kind = SANDBOX_MSG_READY, .a = -7, .v = 1ULL << 40}, got;
    snprintf(sent.text, sizeof sent.text, "some words");
    CHECK_INT(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    CHECK_INT(pipe(pipe_ends), 0);
    CHECK_INT(sandbox_send_msg(pair[0], &sent, pipe_ends, 2), 0);
    CHECK_INT(sandbox_recv(pair[1], &got, sizeof got, fds, &n), sizeof got);
    CHECK_MEM(&got, &sent, sizeof got);
    CHECK_INT(n, 2);
    CHECK(fcntl(fds[0], F_GETFD) & FD_CLOEXEC);
    CHECK_INT(write(fds[1], "!", 1), 1);
    char c = 0;
    CHECK_INT(read(pipe_ends[0], &c, 1), 1);
    CHECK_INT(c, '!');
    close(fds[0]);
    close(fds[1]);

    /* A message that is cut leaves no descriptor open. */
    int next = dup(0);
    close(next);
    CHECK_INT(sandbox_send_msg(pair[0], &sent, pipe_ends, 2), 0);
    CHECK_INT(sandbox_recv(pair[1], &got, 10, fds, &n), -EMSGSIZE);
    CHECK_INT(n, 0);
    int again = dup(0);
    CHECK_INT(again, next);
    close(again);

    CHECK_INT(sandbox_send_msg(pair[0], &sent, NULL, 0), 0);
    CHECK_INT(sandbox_recv(pair[1], &got, sizeof got, fds, &n), sizeof got);
    CHECK_INT(n, 0);
    close(pair[0]);
    CHECK_INT(sandbox_recv(pair[1], &got, sizeof got, fds, &n), 0);
    CHECK_INT(sandbox_send_msg(pair[1], &sent, NULL, 0), -EPIPE); /* and no signal */
    close(pair[1]);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
}

/* ---- Texts of the kernel ---- */
static void test_stat_field(void **) {
    static const char stat[] = "anon 4096\nanon_thp 7\nfile 12\n";
    static const char status[] = "Name:\tx\nVmHWM:\t    2048 kB\nRssAnon:\t     100 kB\nlast: 5";
    CHECK_INT(sandbox_stat_field(str_c(stat), "anon"), 4096);
    CHECK_INT(sandbox_stat_field(str_c(stat), "anon_thp"), 7);
    CHECK_INT(sandbox_stat_field(str_c(stat), "file"), 12);
    CHECK_INT(sandbox_stat_field(str_c(stat), "fil"), 0);
    CHECK_INT(sandbox_stat_field(str_c(stat), "rss"), 0);
    CHECK_INT(sandbox_stat_field(str_c(status), "VmHWM"), 2048);
    CHECK_INT(sandbox_stat_field(str_c(status), "RssAnon"), 100);
    CHECK_INT(sandbox_stat_field(str_c(status), "last"), 5);
    CHECK_INT(sandbox_stat_field(STR_NONE, "last"), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spec_survives), cmocka_unit_test(test_other_flag),
        cmocka_unit_test(test_cut_messages),  cmocka_unit_test(test_limits),
        cmocka_unit_test(test_long_lists),    cmocka_unit_test(test_descriptors_travel),
        cmocka_unit_test(test_stat_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
