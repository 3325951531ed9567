/* client: a client against a scripted server: signatures, retries, bodies, refusals. */
#include "client/client.h"

#include "base/arena.h"
#include "base/codec.h"
#include "client_fixture.h"

#include "base/clock.h"

/* Would a server that knows the secret believe this request? */
static void check_signature(str text, const char *service, str payload_hash) {
    struct sign_header headers[32];
    struct buf canonical = {0}, string = {0};
    struct sign_claim claim;
    struct sign_key key;
    struct sign_request request = {.headers = headers,
                                   .payload_hash = payload_hash,
                                   .s3 = strcmp(service, "s3") == 0};
    const char *what = NULL;
    char signature[SIGN_HEX + 1];
    str line, left, authorization = STR_NONE, date = STR_NONE, target, version;
    CHECK(str_cut(text, '\n', &line, &left));
    str_cut(line, ' ', &request.method, &target);
    str_cut(target, ' ', &target, &version);
    str_cut(target, '?', &request.path, &request.query);
    while (str_cut(left, '\n', &line, &left) && line.len > 1) {
        struct sign_header *h = &headers[request.n_headers++];
        str_cut(str_slice(line, 0, line.len - 1), ':', &h->name, &h->value);
        h->value = str_trim(h->value);
        if (str_eq_nocase(h->name, S("authorization")))
            authorization = h->value;
        if (str_eq_nocase(h->name, S("x-amz-date")))
            date = h->value;
    }
    CHECK_INT(sign_parse_authorization(&claim, authorization, &what), SIGN_OK);
    CHECK_STR(claim.scope.service, str_c(service));
    CHECK_STR(claim.scope.region, S("eu-west-1"));
    request.signed_headers = claim.signed_headers;
    sign_add_canonical(&canonical, &request);
    sign_add_string(&string, date, claim.scope, buf_view(&canonical));
    sign_derive(&key, S(SECRET), claim.scope);
    sign_signature(signature, &key, buf_view(&string));
    CHECK_STR(claim.signature, str_c(signature));
    buf_deinit(&canonical);
    buf_deinit(&string);
}

