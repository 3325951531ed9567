/* What looks like a secret, by its name, by its shape and by chance, and what does not. */
#include "cm.h"

#include "audit/rules/secret_priv.h"
#include "audit/rules/words_priv.h"
#include "base/own.h"

static void test_names(void **) {
    static const struct {
        const char *name;
        bool is_secret;
    } cases[] = {
        {"DB_PASSWORD", true},
        {"dbPassword", true},
        {"DBPassword", true},
        {"db-password", true},
        {"PGPASSWORD", true},
        {"MasterUserPassword", true},
        {"PASSWORD2", true},
        {"DB_PASS", true},
        {"apiKey", true},
        {"STRIPE_API_KEY", true},
        {"AWS_SECRET_ACCESS_KEY", true},
        {"ClientSecret", true},
        {"GITHUB_TOKEN", true},
        {"TOKEN_GITHUB", true},
        {"PRIVATE_KEY", true},
        {"StorageConnectionString", true},
        {"SecretString", true},
        {"AWS_ACCESS_KEY_ID", false},
        {"SECRET_ARN", false},
        {"DbSecretName", false},
        {"TOKEN_URL", false},
        {"TokenTtlSeconds", false},
        {"PASSWORD_MIN_LENGTH", false},
        {"PASSWORD_RESET_URL", false},
        {"UseSecret", false},
        {"RotatePassword", false},
        {"ServiceToken", false},
        {"NextToken", false},
        {"MAX_TOKENS", false},
        {"API_KEY_HEADER", false},
        {"SECRETS_MANAGER_ENDPOINT", false},
        {"PUBLIC_KEY", false},
        {"KMS_KEY", false},
        {"TABLE_KEY", false},
        {"COMPASS", false},
        {"BYPASS_CACHE", false},
        {"", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        CHECK_CASE(audit_secret_name(str_c(cases[i].name)) == cases[i].is_secret, cases[i].name);
}

static void test_values(void **) {
    static const struct {
        const char *name, *value;
        bool is_secret;
    } cases[] = {
        {"PASSWORD", "Tr0ub4dor+3", true},
        {"PASSWORD", "password", true},
        {"PASSWORD", "123456", true},
        {"PASSWORD", "correct-horse-battery", true},
        {"JWT_SECRET", "my-super-secret-key", true},
        {"TOKEN", "123456", false},
        {"DB_SECRET", "prod/photos/db", false},
        {"PASSWORD", "changeme", false},
        {"PASSWORD", "CHANGE_ME", false},
        {"PASSWORD", "<password>", false},
        {"PASSWORD", "${Password}", false},
        {"PASSWORD", "{{resolve:ssm-secure:/photos/db:1}}", false},
        {"PASSWORD", "********", false},
        {"PASSWORD", "/photos/db/password", false},
        {"PASSWORD", "arn:aws:ssm:us-east-1:1:parameter/x", false},
        {"PASSWORD", "a password of at least eight letters", false},
        {"PASSWORD", "true", false},
        {"PASSWORD", "abc", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        CHECK_CASE(audit_secret_value(str_c(cases[i].name), str_c(cases[i].value)) ==
                       cases[i].is_secret,
                   cases[i].value);
}

/* What is found in a text, and exactly which bytes. */
static void test_shapes(void **) {
    static const struct {
        const char *text, *found, *what; /* found NULL: nothing */
    } cases[] = {
        {"key=AKIAQ3EGRTYB4XWPL7ZK;", "AKIAQ3EGRTYB4XWPL7ZK", "an AWS access key"},
        {"xAKIAQ3EGRTYB4XWPL7ZK", NULL, NULL},
        {"AKIAQ3EGRTYB4XWPL7ZKA", NULL, NULL},
        {"AKIAIOSFODNN7EXAMPLE", NULL, NULL},
        {"'ghp_Zk3vQ9xLm2TnB8wYr5UaC1sDf7GhJ0kE4iRt'", "ghp_Zk3vQ9xLm2TnB8wYr5UaC1sDf7GhJ0kE4iRt",
         "a GitHub token"},
        {"ghp_short", NULL, NULL},
        {"postgres://app:h7Gk2mQp@db:5432/x", "h7Gk2mQp", "a connection string with a password"},
        {"postgres://app:p%40ss:w0rd@db/x", "p%40ss:w0rd", "a connection string with a password"},
        {"redis://:h7Gk2mQp@cache", "h7Gk2mQp", "a connection string with a password"},
        {"postgres://app:${Password}@db/x", NULL, NULL},
        {"postgres://user:password@db/x", NULL, NULL},
        {"https://photos.test:8443/a@b", NULL, NULL},
        {"git@github.com:org/x", NULL, NULL},
        {"Server=db;User=app;Password=h7Gk2mQp;", "h7Gk2mQp",
         "a connection string with a password"},
        {"a;password=h7Gk2mQp", NULL, NULL},
        {"-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA", "-----BEGIN RSA PRIVATE KEY-----",
         "a private key"},
        {"-----BEGIN PRIVATE KEY-----\n<your key>", NULL, NULL},
        {"-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZI", NULL, NULL},
        {"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N",
         "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N",
         "a JSON web token"},
        {"eyJhbGciOiJIUzI1NiJ9AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", NULL, NULL},
        {"", NULL, NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct audit_secret found;
        str text = str_c(cases[i].text);
        size_t at = 0;
        bool is_found = audit_secret_next(text, &at, &found);
        CHECK_CASE(is_found == (cases[i].found != NULL), cases[i].text);
        if (!is_found)
            continue;
        CHECK_STR(str_slice(text, found.from, found.end), str_c(cases[i].found));
        CHECK_STR(str_c(found.what), str_c(cases[i].what));
    }
}

static void test_chance(void **) {
    static const struct {
        const char *text;
        bool is_random;
    } cases[] = {
        {"kJ8xQ2mZ7vN4bR9tY1wE6uP3sD5fG0hL2aCo", true},
        {"wJalrXUtnFEMI/K7MDENG/bPxRfiCYzQ1nT4kLm8", true},
        {"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", false},
        {"123e4567-e89b-12d3-a456-426614174000", false},
        {"MyStackImageMetadataTable1QW2ERTYUIOP3", false},
        {"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", false},
        {"getServiceConfigurationFromEnvironment2", false},
        {"application/vnd.openxmlformats+xml", false},
        {"kJ8xQ2mZ7vN4", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        CHECK_CASE(audit_secret_is_random(str_c(cases[i].text)) == cases[i].is_random,
                   cases[i].text);
}

static void test_words(void **) {
    static const struct {
        const char *name, *words;
    } cases[] = {{"MaxImageSizeMB", "Max image size MB"},
                 {"db_name", "DB name"},
                 {"UploadsBucketArn", "Uploads bucket ARN"},
                 {"APIUrl", "API URL"},
                 {"KeepsGPS", "Keeps GPS"},
                 {"a", "A"},
                 {"Stage2Queue", "Stage2 queue"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(buf) struct buf words = {0};
        audit_words(&words, str_c(cases[i].name));
        CHECK_STR(buf_view(&words), str_c(cases[i].words));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_names), cmocka_unit_test(test_values),
                                       cmocka_unit_test(test_shapes), cmocka_unit_test(test_chance),
                                       cmocka_unit_test(test_words)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
