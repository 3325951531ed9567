/* The forms of the engine's rows, and what becomes of those of older formats. */
#include "lib/tmp.h"

#include "cfn/cfn.h"
#include "cfn/engine.h"
#include "hub/due.h"
#include "store/key.h"

#include <sys/stat.h>
#include <unistd.h>

/* ---- Forms ---- */

static json_t *parse(const char *text) {
    json_t *doc = json_parse(str_c(text), NULL);
    CHECK(doc);
    return doc;
}

/* A stack with something in every kind of field. */
static void fill(struct arena *arena, struct cfn_stack *stack) {
    struct cfn_resource *garbage = arena_new(arena, struct cfn_resource);
    *stack = (struct cfn_stack){
        .id = S("arn:x"),
        .name = S("n"),
        .reason = S(""),
        .status = CFN_UPDATE_IN_PROGRESS,
        .created_ms = 1700000000123,
        .is_protected = true,
        .now = {.generation = 300, .tags = parse("[{\"Key\":\"k\",\"Value\":\"\\u0000v\"}]")},
        .op = {.id = S("op"), .kind = CFN_OP_UPDATE, .token = S("t")}};
    garbage->name = S("G");
    garbage->now.physical = S("g-1");
    garbage->now.on_delete = TMPL_RETAIN;
    garbage->task = (struct cfn_task){.op = S("op"),
                                      .phase = CFN_UPDATE_COMPLETE_CLEANUP_IN_PROGRESS,
                                      .verb = CFN_REMOVE,
                                      .stage = CFN_DOING,
                                      .notes = json_object()};
    cfn_list_add(&stack->garbage, arena, garbage);
    /* that says nothing */
    cfn_list_add(&stack->garbage, arena, arena_new(arena, struct cfn_resource));
}

static void a_row_says_what_was_written(void **state) {
    (void)state;
    CLEANUP_DEINIT(arena) struct arena arena = {0};
    CLEANUP_DEINIT(buf) struct buf row = {0}, again = {0};
    CLEANUP_DEINIT(cfn_stack) struct cfn_stack stack, read = {0};
    fill(&arena, &stack);
    cfn_form_write(&row, &cfn_stack_form, &stack);
    CHECK(cfn_form_read(buf_view(&row), &cfn_stack_form, &arena, &read));
    CHECK_STR(read.id, S("arn:x"));
    CHECK(read.reason.p); /* empty is not absent */
    CHECK_INT(read.reason.len, 0);
    CHECK(!read.role.p);
    CHECK_INT(read.status, CFN_UPDATE_IN_PROGRESS);
    CHECK(read.created_ms == 1700000000123 && read.is_protected && read.now.generation == 300);
    CHECK(json_equal(read.now.tags, stack.now.tags));
    CHECK(!read.old.tags);
    CHECK_INT(read.garbage.n, 2);
    const struct cfn_resource *garbage = read.garbage.items[0];
    CHECK_STR(garbage->now.physical, S("g-1"));
    CHECK(garbage->now.on_delete == TMPL_RETAIN && garbage->task.verb == CFN_REMOVE &&
          garbage->task.stage == CFN_DOING);
    cfn_form_write(&again, &cfn_stack_form, &read);
    CHECK_STR(buf_view(&again), buf_view(&row));
}

static void a_cut_row_is_damaged(void **state) {
    (void)state;
    CLEANUP_DEINIT(arena) struct arena arena = {0};
    CLEANUP_DEINIT(buf) struct buf row = {0};
    CLEANUP_DEINIT(cfn_stack) struct cfn_stack stack, read = {0};
    fill(&arena, &stack);
    cfn_form_write(&row, &cfn_stack_form, &stack);
    for (size_t n = 0; n < row.len; n++)
        CHECK(!cfn_form_read(str_slice(buf_view(&row), 0, n), &cfn_stack_form, &arena, &read));
    buf_char(&row, '\0');
    CHECK(!cfn_form_read(buf_view(&row), &cfn_stack_form, &arena, &read));
    CHECK(!read.now.tags); /* nothing is left of what was read before the damage */
}

