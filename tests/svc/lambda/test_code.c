/* Packages: what is refused, how they are unpacked, and who uses what was unpacked. Nothing runs here. */
#include "lambda_fixture.h"
#include "lib/tmp.h"

#include "base/rand.h"
#include "store/blob.h"
#include "store/fault.h"
#include "svc/lambda/code.h"
#include "svc/lambda/lambda_priv.h"

#include <dirent.h>

/* ---- Packages ---- */
static int unpack(const struct zip_entry *entries, size_t n, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf zip = {0};
    char dir[17];
    make_zip(&zip, entries, n);
    rand_hex(dir, 8);
    return lambda_code_unpack(fx.lambda->code, fx.store, buf_view(&zip), dir, err);
}

static void test_bad_packages(void **state) {
    (void)state;
    static const struct {
        const char *what;
        struct zip_entry entries[2];
        size_t n;
    } cases[] = {
        {"leaves by ..", {{"../evil", "x", 0, 0}}, 1},
        {"leaves in the middle", {{"a/../../evil", "x", 0, 0}}, 1},
        {"absolute", {{"/etc/evil", "x", 0, 0}}, 1},
        {"a dot", {{"./evil", "x", 0, 0}}, 1},
        {"empty part", {{"a//evil", "x", 0, 0}}, 1},
        {"backslash", {{"..\\evil", "x", 0, 0}}, 1},
        {"a symbolic link to nothing", {{"link", "", 0, 0120777}}, 1},
        {"through a symbolic link", {{"link", "/tmp", 0, 0120777}, {"link/evil", "x", 0, 0}}, 2},
        {"a device", {{"null", "", 0, 0020666}}, 1},
        {"below a file", {{"a", "x", 0, 0}, {"a/b", "x", 0, 0}}, 2},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err = {0};
        int r = unpack(cases[i].entries, cases[i].n, &err);
        CHECK_CASE(r == LAMBDA_E_ZIP, cases[i].what);
        CHECK_CASE(str_starts(str_c(err.text), S("Could not unzip uploaded file.")), cases[i].what);
    }
    char evil[160];
    snprintf(evil, sizeof evil, "%s/evil", fx.c.dir);
    CHECK_INT(access(evil, F_OK), -1);
    json_t *code = json_object();
    json_set_str(code, "ZipFile", S("bm8gemlw"));
    refused(call_op("CreateFunction", new_function("fn", code, NULL)), 400,
            "InvalidParameterValueException", "Could not unzip uploaded file.");
}

static void test_good_package(void **state) {
    (void)state;
    static const struct zip_entry entries[] = {
        {"bootstrap", "#!/x", 0, 0100755},
        {"lib/a.so", "text", 0, 0},
        {"empty/", "", 0, 0040755},
        {"lib/deep/b", "", 0, 0},
        {"lib/a.so.1", "a.so", 0, 0120777},
        {"node_modules", "/opt/nodejs/node_modules", 0, 0120777},
    };
    CLEANUP_DEINIT(buf) struct buf zip = {0};
    struct err err = {0};
    char root[160], path[256];
    struct stat st;
    make_zip(&zip, entries, ARRAY_LEN(entries));
    snprintf(root, sizeof root, "%s/functions", fx.c.dir);
    mode_t before = umask(077); /* the daemon's may be anything; functions run as another user */
    CHECK_INT(lambda_code_unpack(fx.lambda->code, fx.store, buf_view(&zip), "good", &err), 0);
    umask(before);
    static const struct {
        const char *name;
        mode_t mode;
    } want[] = {{"good", 0040755},       {"good/bootstrap", 0100755},
                {"good/lib", 0040755},   {"good/lib/a.so", 0100644},
                {"good/empty", 0040755}, {"good/lib/deep/b", 0100644}};
    for (size_t i = 0; i < ARRAY_LEN(want); i++) {
        snprintf(path, sizeof path, "%s/%s", root, want[i].name);
        CHECK_CASE(stat(path, &st) == 0 && st.st_mode == want[i].mode, want[i].name);
    }
    static const struct {
        const char *name, *target;
    } links[] = {{"good/lib/a.so.1", "a.so"}, {"good/node_modules", "/opt/nodejs/node_modules"}};
    for (size_t i = 0; i < ARRAY_LEN(links); i++) {
        char target[64] = "";
        snprintf(path, sizeof path, "%s/%s", root, links[i].name);
        CHECK_CASE(readlink(path, target, sizeof target - 1) > 0, links[i].name);
        CHECK_TEXT(target, links[i].target);
    }
    CHECK_INT(lambda_code_unpack(fx.lambda->code, fx.store, buf_view(&zip), "good", &err),
              0); /* again: it is there */
}

