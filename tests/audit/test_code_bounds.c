/*
 * Code that is made to be slow to read: its time, and that of questions about it, grows with its length
 * alone. What grows with its square takes ten times what is allowed.
 */
#include "cm.h"

#include "audit/code.h"
#include "base/buf.h"

#include <time.h>

/* A text of code that is made of one piece, again and again, between a beginning and an end. */
static const struct {
    enum code_language language;
    const char *begin, *piece, *end;
} cases[] = {
    {CODE_JAVASCRIPT, "", "a=>", "1"},
    {CODE_JAVASCRIPT, "", "a=", "1"},
    {CODE_JAVASCRIPT, "", "if(a)", "b"},
    {CODE_JAVASCRIPT, "", "else ", "b"},
    {CODE_JAVASCRIPT, "", "do ", "b"},
    {CODE_JAVASCRIPT, "", "case ", ":"},
    {CODE_JAVASCRIPT, "switch(a){", "case 1:", "}"},
    {CODE_JAVASCRIPT, "a", ".catch(b)", ""},
    {CODE_JAVASCRIPT, "a", ".then(b,c)", ""},
    {CODE_JAVASCRIPT, "a", ".b", "()"},
    {CODE_JAVASCRIPT, "", "a(", ""},
    {CODE_JAVASCRIPT, "", "(", ""},
    {CODE_JAVASCRIPT, "", "${", ""},
    {CODE_JAVASCRIPT, "", "`${", ""},
    {CODE_JAVASCRIPT, "", "{", ""},
    {CODE_JAVASCRIPT, "", "/", ""},
    {CODE_JAVASCRIPT, "", "/*", ""},
    {CODE_JAVASCRIPT, "", "f<a,", ""},
    {CODE_JAVASCRIPT, "", "new ", "A"},
    {CODE_JAVASCRIPT, "", "class ", "{}"},
    {CODE_JAVASCRIPT, "", "import ", ""},
    {CODE_JAVASCRIPT, "", "x=process.env.X;", ""},
    {CODE_JAVASCRIPT, "", "x=process.env.X;if(x)y;", ""},
    {CODE_JAVASCRIPT, "", "a.map(b=>c(b));", ""},
    {CODE_JAVASCRIPT, "", "function f(){f()}", ""},
    {CODE_JAVASCRIPT, "", "for(const a of a)a();", ""},
    {CODE_JAVASCRIPT, "", "s=s.f(s);", ""},
    {CODE_JAVASCRIPT, "", "s3.getObject({Bucket:p});p={Bucket:p};", ""},
    {CODE_JAVASCRIPT, "", "c.send(x);x=x;", ""},
    {CODE_JAVASCRIPT, "", "const {a,b}=a;", ""},
    {CODE_JAVASCRIPT, "c({", "a:b,", "})"},
    {CODE_PYTHON, "", "lambda:", "1"},
    {CODE_PYTHON, "", "lambda a=", "1"},
    {CODE_PYTHON, "", "lambda ", ""},
    {CODE_PYTHON, "", "a=", "1"},
    {CODE_PYTHON, "", "a,", "=1"},
    {CODE_PYTHON, "", "if ", ""},
    {CODE_PYTHON, "", "if a:b\n", ""},
    {CODE_PYTHON, "", "try:a\nexcept:b\n", ""},
    {CODE_PYTHON, "", "[a for a in ", ""},
    {CODE_PYTHON, "[a ", "for a in b ", "]"},
    {CODE_PYTHON, "", "(", ""},
    {CODE_PYTHON, "", "f'{", ""},
    {CODE_PYTHON, "", "\"\"\"", ""},
    {CODE_PYTHON, "", "\\", ""},
    {CODE_PYTHON, "", "\\\n", ""},
    {CODE_PYTHON, "", "#\n", ""},
    {CODE_PYTHON, "", "a(b=c)\n", ""},
    {CODE_PYTHON, "", "x=os.environ['X']\n", ""},
    {CODE_PYTHON, "", "x=os.environ.get('X')\n", ""},
    {CODE_PYTHON, "", "def f():f()\n", ""},
    {CODE_PYTHON, "", "a=a.Table(a)\n", ""},
    {CODE_PYTHON, "", "a.put_item(**a)\n", ""},
    {CODE_PYTHON, "", "from a import b as c\n", ""},
    {CODE_PYTHON, "from a import ", "b,", "c"},
    {CODE_PYTHON, "f(", "a,", "b)"},
};

enum { SIZE = CODE_MOST_TEXT / 4, MOST_MS = 2000 }; /* of CPU, with sanitizers */

static int64_t cpu_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void ignore_env(void *, str, uint32_t, bool) {}

/* Everything that rules ask. */
static void ask(const struct audit_code *c) {
    struct code_aws aws;
    uint32_t first, end;
    for (uint32_t i = 0; i < c->n_calls; i++) {
        audit_code_aws(c, &c->calls[i], &aws);
        if (audit_code_argument(c, &c->calls[i], "Bucket", &first, &end))
            audit_code_env_of(c, first, end);
    }
    for (uint32_t i = 0; i < c->n_blocks; i++) {
        audit_code_per_record(c, i);
        audit_code_try(c, i);
    }
    audit_code_each_env(c, ignore_env, NULL);
}

static int64_t time_of(size_t k, size_t size) {
    CLEANUP_DEINIT(arena) struct arena arena = {0};
    CLEANUP_DEINIT(buf) struct buf text = {0};
    buf_c(&text, cases[k].begin);
    while (text.len + strlen(cases[k].piece) + strlen(cases[k].end) <= size)
        buf_c(&text, cases[k].piece);
    buf_c(&text, cases[k].end);
    int64_t begin = cpu_ms();
    struct audit_code *c =
        audit_code_read(&arena, cases[k].language, buf_view(&text), S("handler"), NULL);
    CHECK(c != NULL);
    ask(c);
    return cpu_ms() - begin;
}

static void test_time(void **) {
    for (size_t k = 0; k < ARRAY_LEN(cases); k++) {
        int64_t ms = time_of(k, SIZE);
        if (getenv("CALOTYPE_RECORD"))
            print_message("%6d ms: %s\n", (int)ms, cases[k].piece);
        /* A machine that is slow at everything is not what is asked: the growth is. */
        CHECK_CASE(ms < MOST_MS || ms < 8 * time_of(k, SIZE / 4), cases[k].piece);
    }
}

static void test_too_long(void **) {
    CLEANUP_DEINIT(arena) struct arena arena = {0};
    CLEANUP_DEINIT(buf) struct buf text = {0};
    for (size_t i = 0; i < CODE_MOST_TEXT + 1; i++)
        buf_char(&text, 'x');
    CHECK(!audit_code_read(&arena, CODE_PYTHON, buf_view(&text), S("handler"), NULL));
    CHECK(audit_code_read(&arena, CODE_PYTHON, str_slice(buf_view(&text), 0, CODE_MOST_TEXT),
                          S("handler"), NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_time),
                                       cmocka_unit_test(test_too_long)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