static void damage_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *name;
        str row;
        bool ok;
    } cases[] = {
        {"nothing said", S("{}"), true},
        {"null says nothing", S("{\"StackId\":null,\"Old\":null}"), true},
        {"no JSON", S("{]"), false},
        {"nothing at all", S(""), false},
        {"a list", S("[]"), false},
        {"a text", S("{\"StackId\":\"ab\"}"), true},
        {"a text that is a number", S("{\"StackId\":1}"), false},
        {"twice the same field", S("{\"StackId\":\"a\",\"StackId\":\"a\"}"), false},
        {"a status", S("{\"Status\":\"CREATE_FAILED\"}"), true},
        {"a status that is none", S("{\"Status\":\"LOST\"}"), false},
        {"a status that is a number", S("{\"Status\":1}"), false},
        {"a time", S("{\"CreationTime\":1700000000123}"), true},
        {"a time with a fraction", S("{\"CreationTime\":1.5}"), false},
        {"a time over 63 bits", S("{\"CreationTime\":99999999999999999999}"), false},
        {"a flag", S("{\"EnableTerminationProtection\":true}"), true},
        {"a flag that is a number", S("{\"EnableTerminationProtection\":1}"), false},
        {"a part", S("{\"Old\":{\"Parameters\":{}}}"), true},
        {"a part that is a text", S("{\"Old\":\"Parameters\"}"), false},
        {"a part with damage", S("{\"Old\":{\"Description\":1}}"), false},
        {"a member of the part without a name", S("{\"Generation\":\"1\"}"), false},
        {"parts of a list", S("{\"Garbage\":[{},{\"Task\":{\"Verb\":\"remove\"}}]}"), true},
        {"a list that is none", S("{\"Garbage\":{}}"), false},
        {"a list with damage", S("{\"Garbage\":[{\"Task\":{\"Verb\":\"paint\"}}]}"), false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(arena) struct arena arena = {0};
        CLEANUP_DEINIT(cfn_stack) struct cfn_stack read = {0};
        CHECK_CASE(cfn_form_read(cases[i].row, &cfn_stack_form, &arena, &read) == cases[i].ok,
                   cases[i].name);
    }
}

static void shown_and_taken(void **state) {
    (void)state;
    CLEANUP_DEINIT(arena) struct arena arena = {0};
    CLEANUP_DEINIT(cfn_stack) struct cfn_stack stack;
    CLEANUP_DEINIT(buf) struct buf text = {0};
    CLEANUP_JSON json_t *shown = json_object();
    fill(&arena, &stack);
    cfn_form_show(&cfn_stack_form, &stack, shown,
                  "StackName StackStatus=Status CreationTime DeletionTime Tags RoleARN");
    json_write(&text, shown);
    CHECK_BUF(
        text,
        "{\"StackName\":\"n\",\"StackStatus\":\"UPDATE_IN_PROGRESS\",\"CreationTime\":1700000000.123,\"Tags\":[{\"Key\":\"k\",\"Value\":\"\\u0000v\"}]}");

    CLEANUP_JSON json_t *all = json_object();
    struct cfn_event event = {.reason = S("cut \xc3"),
                              .status = CFN_CREATE_FAILED,
                              .time_ms = 5000};
    buf_clear(&text);
    cfn_form_show(&cfn_event_form, &event, all, NULL);
    json_write(&text, all);
    CHECK_BUF(
        text,
        "{\"Timestamp\":5,\"ResourceStatus\":\"CREATE_FAILED\",\"ResourceStatusReason\":\"cut \xEF\xBF\xBD\"}");

    CLEANUP_JSON json_t *doc = parse(
        "{\"OnFailure\":\"DELETE\",\"DisableRollback\":true,\"Deadline\":-1,\"Id\":null,\"RetainResources\":[\"A\"]}");
    CLEANUP_JSON json_t *odd = parse("{\"OnFailure\":\"NEVER\",\"ClientRequestToken\":\"t\"}");
    struct cfn_operation op = {.id = S("kept")};
    CHECK(cfn_form_take(&cfn_operation_form, doc, &arena, &op));
    CHECK_STR(op.id, S("kept"));
    CHECK(op.on_failure == CFN_FAIL_DELETE && op.disable_rollback && op.deadline_ms == 0 &&
          json_array_size(op.retained) == 1);
    CHECK(!cfn_form_take(&cfn_operation_form, odd, &arena, &op));
    CHECK_STR(op.token, S("t"));
    cfn_form_deinit(&cfn_operation_form, &op);
}

/* ---- Format 1 ---- */