/* ---- Who uses unpacked code ---- */
static bool is_there(const char *name) {
    char path[256];
    snprintf(path, sizeof path, "%s/functions/%s", fx.c.dir, name);
    return access(path, F_OK) == 0;
}

static void put_folder(const char *name) {
    char path[256];
    snprintf(path, sizeof path, "%s/functions/%s", fx.c.dir, name);
    CHECK_INT(mkdir(path, 0700), 0);
    snprintf(path, sizeof path, "%s/functions/%s/file", fx.c.dir, name);
    FILE *f = fopen(path, "w");
    CHECK(f && fclose(f) == 0);
}

static size_t folders(void) {
    char path[256];
    size_t n = 0;
    snprintf(path, sizeof path, "%s/functions", fx.c.dir);
    DIR *dir = opendir(path);
    for (struct dirent *e; (e = readdir(dir));)
        n += e->d_name[0] != '.' || strlen(e->d_name) > 2;
    closedir(dir);
    return n - 1; /* boot */
}

static void sweep(void) { (void)hub_due_work(fx.lambda->code_timer); }

/* What a function's row names survives a restart; what nobody names, and what is half made, goes. */
static void test_sweep(void **state) {
    (void)state;
    make_small("fn");
    put_folder(".half-1234");
    put_folder("nobody");
    close_services();
    open_services(false);
    CHECK(
        !is_there(".half-1234")); /* it has lost its name already, so it is never taken for code */
    sweep();
    CHECK(!is_there("nobody"));
    CHECK_INT(folders(), 1);
    must(call_op("GetFunction", named("fn")));
}

/* After a power cut nothing that is there can be believed. */
static void test_another_boot(void **state) {
    (void)state;
    char path[256];
    make_small("fn");
    CHECK_INT(folders(), 1);
    close_services();
    snprintf(path, sizeof path, "%s/functions/boot", fx.c.dir);
    FILE *f = fopen(path, "w");
    CHECK(f && fputs("another", f) >= 0 && fclose(f) == 0);
    open_services(false);
    sweep();
    CHECK_INT(folders(), 0);
    must(call_op("GetFunction", named("fn")));
}

/* A pin keeps a folder that no row names; so does one that is taken while a sweep reads the rows. */
static int pin_meanwhile(void *dir, struct map *) {
    lambda_code_pin(fx.lambda->code, dir);
    CHECK(!lambda_code_unpin(fx.lambda->code, dir));
    return 0;
}
static int none(void *, struct map *) { return 0; }
static int unreadable(void *, struct map *) { return -EIO; }

static void test_pins(void **state) {
    (void)state;
    struct lambda_code *code = fx.lambda->code;
    char dir[] = "one";
    put_folder(dir);
    lambda_code_pin(code, dir);
    lambda_code_pin(code, dir);
    lambda_code_sweep(code, none, NULL);
    CHECK(is_there(dir));
    CHECK(!lambda_code_unpin(code, dir));
    CHECK(lambda_code_unpin(code, dir)); /* the last one: a sweep has something to do */
    lambda_code_sweep(code, pin_meanwhile, dir);
    CHECK(is_there(dir));
    lambda_code_sweep(code, unreadable, NULL);
    CHECK(is_there(dir));
    lambda_code_sweep(code, none, NULL);
    CHECK(!is_there(dir));
    CHECK_INT(folders(), 0);
    lambda_code_pin(code, "two");
    CHECK(!lambda_code_unpin(code, "two")); /* nothing changed, so nothing is to be done */
}

