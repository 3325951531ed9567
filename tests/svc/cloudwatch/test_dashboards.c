/* cloudwatch: dashboards. */
#include "fixture.h"

#define BODY                                                                                       \
    "'{`widgets`:[{`type`:`metric`,`x`:0,`y`:0,`width`:12,`height`:6,`properties`:{`metrics`:[[`AWS/Lambda`,`Errors`]],`region`:`us-east-1`}}]}'"

static void life_of_a_dashboard(void **state) {
    struct cloud *c = *state;
    ok(cw_call(c, "PutDashboard", "{'DashboardName':'d','DashboardBody':" BODY "}"));
    CHECK_INT(json_array_size(json_arr(c->call.out, "DashboardValidationMessages")), 0);
    ok(cw_call(c, "GetDashboard", "{'DashboardName':'d'}"));
    CHECK_STR(json_str(c->call.out, "DashboardArn"),
              S("arn:aws:cloudwatch::000000000000:dashboard/d"));
    CHECK(str_starts(json_str(c->call.out, "DashboardBody"), S("{\"widgets\":[{\"type\"")));
    ok(cw_call(c, "PutDashboard", "{'DashboardName':'e','DashboardBody':'{`widgets`:[]}'}"));
    ok(cw_call(c, "ListDashboards", "{}"));
    CHECK_INT(json_array_size(json_arr(c->call.out, "DashboardEntries")), 2);
    ok(cw_call(c, "ListDashboards", "{'DashboardNamePrefix':'e'}"));
    CHECK_INT(json_int(json_array_get(json_arr(c->call.out, "DashboardEntries"), 0), "Size", 0),
              14);
    fails(cw_call(c, "DeleteDashboards", "{'DashboardNames':['d','none']}"),
          "DashboardNotFoundError");
    ok(cw_call(c, "GetDashboard", "{'DashboardName':'d'}"));
    ok(cw_call(c, "DeleteDashboards", "{'DashboardNames':['d','e']}"));
    fails(cw_call(c, "GetDashboard", "{'DashboardName':'d'}"), "DashboardNotFoundError");
}

static void unknown_keys_are_told(void **state) {
    struct cloud *c = *state;
    ok(cw_call(
        c, "PutDashboard",
        "{'DashboardName':'d','DashboardBody':'{`widgets`:[{`type`:`metric`,`properties`:{`colour`:1},`z`:1}]}'}"));
    const json_t *messages = json_arr(c->call.out, "DashboardValidationMessages");
    CHECK_INT(json_array_size(messages), 2);
    CHECK_STR(json_str(json_array_get(messages, 0), "DataPath"), S("/widgets/0/z"));
    CHECK_STR(json_str(json_array_get(messages, 1), "DataPath"), S("/widgets/0/properties/colour"));
    ok(cw_call(c, "GetDashboard", "{'DashboardName':'d'}"));
}

static void bad_bodies(void **state) {
    struct cloud *c = *state;
    static const char *const bodies[] = {"'{'",
                                         "'[]'",
                                         "'{}'",
                                         "'{`widgets`:[{}]}'",
                                         "'{`widgets`:[{`type`:`pie`,`properties`:{}}]}'",
                                         "'{`widgets`:[{`type`:`text`,`properties`:{},`x`:99}]}'"};
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        CLEANUP_DEINIT(buf) struct buf in = {0};
        buf_printf(&in, "{'DashboardName':'d','DashboardBody':%s}", bodies[i]);
        CHECK_CASE(
            strcmp(cw_call(c, "PutDashboard", buf_cstr(&in)), "DashboardInvalidInputError") == 0,
            bodies[i]);
    }
    fails(cw_call(c, "PutDashboard", "{'DashboardName':'a b','DashboardBody':'{`widgets`:[]}'}"),
          "InvalidParameterValueException");
}

int main(void) {
    const struct CMUnitTest tests[] = {T(life_of_a_dashboard), T(unknown_keys_are_told),
                                       T(bad_bodies)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
