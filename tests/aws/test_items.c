/* What is written item by item is what the same document encodes to, in XML and in JSON. */
#include "aws/aws_priv.h"
#include "aws/items_priv.h"
#include "cm.h"

/* ---- A list of every kind of value, flattened and not ---- */

#define SHAPE(kind, ...)                                                                           \
    { .type = (kind), .payload = -1, __VA_ARGS__ }
#define MEMBER(of, ...)                                                                            \
    { .name = S_INIT(#of), .wire = S_INIT("w" #of), .shape = &(of), __VA_ARGS__ }
static const struct api_shape Text = SHAPE(API_STRING);
static const struct api_shape Whole = SHAPE(API_INTEGER, .flags = API_LONG);
static const struct api_shape Real = SHAPE(API_DOUBLE);
static const struct api_shape Yes = SHAPE(API_BOOLEAN);
static const struct api_shape Moment = SHAPE(API_TIMESTAMP);
static const struct api_shape Texts =
    SHAPE(API_LIST, .element = &Text, .element_wire = S_INIT("member"));
static const struct api_shape Reals =
    SHAPE(API_LIST, .element = &Real, .element_wire = S_INIT("member"));
static const struct api_shape Moments =
    SHAPE(API_LIST, .element = &Moment, .element_wire = S_INIT("member"));
static const struct api_member inner_members[] = {MEMBER(Text), MEMBER(Reals)};
static const struct api_shape Inner =
    SHAPE(API_STRUCTURE, .n = ARRAY_LEN(inner_members), .members = inner_members);
static const struct api_shape Inners =
    SHAPE(API_LIST, .element = &Inner, .element_wire = S_INIT("one"));
static const struct api_member one_members[] = {
    MEMBER(Text),
    MEMBER(Whole),
    MEMBER(Real),
    MEMBER(Yes),
    MEMBER(Moment),
    {.name = S_INIT("Unix"), .wire = S_INIT("Unix"), .shape = &Moment, .time = API_TIME_UNIX},
    {.name = S_INIT("Iso"), .wire = S_INIT("Iso"), .shape = &Moment, .time = API_TIME_ISO8601},
    {.name = S_INIT("Http"), .wire = S_INIT("Http"), .shape = &Moment, .time = API_TIME_RFC822},
    MEMBER(Texts, .flags = API_FLATTENED),
    MEMBER(Moments),
    MEMBER(Inner),
    MEMBER(Inners),
};
static const struct api_shape One =
    SHAPE(API_STRUCTURE, .n = ARRAY_LEN(one_members), .members = one_members);
static const struct api_shape Ones =
    SHAPE(API_LIST, .element = &One, .element_wire = S_INIT("one"));
static const struct api_member out_members[] = {
    MEMBER(Yes),
    {.name = S_INIT("Flat"), .wire = S_INIT("Flat"), .shape = &Ones, .flags = API_FLATTENED},
    {.name = S_INIT("Ones"), .wire = S_INIT("Ones"), .shape = &Ones},
};
static const struct api_shape Out =
    SHAPE(API_STRUCTURE, .n = ARRAY_LEN(out_members), .members = out_members);
static const struct api_op op = {.name = S_INIT("List"), .out = &Out};

/* ---- The same numbers each time ---- */

static uint64_t state;
static uint64_t number(void) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return state >> 24;
}

/* Every byte that UTF-8 of one byte has, and a few longer characters. */
static str any_text(char out[64]) {
    static const char *const others[] = {"\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"};
    size_t n = 0, most = number() % 24;
    for (size_t i = 0; i < most; i++) {
        if (number() % 8) {
            out[n++] = (char)(number() % 128);
            continue;
        }
        const char *other = others[number() % ARRAY_LEN(others)];
        memcpy(out + n, other, strlen(other));
        n += strlen(other);
    }
    return str_n(out, n);
}

static double any_real(void) {
    static const double odd[] = {0, -0.0, 1e15, -1e15, 1e-7, 0.1, 1e300, 123456789012345678.0};
    return number() % 3 ? (double)(int64_t)number() / 8 : odd[number() % ARRAY_LEN(odd)];
}

static int64_t any_time(void) { return (int64_t)(number() % 4000000000000u) - 1000000000000; }

static void tell_inner(struct items *it, const char *name) {
    char text[64];
    items_open(it, name);
    items_str(it, "Text", any_text(text));
    items_open(it, "Reals");
    for (size_t i = number() % 4; i > 0; i--)
        items_num(it, NULL, any_real());
    items_close(it);
    items_close(it);
}

static void tell_one(struct items *it) {
    char text[64];
    items_begin(it);
    items_str(it, "Text", number() % 4 ? any_text(text) : STR_NONE);
    items_int(it, "Whole", number() % 4 ? (int64_t)(number() << 20) : INT64_MIN);
    items_num(it, "Real", any_real());
    if (number() % 2)
        items_bool(it, "Yes", number() % 2);
    items_time(it, "Moment", any_time());
    items_time(it, "Unix", any_time() / 1000 * 1000);
    items_time(it, "Iso", any_time());
    items_time(it, "Http", any_time());
    items_open(it, "Texts");
    for (size_t i = number() % 3; i > 0; i--)
        items_str(it, NULL, any_text(text));
    items_close(it);
    items_open(it, "Moments");
    for (size_t i = number() % 3; i > 0; i--)
        items_time(it, NULL, any_time());
    items_close(it);
    tell_inner(it, "Inner");
    items_open(it, "Inners");
    for (size_t i = number() % 3; i > 0; i--)
        tell_inner(it, NULL);
    items_close(it);
    items_close(it);
}

/* ---- An answer ---- */

struct answer {
    struct rq rq;
    struct rq_priv priv;
};

static void tell(struct answer *a, enum aws_protocol protocol, bool by_wire, uint64_t seed) {
    static struct net_req wire;
    static const char *const lists[] = {"Flat", "Ones"};
    state = seed;
    a->rq.priv = &a->priv;
    a->rq.net = by_wire ? &wire : NULL;
    a->priv.route.op = &op;
    a->priv.route.protocol = protocol;
    a->rq.out = json_object();
    json_set_bool(a->rq.out, "Yes", true);
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        struct items *it = rq_out_items(&a->rq, lists[i]);
        for (size_t n = number() % 5; n > 0; n--)
            tell_one(it);
    }
    aws_items_settle(&a->rq);
}