/* Two functions of one package share its folder, which goes with the second. */
static void test_code_goes_with_its_last_function(void **state) {
    (void)state;
    make_small("one");
    make_small("two");
    CHECK_INT(folders(), 1);
    must(call_op("DeleteFunction", named("one")));
    sweep();
    CHECK_INT(folders(), 1);
    json_t *code = code_of("#!/bin/other", 12);
    json_set_str(code, "FunctionName", S("two"));
    must(call_op("UpdateFunctionCode", code));
    CHECK_INT(folders(), 2);
    sweep();
    CHECK_INT(folders(), 1);
    must(call_op("DeleteFunction", named("two")));
    sweep();
    CHECK_INT(folders(), 0);
}

/* ---- Room ---- */
static uint64_t blob_files(void) { return count_rows(fx.store, STORE_META, "blob"); }

/* A package whose zip is a file of the store. */
static json_t *large_code(char first) {
    CLEANUP_DEINIT(buf) struct buf noise = {0};
    for (uint64_t i = 0, x = (unsigned char)first; i < 64 * 1024; i++) {
        x = x * 6364136223846793005u + 1442695040888963407u;
        buf_char(&noise, (char)(x >> 56));
    }
    return code_of(noise.p, noise.len);
}

/* The zip of a dry run, and of a request that fails after it was stored, does not stay. */
static void test_zips_go(void **state) {
    (void)state;
    json_t *dry = large_code('b');
    must(call_op("CreateFunction", new_function("fn", large_code('a'), NULL)));
    CHECK_INT(blob_files(), 1);
    json_set_str(dry, "FunctionName", S("fn"));
    json_set(dry, "DryRun", json_true());
    must(call_op("UpdateFunctionCode", dry));
    CHECK_INT(blob_files(), 1);
    json_t *code = large_code('c');
    json_set_str(code, "FunctionName", S("fn"));
    must(call_op("UpdateFunctionCode", code));
    CHECK_INT(blob_files(), 1);
    must(call_op("DeleteFunction", named("fn")));
    CHECK_INT(blob_files(), 0);
}

/* No room above the reserve: refused, and nothing is left of it. */
static void test_no_room(void **state) {
    (void)state;
    CHECK_INT(store_fault_set("no-room", NULL), 0);
    CHECK(!store_has_room(fx.store, 1));
    refused(call_op("CreateFunction", new_function("fn", small_code(), NULL)), 400,
            "CodeStorageExceededException", "no room");
    CHECK_INT(store_fault_set(NULL, NULL), 0);
    CHECK_INT(folders(), 0);
    CHECK_INT(blob_files(), 0);
}

/* 75 GB of zips are what GetAccountSettings promises. */
static void test_code_storage(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf key = {0};
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    const struct lambda_name name = {S(ACCOUNT), S("us-east-1"), S("large"), STR_NONE};
    lambda_row_key(&name, &key);
    store_put_blind(batch, STORE_META, buf_view(&key),
                    S("{\"Config\":{\"FunctionName\":\"large\",\"CodeSize\":80530636799}}"));
    CHECK_INT(store_commit(fx.store, batch, NULL), 0);
    refused(call_op("CreateFunction", new_function("fn", small_code(), NULL)), 400,
            "CodeStorageExceededException", "Code storage limit exceeded.");
    json_t *smaller = small_code(); /* its own code does not count beside the new one */
    json_set_str(smaller, "FunctionName", S("large"));
    must(call_op("UpdateFunctionCode", smaller));
    make_small("fn");
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define CASE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
        CASE(test_bad_packages), CASE(test_good_package),
        CASE(test_sweep),        CASE(test_another_boot),
        CASE(test_pins),         CASE(test_code_goes_with_its_last_function),
        CASE(test_zips_go),      CASE(test_no_room),
        CASE(test_code_storage),
#undef CASE
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
