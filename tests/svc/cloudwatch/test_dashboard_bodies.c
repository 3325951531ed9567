/* Dashboards' names and bodies: what is an error, what is only told, and where. */
#include "fixture.h"
#include "svc/answers.h"

#define WIDGET(more) "{`widgets`:[{`type`:`text`,`properties`:{}" more "}]}"
static void grid(void **state) {
    static const struct {
        const char *body;
        bool good;
    } rows[] = {{WIDGET(""), true},
                {WIDGET(",`x`:0,`y`:0,`width`:1,`height`:1"), true},
                {WIDGET(",`x`:23,`y`:9999,`width`:24,`height`:1000"), true},
                {WIDGET(",`x`:-1"), false},
                {WIDGET(",`x`:24"), false},
                {WIDGET(",`y`:-1"), false},
                {WIDGET(",`width`:0"), false},
                {WIDGET(",`width`:25"), false},
                {WIDGET(",`height`:0"), false},
                {WIDGET(",`height`:1001"), false},
                {WIDGET(",`x`:1.5"), false},
                {"{`widgets`:[1]}", false},
                {"{`widgets`:[{`properties`:{}}]}", false},
                {"{`widgets`:[{`type`:`text`}]}", false},
                {"{`widgets`:{}}", false}};
    struct cloud *c = *state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP_DEINIT(buf) struct buf in = {0};
        buf_printf(&in, "{'DashboardName':'d','DashboardBody':'%s'}", rows[i].body);
        fails(cw_call(c, "PutDashboard", buf_cstr(&in)),
              rows[i].good ? "" : "DashboardInvalidInputError");
    }
    message("The dashboard body is invalid, there are validation errors: "
            "[{\"DataPath\":\"/widgets\",\"Message\":\"Should be an array of widgets\"}]");
}

static void told(void **state) {
    struct cloud *c = *state;
    ok(cw_call(c, "PutDashboard",
               "{'DashboardName':'d','DashboardBody':'{`start`:`-PT1H`,`colour`:1,`widgets`:["
               "{`type`:`metric`,`properties`:{`view`:`pie`,`size`:1}},"
               "{`type`:`log`,`z`:1,`properties`:{}}]}'}"));
    check_answer(c, "{'DashboardValidationMessages':["
                    "{'DataPath':'/colour','Message':'Should NOT have additional properties'},"
                    "{'DataPath':'/widgets/0/properties/size','Message':'Should NOT have "
                    "additional properties'},"
                    "{'DataPath':'/widgets/1/z','Message':'Should NOT have additional "
                    "properties'}]}");
}

static void limits(void **state) {
    struct cloud *c = *state;
    for (int n = 500; n <= 501; n++) {
        CLEANUP_DEINIT(buf) struct buf in = {0};
        buf_c(&in, "{'DashboardName':'d','DashboardBody':'{`widgets`:[");
        for (int i = 0; i < n; i++)
            buf_printf(&in, "%s{`type`:`text`,`properties`:{`u`:1}}", i ? "," : "");
        buf_c(&in, "]}'}");
        fails(cw_call(c, "PutDashboard", buf_cstr(&in)),
              n == 500 ? "" : "DashboardInvalidInputError");
        if (n == 500) /* no more than a hundred messages */
            CHECK_INT(json_array_size(json_arr(c->call.out, "DashboardValidationMessages")), 100);
    }
    for (size_t n = 255; n <= 256; n++) {
        CLEANUP_DEINIT(buf) struct buf name = many(n, 'd'), in = {0};
        buf_printf(&in, "{'DashboardName':'%s','DashboardBody':'{`widgets`:[]}'}", buf_cstr(&name));
        fails(cw_call(c, "PutDashboard", buf_cstr(&in)),
              n == 255 ? "" : "InvalidParameterValueException");
    }
}

/* An update keeps the tags. */
static void tags(void **state) {
#define D_ARN "'ResourceARN':'arn:aws:cloudwatch::" ACCOUNT ":dashboard/d'"
#define D_PUT "'DashboardName':'d','DashboardBody':'{`widgets`:[]}'"
    struct cloud *c = *state;
    ok(cw_call(c, "PutDashboard", "{" D_PUT "}"));
    ok(cw_call(c, "TagResource", "{" D_ARN ",'Tags':[{'Key':'k','Value':'v'}]}"));
    ok(cw_call(c, "PutDashboard", "{" D_PUT "}"));
    ok(cw_call(c, "ListTagsForResource", "{" D_ARN "}"));
    check_answer(c, "{'Tags':[{'Key':'k','Value':'v'}]}");
    ok(cw_call(c, "ListDashboards", "{}"));
    check_at(c, "DashboardEntries.0.DashboardArn", "'arn:aws:cloudwatch::" ACCOUNT ":dashboard/d'");
    CHECK_RANGE(clock_world_ms() / 1000 -
                    json_int(json_at(c->call.out, "DashboardEntries.0"), "LastModified", 0),
                0, 60);
}

int main(void) {
    const struct CMUnitTest tests[] = {T(grid), T(told), T(limits), T(tags)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