static void end(struct answer *a) {
    aws_items_drop(&a->rq);
    json_decref(a->rq.out);
    arena_deinit(&a->rq.arena);
}

static void encode(struct answer *a, enum aws_protocol protocol, bool written, struct buf *body) {
    const struct items *items = written ? a->priv.items : NULL;
    if (protocol == PROTOCOL_JSON && written)
        aws_items_json(&a->rq, &Out, body);
    else if (protocol == PROTOCOL_JSON)
        wire_json_out(&Out, a->rq.out, body);
    else
        wire_xml_out(&Out, a->rq.out, items, S("List"), STR_NONE, body);
}

/* Written for a client, and as a document for a call from inside. */
static void check_seed(enum aws_protocol protocol, uint64_t seed) {
    struct answer written = {0}, document = {0};
    CLEANUP_DEINIT(buf) struct buf a = {0}, b = {0};
    tell(&written, protocol, true, seed);
    tell(&document, protocol, false, seed);
    encode(&written, protocol, true, &a);
    encode(&document, protocol, false, &b);
    if (protocol == PROTOCOL_JSON) {
        CLEANUP_JSON json_t *x = json_parse(buf_view(&a), NULL),
                            *y = json_parse(buf_view(&b), NULL);
        CHECK_CASE(x && json_equal(x, y), buf_cstr(&a));
    } else {
        CHECK_STR(buf_view(&a), buf_view(&b));
    }
    CHECK(a.len > 10);
    end(&written);
    end(&document);
}

static void same_as_documents(void **s) {
    (void)s;
    for (uint64_t seed = 1; seed <= 400; seed++) {
        check_seed(PROTOCOL_REST_XML, seed);
        check_seed(PROTOCOL_QUERY, seed);
        check_seed(PROTOCOL_JSON, seed);
    }
}

static void bytes_are_as_ever(void **s) {
    (void)s;
    struct answer a = {.priv.route = {.op = &op, .protocol = PROTOCOL_REST_XML}};
    static struct net_req wire;
    CLEANUP_DEINIT(buf) struct buf body = {0};
    a.rq.priv = &a.priv;
    a.rq.net = &wire;
    struct items *it = rq_out_items(&a.rq, "Flat");
    items_begin(it);
    items_str(it, "Text", str_n("a<&\">\0\r\n\t\x1F\xC3\xA9z", 13));
    items_num(it, "Real", 2.5);
    items_time(it, "Moment", 1795323419123);
    items_close(it);
    wire_xml_out(&Out, NULL, a.priv.items, S("R"), STR_NONE, &body);
    CHECK_STR(buf_view(&body),
              S("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<R><Flat>"
                "<wText>a&lt;&amp;&quot;&gt;&#x0;&#xd;\n\t&#x1f;\xC3\xA9z</wText>"
                "<wReal>2.5</wReal><wMoment>2026-11-22T04:56:59.123Z</wMoment></Flat></R>"));
    end(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_as_documents),
        cmocka_unit_test(bytes_are_as_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