#define STACK(uuid, status)                                                                                                                                \
    "{\"StackId\":\"arn:aws:cloudformation:r:a:stack/s/" uuid                                                                                              \
    "\",\"StackName\":\"s\",\"Status\":\"" status "\",\"Generation\":1,"                                                                                   \
    "\"Description\":null,\"Garbage\":[{\"LogicalId\":\"G\",\"Type\":\"T\",\"PhysicalId\":\"g\",\"OnDelete\":\"Retain\",\"Garbage\":true,\"Keep\":true}]," \
    "\"Op\":{\"Id\":\"first\",\"Kind\":\"CREATE\",\"OnFailure\":\"DELETE\"}}"
#define WHO "{\"AccessKey\":\"AKIA\",\"Arn\":\"arn:me\"}"
#define CANCEL                                                                                     \
    "{\"Op\":{\"Id\":\"second\",\"Kind\":\"DELETE\"},\"Who\":{\"AccessKey\":\"AKIB\",\"Arn\":\"arn:you\"}}"

static const struct cfn_place place = {S_INIT("a"), S_INIT("r")};
static const char *const dir = tmp_own;

static struct store *open_store(void) {
    static const struct store_migration *const all[] = {cfn_migrations, NULL};
    struct store *store = NULL;
    struct err err = {{0}};
    int r = store_open(
        &store, &(struct store_options){.data = dir, .reserve_bytes = 1, .migrations = all}, &err);
    CHECK_CASE(r == 0, err.text);
    return store;
}

static void put(struct store_batch *batch, const char *kind, const char *uuid, const char *second,
                const char *value) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    cfn_key(&key, kind, place, str_c(uuid), str_c(second));
    store_put_blind(batch, STORE_META, buf_view(&key), str_c(value));
}

static void make_format_1(void) {
    CLEANUP(store) struct store *store = open_store();
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    char path[160];
    put(batch, "cfn-stack", "waits", NULL, STACK("waits", "CREATE_IN_PROGRESS"));
    put(batch, "cfn-op", "waits", NULL, WHO);
    put(batch, "cfn-cancel", "waits", NULL, CANCEL);
    put(batch, "cfn-stack", "late", NULL, STACK("late", "CREATE_COMPLETE"));
    put(batch, "cfn-cancel", "late", NULL, CANCEL);
    put(batch, "cfn-stack", "odd", NULL, STACK("odd", "NO_SUCH_STATUS"));
    put(batch, "cfn-stack", "torn", NULL, "{\"StackId\":");
    put(batch, "cfn-res", "waits", "A",
        "{\"LogicalId\":\"A\",\"Type\":\"T\",\"Properties\":{\"P\":1},\"Order\":2,\"Task\":{\"Op\":\"first\",\"Phase\":\"CREATE_IN_PROGRESS\","
        "\"Verb\":\"create\",\"Stage\":\"doing\",\"Again\":true,\"Notes\":{\"Sent\":true}}}");
    put(batch, "cfn-res", "waits", "B",
        "{\"LogicalId\":\"B\",\"OnDelete\":\"Retain\",\"Needs\":[\"A\"],\"Old\":{\"OnDelete\":\"Delete\"},"
        "\"Task\":{\"Op\":\"first\",\"Phase\":\"UPDATE_IN_PROGRESS\",\"Verb\":\"none\",\"Stage\":\"finished\"}}");
    put(batch, "cfn-set", "waits", "c",
        "{\"ChangeSetName\":\"c\",\"TemplateDescription\":\"of it\",\"Description\":\"of the set\",\"Parameters\":{\"N\":\"1\"},"
        "\"Status\":\"FAILED\",\"Type\":\"UPDATE\"}");
    CHECK_INT(store_commit(store, batch, NULL), 0);
    tmp_make_raw(store);
    snprintf(path, sizeof path, "%s/format", dir);
    FILE *f = fopen(path, "w");
    CHECK(f);
    fputs("calotype-data 1\n", f);
    fclose(f);
}

static int get_stack(struct store *store, struct arena *arena, const char *uuid,
                     struct cfn_stack *ret) {
    struct rows rows = {store, NULL, NULL};
    return cfn_peek_stack(&rows, arena, place, str_c(uuid), ret);
}
static int get(struct store *store, const struct cfn_form *form, struct arena *arena,
               const char *kind, const char *second, void *ret) {
    struct rows rows = {store, NULL, NULL};
    struct row *row = ret;
    cfn_key(&row->key, kind, place, S("waits"), str_c(second));
    return cfn_peek(&rows, form, arena, ret);
}

