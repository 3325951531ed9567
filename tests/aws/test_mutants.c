/*
 * Signed requests of every form, each changed on its way in many ways: what is still accepted means
 * the same as what was signed, by our own reading (operation, resource, members, body) and by one
 * that is made here of the bytes alone. Twenty thousand mutants of one seed.
 *
 * A mutant that means something else and is accepted fails the test with its request printed. What
 * a signature leaves open by its own rules is not compared, and listed where it is left out.
 */
#include "aws/aws_priv.h"
#include "aws/meant.h"
#include "aws/mutants/mutants.h"

enum { MUTANTS = 20000, MOST_BASES = 64 };
static size_t n_mutants = MUTANTS;

/* ---- What we make of it ---- */
struct meaning {
    bool accepted;
    struct buf said; /* operation, labels, members, body */
};

static struct aws_cloud cloud = {.default_region = (char *)"us-east-1",
                                 .default_account = (char *)"000000000000"};

/* What net's gate lets through to us: names that are tokens, no control characters, one host. */
static bool passes_gate(const struct request *r) {
    size_t hosts = 0, proofs = 0;
    for (size_t i = 0; i < r->n_headers; i++) {
        str name = r->headers[i].name, value = r->headers[i].value;
        bool host = str_eq_nocase(name, S("host"));
        hosts += host;
        proofs += str_eq_nocase(name, S("authorization"));
        if (!sign_could_be_header(name, value) || (host && !ascii_only_alnum(value, "-._:[]")))
            return false;
    }
    for (size_t i = 0; i < r->path.len + r->query.len; i++) {
        char c = i < r->path.len ? r->path.p[i] : r->query.p[i - r->path.len];
        if ((unsigned char)c <= ' ' || c == 127 || (i < r->path.len && c == '?'))
            return false;
    }
    return hosts == 1 && proofs < 2 && r->path.len && r->path.p[0] == '/';
}

static int take_bytes(void *ctx, const void *p, size_t n) {
    buf_add(ctx, p, n);
    return 0;
}

/* As serve.c goes about it: read, route, check, cover; then the body. */
static bool is_believed(struct rq *rq, const struct request *r, struct sign_header *headers) {
    struct rq_priv *p = rq->priv;
    for (size_t i = 0; i < r->n_headers; i++)
        headers[i] = (struct sign_header){r->headers[i].name, str_trim(r->headers[i].value)};
    p->sent = (struct aws_wire){.method = r->method,
                                .path = r->path,
                                .query = r->query,
                                .headers = headers,
                                .n_headers = r->n_headers,
                                .arena = &rq->arena};
    aws_wire_join(&p->sent, headers);
    aws_auth_read(&p->auth, &p->sent, fixture_now);
    p->has_auth = true;
    p->wire = p->auth.meant;
    int routed = aws_route_request(cloud.router, &p->wire, &p->auth, &rq->arena, &p->route);
    p->sent.host_bucket = p->wire.host_bucket = p->route.host_bucket;
    if (aws_dialect_of(p->route.api) == AWS_DIALECT_S3)
        p->auth.belongs_to = p->route.api->signing_name;
    if (aws_auth_check(&p->auth, aws_dialect_of(p->route.api), &fixture_source) || routed ||
        !p->auth.identity || aws_check_covered(rq))
        return false;
    struct aws_body_options options = {.dialect = aws_dialect_of(p->route.api),
                                       .has_length = true,
                                       .content_length = r->body.len,
                                       .sink = take_bytes,
                                       .sink_ctx = &p->raw};
    p->has_body = true;
    return !aws_body_init(&p->body, &p->wire, &p->auth, &options) &&
           !aws_body_feed(&p->body, r->body.p, r->body.len) &&
           !aws_body_end(&p->body, &rq->payload);
}

/* The Action of a form, as serve.c finds it. */
static bool find_action(struct rq *rq) {
    struct route *route = &rq->priv->route;
    struct codec_param *params = NULL;
    size_t n = 0;
    if (route->op)
        return true;
    if (wire_params(&rq->arena, rq->payload.bytes, true, &params, &n, NULL))
        return false;
    for (size_t i = 0; i < n; i++)
        if (str_is(params[i].key, "Action"))
            route->op = api_op_find(route->api, params[i].value);
    return route->op != NULL;
}

/*
 * Members of headers that no signature need cover: Range, If-*, Cache-Control and the like, which
 * AWS takes unsigned; and what pages through a listing, of which version 2 signs nothing.
 */
static bool is_left_open(const struct api_member *m, enum aws_auth_kind kind, str signed_headers) {
    static const char *const pages[] = {
        "prefix",        "delimiter",          "marker",      "max-keys",   "list-type",
        "encoding-type", "continuation-token", "start-after", "fetch-owner"};
    for (size_t i = 0; i < ARRAY_LEN(pages) && kind == AWS_AUTH_V2_QUERY; i++)
        if (m->location == API_IN_QUERY && str_is(m->wire, pages[i]))
            return true;
    bool standard =
        str_eq_nocase(m->wire, S("content-type")) || str_eq_nocase(m->wire, S("content-md5"));
    bool is_signed =
        kind == AWS_AUTH_V2_QUERY ? standard : is_signed_header(signed_headers, m->wire);
    return m->location == API_IN_HEADER && !str_starts_nocase(m->wire, S("x-amz-")) && !is_signed;
}

