/*
 * client/settings, client/profile: which endpoint and which keys each service gets, of the options,
 * the environment and the profile's files. The order is botocore's (ConfiguredEndpointProvider).
 */
#include "client/settings.h"

#include "base/buf.h"
#include "client/client.h"
#include "cm.h"

#include <fcntl.h>
#include <unistd.h>

static char folder[64];

/* A file below the test's home. */
static void write_file(const char *name, const char *text) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    CHECK(fd >= 0);
    CHECK_INT(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static int setup(void **state) {
    (void)state;
    char path[128];
    clearenv();
    snprintf(folder, sizeof folder, "/tmp/calotype-settings-XXXXXX");
    CHECK(mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/config", folder);
    setenv("AWS_CONFIG_FILE", path, 1);
    snprintf(path, sizeof path, "%s/credentials", folder);
    setenv("AWS_SHARED_CREDENTIALS_FILE", path, 1);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    char path[128];
    static const char *const names[] = {"config", "credentials"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    return rmdir(folder);
}

/* "NAME=VALUE NAME=VALUE" */
static void set_all(const char *text) {
    str rest = str_c(text), one, name, value;
    while (rest.len) {
        str_cut(rest, ' ', &one, &rest);
        CHECK(str_cut(one, '=', &name, &value));
        CLEANUP_DEINIT(buf) struct buf n = {0}, v = {0};
        buf_str(&n, name);
        buf_str(&v, value);
        setenv(buf_cstr(&n), buf_cstr(&v), 1);
    }
}

static int read_settings(struct client_settings *s, const struct client_options *o,
                         struct err *err) {
    CLEANUP_DEINIT(client_profile) struct client_profile profile = {0};
    client_profile_read(&profile);
    return client_settings_read(s, o, &profile, err);
}

/* What a service would be sent to, and by which keys: "URL ACCESS/SECRET/TOKEN", '-' for none. */
static void show(struct buf *out, const struct client_settings *s, const char *service) {
    const char *url = client_settings_url(s, service);
    const struct client_keys *k = client_settings_keys(s, service);
    buf_printf(out, "%s ", url ? url : "-");
    if (k)
        buf_printf(out, "%s/%s/%s", k->access, k->secret, k->token ? k->token : "-");
    else
        buf_c(out, "-");
}

#define KEYS    "AWS_ACCESS_KEY_ID=A AWS_SECRET_ACCESS_KEY=B AWS_SESSION_TOKEN=T "
#define S3_KEYS "CALOTYPE_ACCESS_KEY_ID_S3=C CALOTYPE_SECRET_ACCESS_KEY_S3=D "

static const struct {
    const char *name, *environment, *config, *service, *want;
} cases[] = {
    {"nothing named", KEYS, "", "s3", "- A/B/T"},
    {"in general", KEYS "AWS_ENDPOINT_URL=http://g", "", "s3", "http://g A/B/T"},
    {"s3", KEYS "AWS_ENDPOINT_URL=http://g AWS_ENDPOINT_URL_S3=http://s", "", "s3",
     "http://s A/B/T"},
    {"another's", KEYS "AWS_ENDPOINT_URL=http://g AWS_ENDPOINT_URL_S3=http://s", "", "dynamodb",
     "http://g A/B/T"},
    {"another's alone", KEYS "AWS_ENDPOINT_URL_S3=http://s", "", "dynamodb", "- A/B/T"},
    {"dynamodb", KEYS "AWS_ENDPOINT_URL_DYNAMODB=http://d", "", "dynamodb", "http://d A/B/T"},
    {"not the streams'", KEYS "AWS_ENDPOINT_URL_DYNAMODB_STREAMS=http://d", "", "dynamodb",
     "- A/B/T"},
    {"sns", KEYS "AWS_ENDPOINT_URL_SNS=http://n", "", "sns", "http://n A/B/T"},
    {"sqs", KEYS "AWS_ENDPOINT_URL_SQS=http://n", "", "sqs", "http://n A/B/T"},
    {"sts", KEYS "AWS_ENDPOINT_URL_STS=http://n", "", "sts", "http://n A/B/T"},
    {"lambda", KEYS "AWS_ENDPOINT_URL_LAMBDA=http://n", "", "lambda", "http://n A/B/T"},
    {"cloudformation", KEYS "AWS_ENDPOINT_URL_CLOUDFORMATION=http://n", "", "cloudformation",
     "http://n A/B/T"},
    {"logs have an id of their own", KEYS "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS=http://l", "", "logs",
     "http://l A/B/T"},
    {"metrics too", KEYS "AWS_ENDPOINT_URL_CLOUDWATCH=http://l", "", "monitoring",
     "http://l A/B/T"},
    {"the id, not the name that signs", KEYS "AWS_ENDPOINT_URL_LOGS=http://l", "", "logs",
     "- A/B/T"},
    {"empty is not set", KEYS "AWS_ENDPOINT_URL_S3= AWS_ENDPOINT_URL=http://g", "", "s3",
     "http://g A/B/T"},
    {"ignored", KEYS "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true AWS_ENDPOINT_URL=http://g", "", "s3",
     "- A/B/T"},
    {"ignored, in capitals",
     KEYS "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=TRUE AWS_ENDPOINT_URL_S3=http://g", "", "s3",
     "- A/B/T"},
    {"ignored by the profile", KEYS "AWS_ENDPOINT_URL=http://g",
     "[default]\nignore_configured_endpoint_urls = true\n", "s3", "- A/B/T"},
    {"the variable wins",
     KEYS "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=false AWS_ENDPOINT_URL=http://g",
     "[default]\nignore_configured_endpoint_urls = true\n", "s3", "http://g A/B/T"},
    {"profile", KEYS, "[default]\nendpoint_url = http://p\n", "s3", "http://p A/B/T"},
    {"profile with its word", KEYS, "[profile default]\nendpoint_url=http://p\n", "s3",
     "http://p A/B/T"},
    {"profile of the variable", KEYS "AWS_PROFILE=mine",
     "[default]\nendpoint_url = http://p\n[profile mine]\naws_access_key_id = E\n"
     "aws_secret_access_key = F\nendpoint_url = http://m\n[profile other]\nendpoint_url=http://o\n",
     "s3", "http://m E/F/-"},
    {"a plain name is no profile of config", KEYS,
     "[other]\nendpoint_url = http://p\n[mine]\nendpoint_url = http://m\n", "s3", "- A/B/T"},
    {"services", KEYS,
     "[default]\nservices = local\nendpoint_url = http://p\n\n# theirs\n[services local]\ns3 =\n"
     "  endpoint_url = http://s\n  addressing_style = path\ncloudwatch_logs =\n"
     "\tendpoint_url = http://l\n",
     "s3", "http://s A/B/T"},
    {"a service of two words", KEYS,
     "[services local]\ns3 =\n  endpoint_url = http://s\ncloudwatch_logs =\n"
     "  endpoint_url = http://l\n[default]\nservices = local\n",
     "logs", "http://l A/B/T"},
    {"services, not this one", KEYS,
     "[default]\nservices = local\nendpoint_url = http://p\n[services local]\ns3 =\n"
     "  endpoint_url = http://s\n",
     "sns", "http://p A/B/T"},
    {"services of another profile", KEYS,
     "[default]\nregion = x\n[profile b]\nservices = local\n[services local]\ns3 =\n"
     "  endpoint_url = http://s\n",
     "s3", "- A/B/T"},
    {"another section of services", KEYS,
     "[default]\nservices = local\n[services local]\ndynamodb =\n  endpoint_url = http://d\n"
     "[services remote]\ns3 =\n  endpoint_url = http://s\n",
     "s3", "- A/B/T"},
    {"a name in quotes", KEYS,
     "[default]\nservices = my own\n[services \"my own\"]\ns3 =\n  endpoint_url = http://s\n", "s3",
     "http://s A/B/T"},
    {"the general variable goes before services", KEYS "AWS_ENDPOINT_URL=http://g",
     "[default]\nservices = local\n[services local]\ns3 =\n  endpoint_url = http://s\n", "s3",
     "http://g A/B/T"},
    {"a single variable does not stop the profile for others", KEYS "AWS_ENDPOINT_URL_SNS=http://n",
     "[default]\nservices = local\n[services local]\ns3 =\n  endpoint_url = http://s\nsns =\n"
     "  endpoint_url = http://x\n",
     "s3", "http://s A/B/T"},
    {"nor is it overridden", KEYS "AWS_ENDPOINT_URL_SNS=http://n",
     "[default]\nservices = local\n[services local]\nsns =\n  endpoint_url = http://x\n", "sns",
     "http://n A/B/T"},
    {"what is indented is not the profile's", KEYS,
     "[default]\ns3 =\n  endpoint_url = http://s\nregion = x\n", "s3", "- A/B/T"},
    {"lines of Windows", KEYS, "[default]\r\nendpoint_url = http://p\r\n", "s3", "http://p A/B/T"},
    {"a section's comment", KEYS, "[default] ; mine\nendpoint_url = http://p\n", "s3",
     "http://p A/B/T"},
    {"keys of one service", KEYS S3_KEYS, "", "s3", "- C/D/-"},
    {"keys of another", KEYS S3_KEYS, "", "sns", "- A/B/T"},
    {"with a token", KEYS S3_KEYS "CALOTYPE_SESSION_TOKEN_S3=U", "", "s3", "- C/D/U"},
    {"keys of one alone", S3_KEYS, "", "s3", "- C/D/-"},
    {"none for the others", S3_KEYS, "", "sns", "- -"},
    {"of the logs",
     KEYS "CALOTYPE_ACCESS_KEY_ID_CLOUDWATCH_LOGS=C CALOTYPE_SECRET_ACCESS_KEY_CLOUDWATCH_LOGS=D",
     "", "logs", "- C/D/-"},
    {"keys of the profile", "",
     "[default]\naws_access_key_id = E\naws_secret_access_key = F/=\naws_session_token = G==\n",
     "s3", "- E/F/=/G=="},
    {"those of the environment go before", KEYS,
     "[default]\naws_access_key_id = E\naws_secret_access_key = F\n", "s3", "- A/B/T"},
    {"one service's go before a profile's", S3_KEYS "AWS_PROFILE=mine",
     "[profile mine]\naws_access_key_id = E\naws_secret_access_key = F\n", "s3", "- C/D/-"},
};

static void test_services(void **state) {
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err = {0};
        CLEANUP_DEINIT(client_settings) struct client_settings s = {0};
        CLEANUP_DEINIT(buf) struct buf got = {0};
        setup(state);
        set_all(cases[i].environment);
        write_file("config", cases[i].config);
        if (read_settings(&s, &(struct client_options){0}, &err))
            CHECK_TEXT(err.text, cases[i].name);
        show(&got, &s, cases[i].service);
        if (!str_is(buf_view(&got), cases[i].want))
            print_error("case \"%s\":\n", cases[i].name);
        CHECK_BUF(got, cases[i].want);
        teardown(state);
    }
    setup(state);
}

/* What is given by the caller is for every service: the environment's single ones do not count. */
static void test_options(void **state) {
    (void)state;
    CLEANUP_DEINIT(client_settings) struct client_settings s = {0};
    CLEANUP_DEINIT(buf) struct buf got = {0};
    struct client_options options = {.endpoint = "https://o",
                                     .access_key = "X",
                                     .secret_key = "Y",
                                     .session_token = ""};
    struct err err = {0};
    set_all(KEYS S3_KEYS "AWS_ENDPOINT_URL_S3=http://s AWS_PROFILE=nobody");
    CHECK_INT(read_settings(&s, &options, &err), CLIENT_OK);
    show(&got, &s, "s3");
    CHECK_BUF(got, "https://o X/Y/-");
}

/* Keys come from one place: a credentials file's do not get a config file's token. */
static void test_no_mixture(void **state) {
    (void)state;
    CLEANUP_DEINIT(client_settings) struct client_settings s = {0};
    CLEANUP_DEINIT(buf) struct buf got = {0};
    struct err err = {0};
    write_file("credentials", "[default]\naws_access_key_id = E\naws_secret_access_key = F\n");
    write_file("config", "[default]\naws_session_token = T\nendpoint_url = http://c\n");
    CHECK_INT(read_settings(&s, &(struct client_options){0}, &err), CLIENT_OK);
    show(&got, &s, "s3");
    CHECK_BUF(got, "http://c E/F/-");
}

static void test_refusals(void **state) {
    static const struct {
        const char *environment, *config, *words;
    } wrong[] = {
        {KEYS "AWS_ENDPOINT_URL_S3=localhost:4566", "",
         "AWS_ENDPOINT_URL_S3: the endpoint localhost:4566 is not an http or https URL"},
        {KEYS "AWS_ENDPOINT_URL=ftp://x", "",
         "AWS_ENDPOINT_URL: the endpoint ftp://x is not an http or https URL"},
        {KEYS "CALOTYPE_ACCESS_KEY_ID_S3=C", "",
         "of CALOTYPE_ACCESS_KEY_ID_S3 and CALOTYPE_SECRET_ACCESS_KEY_S3 only one is set: both, or "
         "neither"},
        {KEYS "CALOTYPE_SESSION_TOKEN_S3=C", "",
         "of CALOTYPE_ACCESS_KEY_ID_S3 and CALOTYPE_SECRET_ACCESS_KEY_S3 neither, but a session "
         "token, is set: both, or neither"},
        {KEYS "CALOTYPE_ACCESS_KEY_ID_S3=C\r CALOTYPE_SECRET_ACCESS_KEY_S3=D", "",
         "the access key of S3 holds a space, a line end or another character that no key has"},
        {"AWS_ACCESS_KEY_ID=A AWS_SECRET_ACCESS_KEY=B\nX:y", "",
         "the secret key holds a space, a line end or another character that no key has"},
        {KEYS "AWS_SESSION_TOKEN=C\r\nX:y", "",
         "the session token holds a space, a line end or another character that no key has"},
        {KEYS, "[default]\nservices = local\n[services other]\ns3 =\n  endpoint_url = http://x\n",
         "the profile default names the services section local, which is not there"},
        {KEYS "AWS_PROFILE=nobody", "",
         "no keys for AWS: the profile nobody has no aws_access_key_id and aws_secret_access_key "
         "(a role, SSO or a process is not asked for them)"},
        {"AWS_ACCESS_KEY_ID=A", "",
         "no keys for AWS: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set, and the "
         "profile default has no keys"},
    };
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        CLEANUP_DEINIT(client_settings) struct client_settings s = {0};
        struct err err = {0};
        setup(state);
        set_all(wrong[i].environment);
        write_file("config", wrong[i].config);
        CHECK_INT(read_settings(&s, &(struct client_options){0}, &err), CLIENT_E_OPTIONS);
        CHECK_TEXT(err.text, wrong[i].words);
        teardown(state);
    }
    setup(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_services, setup, teardown),
        cmocka_unit_test_setup_teardown(test_options, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_mixture, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refusals, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