static void test_object(void **state) {
    (void)state;
    static const struct step steps[] = {
        {ANSWER, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nETag: \"abc\"\r\n\r\n"},
        {ANSWER, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"},
        {ANSWER, "HTTP/1.1 200 OK\r\nContent-Length: 77\r\n\r\n"},
        {ANSWER,
         "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\nx-amz-request-id: R1\r\n\r\n"
         "5e\r\n<?xml version=\"1.0\"?><Error><Code>NoSuchKey</Code><Message>no &lt;k&gt; here</Message></Error>\r\n0\r\n\r\n"},
    };
    struct server s;
    server_start(&s, NULL, steps, ARRAY_LEN(steps));
    CLEANUP(client) struct client *c = client_for(&s, "http", NULL);
    struct client_response response = {0};
    struct client_fault fault;
    struct sign_header type = {S("Content-Type"), S("image/jpeg")};
    struct client_object object = {.bucket = S("b"),
                                   .key = S("up loads/ä+.jpg"),
                                   .headers = &type,
                                   .n_headers = 1};

    CHECK_INT(client_put_object(c, &object, S("bytes"), &response, &fault), CLIENT_OK);
    CHECK_STR(client_header(&response, "etag"), S("\"abc\""));
    CHECK(str_starts(buf_view(&s.seen[0]), S("PUT /b/up%20loads/%C3%A4%2B.jpg HTTP/1.1\r\n")));
    CHECK(str_ends(buf_view(&s.seen[0]), S("\r\n\r\nbytes")));
    check_signature(buf_view(&s.seen[0]), "s3", S("UNSIGNED-PAYLOAD"));

    object.n_headers = 0;
    object.version_id = S("v/1");
    CHECK_INT(client_get_object(c, &object, 0, &response, &fault), CLIENT_OK);
    CHECK_BUF(response.body, "hello");
    CHECK(str_find(buf_view(&s.seen[1]), S("?versionId=v%2F1 HTTP")) > 0);
    check_signature(buf_view(&s.seen[1]), "s3",
                    S("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));

    CHECK_INT(client_head_object(c, &object, &response, &fault), CLIENT_OK);
    CHECK_STR(client_header(&response, "content-length"), S("77"));

    CHECK_INT(client_get_object(c, &object, 0, &response, &fault), CLIENT_E_ANSWER);
    CHECK_INT(fault.status, 404);
    CHECK_STR(str_c(fault.code), S("NoSuchKey"));
    CHECK_STR(str_c(fault.message), S("no <k> here"));
    CHECK_STR(str_c(fault.request_id), S("R1"));
    CHECK_INT(s.connections, 1); /* kept alive all along */
    client_response_deinit(&response);
    server_stop(&s);
}

/* A body goes unsigned to an address of this machine alone, not to a name that looks like one. */
static void test_body_to_a_name(void **state) {
    (void)state;
    static const struct {
        const char *host;
        str hash; /* of "bytes", where it is signed */
    } cases[] = {
        {"127.0.0.1", S_INIT("UNSIGNED-PAYLOAD")},
        {"localhost", S_INIT("UNSIGNED-PAYLOAD")},
        /* What the resolver takes for 127.0.0.1 stands for every name that it might. */
        {"127.1", S_INIT("277089d91c0bdf4f2e6862ba7e4a07605119431f5d13f726dd352b06f1b206a9")},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        static const struct step steps[] = {{ANSWER, OK_EMPTY}};
        struct server s;
        server_start(&s, NULL, steps, ARRAY_LEN(steps));
        CLEANUP(client) struct client *c = client_at(cases[i].host, &s, "http", NULL);
        struct client_object object = {.bucket = S("b"), .key = S("k")};
        struct client_response response = {0};
        struct client_fault fault;
        CHECK_INT(client_put_object(c, &object, S("bytes"), &response, &fault), CLIENT_OK);
        check_signature(buf_view(&s.seen[0]), "s3", cases[i].hash);
        client_response_deinit(&response);
        server_stop(&s);
    }
}

static void test_json(void **state) {
    (void)state;
    static const struct step steps[] = {
        {ANSWER, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"a\": 1 }"},
        {ANSWER,
         "HTTP/1.1 400 Bad\r\nContent-Length: @\r\nx-amzn-requestid: R2\r\n\r\n"
         "{\"__type\":\"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException\",\"message\":\"The cond\"    }"},
        {ANSWER, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{x}"},
    };
    struct server s;
    server_start(&s, NULL, steps, ARRAY_LEN(steps));
    CLEANUP(client) struct client *c = client_for(&s, "http", NULL);
    CLEANUP_JSON json_t *in = json_pack("{s:s}", "TableName", "t"), *out = NULL, *none = NULL;
    struct client_fault fault;
    CHECK_INT(client_json(c, "dynamodb", "DynamoDB_20120810.GetItem", in, &out, &fault), CLIENT_OK);
    CHECK_INT(json_int(out, "a", 0), 1);
    str seen = buf_view(&s.seen[0]);
    CHECK(str_find(seen, S("X-Amz-Target: DynamoDB_20120810.GetItem\r\n")) > 0);
    CHECK(str_find(seen, S("application/x-amz-json-1.0")) > 0);
    CHECK(str_ends(seen, S("\r\n\r\n{\"TableName\":\"t\"}")));
    char hash[SIGN_HEX + 1];
    sign_sha256_hex(hash, S("{\"TableName\":\"t\"}"));
    check_signature(seen, "dynamodb", str_c(hash));

    CHECK_INT(client_json(c, "dynamodb", "DynamoDB_20120810.PutItem", NULL, &none, &fault),
              CLIENT_E_ANSWER);
    CHECK_STR(str_c(fault.code), S("ConditionalCheckFailedException"));
    CHECK_STR(str_c(fault.message), S("The cond"));
    CHECK_INT(fault.attempts, 1);
    CHECK_INT(client_json(c, "logs", "Logs_20140328.X", NULL, &none, &fault), CLIENT_E_TRANSPORT);
    CHECK(str_find(buf_view(&s.seen[2]), S("application/x-amz-json-1.1")) > 0);
    server_stop(&s);
}

static void test_query(void **state) {
    (void)state;
    static const struct step steps[] = {
        {ANSWER,
         "HTTP/1.1 200 OK\r\nContent-Length: @\r\n\r\n<R><PublishResult><MessageId>m-1</MessageId>"},
        {ANSWER,
         "HTTP/1.1 404 Not Found\r\nContent-Length: @\r\n\r\n<ErrorResponse><Error><Type>Sender</Type><Code>NotFound</Code>"
         "<Message>Topic</Message></Error>"},
    };
    struct server s;
    server_start(&s, NULL, steps, ARRAY_LEN(steps));
    CLEANUP(client) struct client *c = client_for(&s, "http", NULL);
    struct buf out = {0}, id = {0};
    struct client_fault fault;
    struct sign_header params[] = {{S("TopicArn"), S("arn:aws:sns:a:b:c")},
                                   {S("Message"), S("a b&c=d")}};
    const struct client_form form = {"sns", "Publish", "2010-03-31", params, 2};
    CHECK_INT(client_query(c, &form, &out, &fault), CLIENT_OK);
    CHECK(client_xml_text(buf_view(&out), "MessageId", &id));
    CHECK_BUF(id, "m-1");
    CHECK(str_ends(
        buf_view(&s.seen[0]),
        S("Action=Publish&Version=2010-03-31&TopicArn=arn%3Aaws%3Asns%3Aa%3Ab%3Ac&Message=a%20b%26c%3Dd")));
    CHECK_INT(client_query(c, &form, NULL, &fault), CLIENT_E_ANSWER);
    CHECK_STR(str_c(fault.code), S("NotFound"));
    CHECK_STR(str_c(fault.message), S("Topic"));
    buf_deinit(&out);
    buf_deinit(&id);
    server_stop(&s);
}

static void test_retries(void **state) {
    (void)state;
#define BUSY "HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\n\r\n"
    static const struct {
        const char *name, *method;
        struct step steps[4];
        size_t n_steps;
        int want;
        unsigned attempts;
    } cases[] = {
        {"busy, then well", "POST", {{ANSWER, BUSY}, {ANSWER, OK_EMPTY}}, 2, CLIENT_OK, 2},
        {"busy for good",
         "GET",
         {{ANSWER, BUSY}, {ANSWER, BUSY}, {ANSWER, BUSY}},
         3,
         CLIENT_E_ANSWER,
         3},
        {"throttled by code",
         "POST",
         {{ANSWER,
           "HTTP/1.1 400 B\r\nContent-Length: @\r\n\r\n{\"__type\":\"ThrottlingException\"} "},
          {ANSWER, OK_EMPTY}},
         2,
         CLIENT_OK,
         2},
        {"refused for good reason",
         "GET",
         {{ANSWER, "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"}},
         1,
         CLIENT_E_ANSWER,
         1},
        {"cut, idempotent", "GET", {{CLOSE_AFTER, NULL}, {ANSWER, OK_EMPTY}}, 2, CLIENT_OK, 2},
        {"cut, not idempotent", "POST", {{CLOSE_AFTER, NULL}}, 1, CLIENT_E_TRANSPORT, 1},
        {"cut in the answer",
         "GET",
         {{ANSWER_CLOSE, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"}, {ANSWER, OK_EMPTY}},
         2,
         CLIENT_OK,
         2},
        {"not http", "POST", {{ANSWER_CLOSE, "hello\r\n\r\n"}}, 1, CLIENT_E_TRANSPORT, 1},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct server s;
        server_start(&s, NULL, cases[i].steps, cases[i].n_steps);
        CLEANUP(client) struct client *c = client_for(&s, "http", NULL);
        struct client_response response = {0};
        struct client_fault fault;
        struct client_request request = {.service = "lambda",
                                         .method = cases[i].method,
                                         .path = S("/x")};
        int r = client_send(c, &request, &response, &fault);
        if (r != cases[i].want)
            print_error("%s: %d %s\n", cases[i].name, r, fault.message);
        CHECK_CASE(r == cases[i].want, cases[i].name);
        CHECK_CASE(fault.attempts == cases[i].attempts, cases[i].name);
        CHECK_CASE(r == CLIENT_OK || fault.message[0], cases[i].name);
        client_response_deinit(&response);
        server_stop(&s);
    }
}

/* A kept connection that the server closed meanwhile: even a POST is sent again, on a new one. */
static void test_stale(void **state) {
    (void)state;
    static const struct step steps[] = {{ANSWER, OK_EMPTY},
                                        {CLOSE_AFTER, NULL},
                                        {ANSWER, OK_EMPTY}};
    struct server s;
    server_start(&s, NULL, steps, ARRAY_LEN(steps));
    CLEANUP(client) struct client *c = client_for(&s, "http", NULL);
    struct client_response response = {0};
    struct client_fault fault;
    struct client_request request = {.service = "sns", .method = "POST", .path = S("/")};
    CHECK_INT(client_send(c, &request, &response, &fault), CLIENT_OK);
    CHECK_INT(client_send(c, &request, &response, &fault), CLIENT_OK);
    CHECK_INT(fault.attempts, 2);
    client_response_deinit(&response);
    server_stop(&s);
}

static ssize_t pattern_source(void *ctx, uint64_t offset, void *p, size_t n) {
    uint64_t *most = ctx;
    if (offset >= *most)
        return -1;
    if (n > 10000)
        n = 10000; /* short pieces */
    for (size_t i = 0; i < n; i++)
        ((char *)p)[i] = (char)('a' + (offset + i) % 26);
    return (ssize_t)n;
}

static void test_large_put(void **state) {
    (void)state;
    static const struct step steps[] = {
        {CONTINUE_FIRST, OK_EMPTY},
        {ANSWER_EARLY,
         "HTTP/1.1 403 Forbidden\r\nContent-Length: @\r\nConnection: close\r\n\r\n<Error><Code>AccessDenied</Code></Error>    "},
        {CONTINUE_FIRST, OK_EMPTY},
    };
    struct server s;
    server_start(&s, NULL, steps, ARRAY_LEN(steps));
    CLEANUP(client) struct client *c = client_for(&s, "http", NULL);
    struct client_response response = {0};
    struct client_fault fault;
    struct client_object object = {.bucket = S("b"), .key = S("k")};
    uint64_t size = 3000000, most = size, less = 100000;
    CHECK_INT(client_put_object_from(c, &object, &(struct client_from){pattern_source, &most, size},
                                     &response, &fault),
              CLIENT_OK);
    CHECK(str_find(buf_view(&s.seen[0]), S("Expect: 100-continue\r\n")) > 0);
    size_t head = (size_t)str_find(buf_view(&s.seen[0]), S("\r\n\r\n")) + 4;
    CHECK_INT(s.seen[0].len, head + size);
    for (size_t i = 0; i < size; i += 997)
        CHECK_INT(s.seen[0].p[head + i], 'a' + i % 26);

    CHECK_INT(client_put_object_from(c, &object, &(struct client_from){pattern_source, &most, size},
                                     &response, &fault),
              CLIENT_E_ANSWER);
    CHECK_STR(str_c(fault.code), S("AccessDenied"));

    CHECK_INT(client_put_object_from(c, &object, &(struct client_from){pattern_source, &less, size},
                                     &response, &fault),
              CLIENT_E_SINK);
    CHECK(strstr(fault.message, "100000 of 3000000") != NULL);
    client_response_deinit(&response);
    server_stop(&s);
}

static int refuse_bytes(void *ctx, const void *p, size_t n) {
    buf_add(ctx, p, n);
    return 1;
}
static int take_bytes(void *ctx, const void *p, size_t n) {
    buf_add(ctx, p, n);
    return 0;
}

static void test_sinks(void **state) {
    (void)state;
#define TEN "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789"
    static const struct step steps[] = {
        {ANSWER, TEN},
        {ANSWER_CLOSE, TEN},
        {ANSWER_CLOSE, TEN},
        {ANSWER_CLOSE, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n012"}};
    struct server s;
    server_start(&s, NULL, steps, ARRAY_LEN(steps));
    CLEANUP(client) struct client *c = client_for(&s, "http", NULL);
    struct client_response response = {0};
    struct client_fault fault;
    struct client_object object = {.bucket = S("b"), .key = S("k")};
    struct buf got = {0};
    CHECK_INT(client_get_object_to(c, &object, take_bytes, &got, &response, &fault), CLIENT_OK);
    CHECK_BUF(got, "0123456789");
    CHECK_INT(response.body_size, 10);
    CHECK_INT(response.body.len, 0);
    CHECK_INT(client_get_object_to(c, &object, refuse_bytes, &got, &response, &fault),
              CLIENT_E_SINK);
    CHECK_INT(client_get_object(c, &object, 9, &response, &fault), CLIENT_E_TOO_LARGE);
    /* Bytes were given away: no second attempt. */
    CHECK_INT(client_get_object_to(c, &object, take_bytes, &got, &response, &fault),
              CLIENT_E_TRANSPORT);
    CHECK_INT(fault.attempts, 1);
    buf_deinit(&got);
    client_response_deinit(&response);
    server_stop(&s);
}

/* The type that the answer has, when its first byte comes. */
struct typed {
    const struct client_response *response;
    struct buf type;
};
static int note_type(void *ctx, const void *p, size_t n) {
    (void)p;
    (void)n;
    struct typed *typed = ctx;
    buf_str(&typed->type, client_header(typed->response, "content-type"));
    return 0;
}

static void test_a_sink_may_read_the_head(void **state) {
    (void)state;
    static const struct step steps[] = {
        {ANSWER, "HTTP/1.1 200 OK\r\nContent-Type: image/x\r\nContent-Length: 5\r\n\r\nhello"}};
    struct server s;
    struct client_response response = {0};
    struct typed typed = {.response = &response};
    const struct client_object object = {.bucket = S("b"), .key = S("k")};
    server_start(&s, NULL, steps, 1);
    struct client *c = client_for(&s, "http", NULL);
    CHECK_INT(client_get_object_to(c, &object, note_type, &typed, &response, NULL), CLIENT_OK);
    CHECK_BUF(typed.type, "image/x");
    buf_deinit(&typed.type);
    client_response_deinit(&response);
    client_free(c);
    server_stop(&s);
}

/* Nothing goes on behind the moment when all must be over, and nothing is tried again. */
static void test_until(void **state) {
    (void)state;
    static const struct step steps[] = {{ANSWER, OK_EMPTY}};
    struct server s, silent;
    struct client_response response = {0};
    struct client_fault fault;
    const struct client_object object = {.bucket = S("b"), .key = S("k")};
    server_start(&silent, NULL, NULL, 0); /* takes connections, and that is all */
    struct client *c = client_for(&silent, "http", NULL);
    int64_t start_ms = clock_mono_ms();
    client_set_until(c, start_ms + 100);
    CHECK_INT(client_get_object(c, &object, 0, &response, &fault), CLIENT_E_TRANSPORT);
    CHECK_TEXT(fault.message, "the time for it is over");
    CHECK_INT(fault.attempts, 1);
    CHECK_RANGE(clock_mono_ms() - start_ms, 100, 4000); /* idle_ms is 5,000 */
    client_free(c);
    server_stop(&silent);

    server_start(&s, NULL, steps, 1);
    c = client_for(&s, "http", NULL);
    client_set_until(c, clock_mono_ms() - 1);
    CHECK_INT(client_get_object(c, &object, 0, &response, &fault), CLIENT_E_TRANSPORT);
    CHECK_TEXT(fault.message, "the time for it is over");
    CHECK_INT(s.connections, 0);
    client_set_until(c, 0);
    CHECK_INT(client_get_object(c, &object, 0, &response, &fault), CLIENT_OK);
    client_response_deinit(&response);
    client_free(c);
    server_stop(&s);
}

/* A peer that is never silent for long, and never done: it sends or takes a little at a time. */
struct drip {
    int listens;
    bool tls; /* sends bytes of a handshake; else takes a request's body */
};
static void *drip(void *arg) {
    const struct drip *d = arg;
    char some[65536];
    int fd = accept(d->listens, NULL, NULL);
    if (!d->tls)
        (void)!send(fd, "HTTP/1.1 100 Continue\r\n\r\n", 25, MSG_NOSIGNAL);
    for (size_t i = 0;; i++) {
        static const char hello[] = {0x16, 3, 3, 0x40, 0, 2, 0, 0x3f, (char)0xfc};
        const char *next = i < sizeof hello ? &hello[i] : "";
        ssize_t n = d->tls ? send(fd, next, 1, MSG_NOSIGNAL) : recv(fd, some, sizeof some, 0);
        if (n <= 0)
            break;
        usleep(d->tls ? 20000 : 5000);
    }
    close(fd);
    return NULL;
}

/* The moment holds for peers that drip, too: in a handshake, and on the way of a body. */
static void test_until_drips(void **state) {
    (void)state;
    CLEANUP_MEM char *body = mem_zalloc(48 << 20);
    for (int tls = 0; tls < 2; tls++) {
        struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001)};
        socklen_t len = sizeof addr;
        struct drip d = {socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), tls};
        int little = 65536;
        setsockopt(d.listens, SOL_SOCKET, SO_RCVBUF, &little, sizeof little);
        CHECK_INT(bind(d.listens, (struct sockaddr *)&addr, sizeof addr), 0);
        CHECK_INT(listen(d.listens, 4), 0);
        CHECK_INT(getsockname(d.listens, (struct sockaddr *)&addr, &len), 0);
        pthread_t thread;
        CHECK_INT(pthread_create(&thread, NULL, drip, &d), 0);
        char endpoint[64];
        snprintf(endpoint, sizeof endpoint, "http%s://127.0.0.1:%u", tls ? "s" : "",
                 ntohs(addr.sin_port));
        struct client_options options = {.endpoint = endpoint,
                                         .access_key = "AKID",
                                         .secret_key = "secret",
                                         .attempts = 1};
        struct client *c = NULL;
        struct client_response response = {0};
        struct client_fault fault;
        const struct client_object object = {.bucket = S("b"), .key = S("k")};
        CHECK_INT(client_new(&c, &options, NULL), 0);
        int64_t start_ms = clock_mono_ms();
        client_set_until(c, start_ms + 500);
        CHECK_INT(client_put_object(c, &object, str_n(body, 48 << 20), &response, &fault),
                  CLIENT_E_TRANSPORT);
        CHECK_RANGE(clock_mono_ms() - start_ms, 500, 1900);
        client_response_deinit(&response);
        client_free(c);
        pthread_join(thread, NULL);
        close(d.listens);
    }
}

static void test_plain(void **state) {
    (void)state;
    static const struct step steps[] = {
        {ANSWER,
         "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nLambda-Runtime-Aws-Request-Id: r-1\r\n\r\n{}"}};
    struct server s;
    char url[96];
    server_start(&s, NULL, steps, ARRAY_LEN(steps));
    CLEANUP(client) struct client *c = client_for(&s, "http", NULL);
    struct client_response response = {0};
    struct client_fault fault;
    snprintf(url, sizeof url, "http://127.0.0.1:%u/a%%2Fb?X-Amz-Signature=1", s.port);
    CHECK_INT(client_plain(
                  c,
                  &(struct client_plain){.method = "GET", .url = str_c(url), .idle_ms = UINT32_MAX},
                  &response, &fault),
              CLIENT_OK);
    CHECK_STR(client_header(&response, "lambda-runtime-aws-request-id"), S("r-1"));
    CHECK(str_starts(buf_view(&s.seen[0]),
                     S("GET /a%2Fb?X-Amz-Signature=1 HTTP/1.1\r\nHost: 127.0.0.1:")));
    CHECK(str_find(buf_view(&s.seen[0]), S("Authorization")) < 0);
    CHECK_INT(client_plain(c, &(struct client_plain){.method = "GET", .url = S("nonsense")},
                           &response, &fault),
              CLIENT_E_OPTIONS);
    client_response_deinit(&response);
    server_stop(&s);
}

/* An endpoint may stand below a path, and a bucket goes into the path of a named endpoint. */
static void test_targets(void **state) {
    (void)state;
    static const struct {
        const char *below, *bucket, *path, *query, *target;
    } cases[] = {
        {"", "", "", "", "POST / HTTP"},
        {"", "", "/a b", "x=1", "POST /a%20b?x=1 HTTP"},
        {"", "b", "", "", "POST /b HTTP"},
        {"/base", "b", "/k", "", "POST /base/b/k HTTP"},
        {"/base/", "", "/k", "", "POST /base/k HTTP"},
        {"/", "a.b", "/k/", "q", "POST /a.b/k/?q HTTP"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        static const struct step steps[] = {{ANSWER, OK_EMPTY}};
        struct server s;
        char endpoint[96];
        server_start(&s, NULL, steps, 1);
        snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%u%s", s.port, cases[i].below);
        struct client_options options = {.endpoint = endpoint,
                                         .access_key = ACCESS,
                                         .secret_key = SECRET,
                                         .region = "eu-west-1"};
        CLEANUP(client) struct client *c = NULL;
        CHECK_INT(client_new(&c, &options, NULL), CLIENT_OK);
        struct client_request request = {.service = "s3",
                                         .method = "POST",
                                         .bucket = str_c(cases[i].bucket),
                                         .path = str_c(cases[i].path),
                                         .query = str_c(cases[i].query)};
        struct client_response response = {0};
        CHECK_INT(client_send(c, &request, &response, NULL), CLIENT_OK);
        CHECK_HAS(s.seen[0].p, cases[i].target);
        CHECK_HAS(s.seen[0].p, "\r\nContent-Length: 0\r\n");
        client_response_deinit(&response);
        server_stop(&s);
    }
}

/* What cannot be sent as it stands is refused before anything goes out. */
static void test_unsendable(void **state) {
    (void)state;
    static const struct sign_header bad[] = {{S_INIT("X\nY"), S_INIT("v")},
                                             {S_INIT("X"), S_INIT("v\rw")},
                                             {S_INIT("X"), S_INIT("v\0w")},
                                             {S_INIT("X:Y"), S_INIT("v")}};
    struct client_options options = {.endpoint = "http://127.0.0.1:1",
                                     .access_key = "a",
                                     .secret_key = "b"};
    CLEANUP(client) struct client *c = NULL;
    struct client_response response = {0};
    struct client_fault fault;
    CHECK_INT(client_new(&c, &options, NULL), CLIENT_OK);
    struct client_request request = {.service = "sns", .method = "POST", .n_headers = 1};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        request.headers = &bad[i];
        CHECK_INT(client_send(c, &request, &response, &fault), CLIENT_E_OPTIONS);
        CHECK_TEXT(fault.message, "a header holds a line end");
    }
    request.n_headers = 0;
    request.query = S("a b");
    CHECK_INT(client_send(c, &request, &response, &fault), CLIENT_E_OPTIONS);
    CHECK_TEXT(fault.message, "the query is not encoded");
    struct client_file file = {-1, 0};
    request.query = STR_NONE;
    request.source = client_file_source;
    request.source_ctx = &file;
    request.body_size = 1;
    CHECK_INT(client_send(c, &request, &response, &fault), CLIENT_E_OPTIONS);
    CHECK_TEXT(fault.message, "only S3 takes a body without its hash");
    request.body = S("x");
    CHECK_INT(client_send(c, &request, &response, &fault), CLIENT_E_OPTIONS);
    CHECK_TEXT(fault.message, "a body from both bytes and a source");
    client_response_deinit(&response);
}

static void test_refusals(void **state) {
    (void)state;
    struct client *none = NULL;
    struct err err = {0};
    CHECK_INT(client_new(&none, &(struct client_options){0}, &err), CLIENT_E_OPTIONS);
    CHECK(strstr(err.text, "AWS_ACCESS_KEY_ID") != NULL);
    struct client_options options = {.endpoint = "ftp://x", .access_key = "a", .secret_key = "b"};
    CHECK_INT(client_new(&none, &options, &err), CLIENT_E_OPTIONS);
    CHECK(!none);

    options.endpoint = "http://127.0.0.1:1"; /* nobody listens there */
    options.backoff_ms = 1;
    CLEANUP(client) struct client *c = NULL;
    struct client_response response = {0};
    struct client_fault fault;
    CHECK_INT(client_new(&c, &options, &err), CLIENT_OK);
    struct client_request request = {.service = "sns", .method = "POST", .path = S("/")};
    CHECK_INT(client_send(c, &request, &response, &fault), CLIENT_E_TRANSPORT);
    CHECK_INT(fault.attempts, 3);
    CHECK(strstr(fault.message, "127.0.0.1:1") != NULL);
    struct sign_header smuggled = {S("X-A"), S("b\r\nX-C: d")};
    request.headers = &smuggled;
    request.n_headers = 1;
    CHECK_INT(client_send(c, &request, &response, &fault), CLIENT_E_OPTIONS);
    client_response_deinit(&response);
}

static void test_environment(void **state) {
    (void)state;
    static const struct step steps[] = {{ANSWER, OK_EMPTY}};
    struct server s;
    char url[64];
    server_start(&s, NULL, steps, ARRAY_LEN(steps));
    snprintf(url, sizeof url, "http://127.0.0.1:%u", s.port);
    setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1", 1);
    setenv("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", url, 1);
    setenv("AWS_ACCESS_KEY_ID", ACCESS, 1);
    setenv("AWS_SECRET_ACCESS_KEY", SECRET, 1);
    setenv("AWS_SESSION_TOKEN", "token==", 1);
    setenv("AWS_REGION", "eu-west-1", 1);
    CLEANUP(client) struct client *c = NULL;
    struct err err = {0};
    struct client_fault fault;
    CHECK_INT(client_new(&c, &(struct client_options){.endpoint = "x"}, &err), CLIENT_E_OPTIONS);
    CHECK_TEXT(err.text, "the endpoint x is not an http or https URL");
    /* A region stands in a header and in a host's name. */
    static const char *const regions[] = {"eu\r\nX: y", "x.example.com/", "eu west", "\xc3\xa9"};
    for (size_t i = 0; i < ARRAY_LEN(regions); i++)
        CHECK_INT(client_new(&c, &(struct client_options){.region = regions[i]}, &err),
                  CLIENT_E_OPTIONS);
    CHECK_TEXT(err.text, "the region \"\xc3\xa9\" is not a region's name");
    /* Empty texts are as good as none. */
    struct client_options empty = {.endpoint = "", .region = "", .access_key = "", .ca_file = ""};
    CHECK_INT(client_new(&c, &empty, &err), CLIENT_OK);
    CHECK_STR(str_c(client_region(c)), S("eu-west-1"));
    CHECK_INT(client_json(c, "logs", "Logs_20140328.X", NULL, NULL, &fault), CLIENT_OK);
    CHECK(str_find(buf_view(&s.seen[0]), S("X-Amz-Security-Token: token==\r\n")) > 0);
    static const char *const names[] = {"AWS_ENDPOINT_URL",  "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS",
                                        "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
                                        "AWS_SESSION_TOKEN", "AWS_REGION"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        unsetenv(names[i]);
    server_stop(&s);
}

int main(void) {
    clearenv(); /* whoever runs this may have a profile and keys */
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_object),
                                       cmocka_unit_test(test_body_to_a_name),
                                       cmocka_unit_test(test_json),
                                       cmocka_unit_test(test_query),
                                       cmocka_unit_test(test_retries),
                                       cmocka_unit_test(test_stale),
                                       cmocka_unit_test(test_large_put),
                                       cmocka_unit_test(test_sinks),
                                       cmocka_unit_test(test_a_sink_may_read_the_head),
                                       cmocka_unit_test(test_until),
                                       cmocka_unit_test(test_until_drips),
                                       cmocka_unit_test(test_plain),
                                       cmocka_unit_test(test_targets),
                                       cmocka_unit_test(test_unsendable),
                                       cmocka_unit_test(test_refusals),
                                       cmocka_unit_test(test_environment)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