/* The row of format 2 is gone; a due row names the stack, and the stack its id. */
static void check_operation(struct store *store, const struct cfn_stack *stack) {
    CLEANUP_DEINIT(row) struct row old = {0}, due = {.cf = STORE_QUEUE};
    const struct rows rows = {store, NULL, NULL};
    struct hub_due_item item;
    struct cfn_place at;
    str uuid;
    cfn_key(&old.key, "cfn-op", place, S("waits"), STR_NONE);
    CHECK_INT(row_peek(&rows, &old), STORE_E_ABSENT);
    CHECK_RANGE(stack->op.due, 1, INT64_MAX);
    CHECK_INT(stack->next.due, 0);
    hub_due_key(&due.key, CFN_QUEUE, (uint64_t)stack->op.due);
    CHECK_INT(row_peek(&rows, &due), 0);
    CHECK(hub_due_decode(buf_view(&due.bytes), &item));
    CHECK_INT(item.due_ms, 0);
    CHECK(cfn_queue_row_decode(item.payload, &at, &uuid));
    CHECK_STR(at.account, place.account);
    CHECK_STR(at.region, place.region);
    CHECK_STR(uuid, S("waits"));
}

static void check_stacks(struct store *store, struct arena *arena) {
    CLEANUP_DEINIT(cfn_stack) struct cfn_stack waits = {0}, late = {0}, odd = {0};
    CLEANUP_DEINIT(row) struct row row = {0};
    struct rows rows = {store, NULL, NULL};
    CHECK_INT(get_stack(store, arena, "waits", &waits), 0);
    CHECK(waits.status == CFN_CREATE_IN_PROGRESS && waits.now.generation == 1 &&
          waits.op.on_failure == CFN_FAIL_DELETE);
    CHECK_STR(waits.op.access_key, S("AKIA"));
    CHECK_STR(waits.next.id, S("second"));
    CHECK_STR(waits.next.access_key, S("AKIB"));
    CHECK_INT(waits.garbage.n, 1);
    CHECK(((struct cfn_resource *)waits.garbage.items[0])->is_kept);
    check_operation(store, &waits);

    CHECK_INT(get_stack(store, arena, "late", &late), 0);
    CHECK(!late.next.id.p); /* a word that came too late never deletes anything */
    cfn_key(&row.key, "cfn-cancel", place, S("late"), STR_NONE);
    CHECK_INT(row_peek(&rows, &row), STORE_E_ABSENT);
    CHECK_INT(get_stack(store, arena, "odd", &odd), STORE_E_DAMAGED);
    CHECK_INT(get_stack(store, arena, "torn", &odd), STORE_E_DAMAGED);
}

static void rows_of_format_1(void **state) {
    (void)state;
    make_format_1();
    CLEANUP(store) struct store *store = open_store();
    CLEANUP_DEINIT(arena) struct arena arena = {0};
    CLEANUP_DEINIT(cfn_resource) struct cfn_resource a = {0}, b = {0};
    CLEANUP_DEINIT(cfn_set) struct cfn_set set = {0};
    check_stacks(store, &arena);
    CHECK_INT(get(store, &cfn_resource_form, &arena, "cfn-res", "A", &a), 0);
    CHECK(a.now.order == 2 && a.task.phase == CFN_CREATE_IN_PROGRESS && a.task.verb == CFN_CREATE &&
          a.task.stage == CFN_DOING);
    CHECK(json_bool(a.task.notes, "Sent", false));
    CHECK_INT(get(store, &cfn_resource_form, &arena, "cfn-res", "B", &b), 0);
    /* a rollback finds what is there */
    CHECK(b.old.on_delete == TMPL_RETAIN && json_equal(b.old.needs, b.now.needs));
    CHECK_INT(get(store, &cfn_set_form, &arena, "cfn-set", "c", &set), 0);
    CHECK_STR(set.description, S("of the set"));
    CHECK_STR(set.to.description, S("of it"));
    CHECK_STR(json_str(set.to.parameters, "N"), S("1"));
    CHECK(set.status == CFN_SET_FAILED && set.type == CFN_OP_UPDATE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_says_what_was_written), cmocka_unit_test(a_cut_row_is_damaged),
        cmocka_unit_test(damage_is_refused), cmocka_unit_test(shown_and_taken),
        cmocka_unit_test_setup_teardown(rows_of_format_1, tmp_setup, tmp_teardown)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