static void drop_left_open(struct rq *rq, str signed_headers) {
    const struct api_shape *in = rq->priv->route.op->in;
    for (size_t i = 0; in && i < in->n; i++)
        if (is_left_open(&in->members[i], rq->priv->auth.kind, signed_headers))
            json_object_del(rq->in, in->members[i].name.p);
}

static void say(struct meaning *m, struct rq *rq, str signed_headers, bool body) {
    struct rq_priv *p = rq->priv;
    drop_left_open(rq, signed_headers);
    char *doc = json_dumps(rq->in, JSON_SORT_KEYS | JSON_COMPACT);
    /* Two listings of a bucket are one thing to who may list it. */
    bool listing =
        p->auth.kind == AWS_AUTH_V2_QUERY && str_starts(p->route.op->name, S("ListObjects"));
    buf_printf(&m->said, STR_FMT ":" STR_FMT " by " STR_FMT " ", STR_ARG(p->route.api->name),
               STR_ARG(listing ? S("ListObjects") : p->route.op->name),
               STR_ARG(p->auth.identity->access_key));
    add_spaced(&m->said, str_c(doc));
    free(doc);
    if (body)
        buf_str(&m->said, buf_view(&p->raw));
}

static void understand(struct meaning *m, const struct request *r, str signed_headers, bool body) {
    static const struct aws_op s3_op = {.open = (aws_handler_fn *)1}, op = {0};
    struct sign_header headers[MUTANT_HEADERS];
    *m = (struct meaning){0};
    if (!passes_gate(r))
        return;
    struct rq *rq = aws_rq_new(&cloud);
    if (is_believed(rq, r, headers)) {
        rq->payload.bytes = buf_view(&rq->priv->raw);
        bool s3 = aws_dialect_of(rq->priv->route.api) == AWS_DIALECT_S3;
        rq->op = s3 ? &s3_op : &op; /* S3: the body is bytes here, and compared as such */
        m->accepted = find_action(rq) && aws_decode(rq) == 0;
        if (m->accepted)
            say(m, rq, signed_headers, body);
    }
    aws_rq_free(rq);
}

/* ---- The test ---- */
struct counts {
    size_t accepted, refused;
};

static void one_mutant(const struct base *base, const struct request *original,
                       const struct meaning *meant, struct counts *counts) {
    bool s3 = strcmp(base->service, "s3") == 0, v2 = base->form == QUERY_2;
    bool body = base->form != QUERY_2 && !(base->form == QUERY_4 && s3);
    str signed_headers = request_signed_headers(original);
    struct request mutant;
    struct meaning got;
    CLEANUP_DEINIT(buf) struct buf was = {0};
    CLEANUP_DEINIT(buf) struct buf is = {0};
    request_copy(&mutant, original);
    for (size_t n = 1 + draw(5) / 3; n > 0; n--)
        request_change(&mutant);
    understand(&got, &mutant, signed_headers, body);
    *(got.accepted ? &counts->accepted : &counts->refused) += 1;
    if (got.accepted) {
        request_read(&was, original, s3, v2, signed_headers);
        request_read(&is, &mutant, s3, v2, signed_headers);
        bool same = str_eq(buf_view(&got.said), buf_view(&meant->said));
        if (!same || !str_eq(buf_view(&was), buf_view(&is))) {
            request_print("signed", original);
            request_print("accepted", &mutant);
            print_error("%s\n%s\n%s\n%s\n", buf_cstr((struct buf *)&meant->said),
                        buf_cstr(&got.said), buf_cstr(&was), buf_cstr(&is));
            fail_msg("[%s] a changed request was accepted and means something else", base->name);
        }
    }
    buf_deinit(&got.said);
    arena_deinit(&mutant.arena);
}

static void mutants(void **state) {
    (void)state;
    struct counts counts[MOST_BASES] = {{0}};
    struct counts all = {0};
    CHECK(n_bases <= MOST_BASES);
    cloud.router = aws_router_new();
    for (size_t i = 0; i < n_mutants; i++) {
        size_t which = i % n_bases;
        const struct base *base = &bases[which];
        struct request original;
        struct meaning meant;
        request_make(&original, base);
        bool body =
            base->form != QUERY_2 && !(base->form == QUERY_4 && strcmp(base->service, "s3") == 0);
        understand(&meant, &original, request_signed_headers(&original), body);
        CHECK_CASE(meant.accepted, base->name);
        one_mutant(base, &original, &meant, &counts[which]);
        buf_deinit(&meant.said);
        arena_deinit(&original.arena);
    }
    cloud.router = aws_router_free(cloud.router);
    for (size_t i = 0; i < n_bases; i++) {
        all.accepted += counts[i].accepted;
        all.refused += counts[i].refused;
        /* Of each some are harmless (an order, a letter's case) and most are not. */
        CHECK_CASE(counts[i].accepted > 0 && counts[i].refused > counts[i].accepted, bases[i].name);
    }
    print_message("%zu accepted, which mean the same, and %zu refused\n", all.accepted,
                  all.refused);
    CHECK_INT(all.accepted + all.refused, n_mutants);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(mutants)};
    uint64_t n;
    if (argc > 1 && str_to_u64(str_c(argv[1]), &n))
        n_mutants = n;
    if (argc > 2 && str_to_u64(str_c(argv[2]), &n))
        draw_from(n);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
