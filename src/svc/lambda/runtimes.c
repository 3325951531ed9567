/* The table of runtimes. */
#include "svc/lambda/runtimes.h"

#include "svc/lambda/start.h"

#define RUNTIME_DIR "/var/runtime"

/* ---- Variables, as AWS's images set them ---- */
#define PATH "/usr/local/bin:/usr/bin/:/bin:/opt/bin"
#define LIBRARY_PATH                                                                               \
    "/lib64:/usr/lib64:" RUNTIME_DIR ":" RUNTIME_DIR "/lib:/var/task:/var/task/lib:/opt/lib"
/*
 * Of interpreters. They have no AWS_ENDPOINT_URL: their clients use AWS's own names. The address of
 * X-Ray's daemon is one where a datagram is lost without an error, for there are no traces.
 */
#define INTERPRETED                                                                                \
    {"PATH", "/var/lang/bin:" PATH}, {"LD_LIBRARY_PATH", LAMBDA_LANG "/lib:" LIBRARY_PATH},        \
        {"PWD", "/var/task"}, {"SHLVL", "0"}, {"AWS_XRAY_CONTEXT_MISSING", "LOG_ERROR"},           \
        {"AWS_XRAY_DAEMON_ADDRESS", "127.0.0.1:2000"}, {"_AWS_XRAY_DAEMON_ADDRESS", "127.0.0.1"},  \
    {                                                                                              \
        "_AWS_XRAY_DAEMON_PORT", "2000"                                                            \
    }

/* ---- provided: the function brings its program, which speaks the runtime API ---- */
static const struct lambda_family provided = {
    .name = "provided.al2023",
    .entry = {"/var/task/bootstrap", NULL},
    .own_program = "bootstrap",
    .variables =
        (const struct lambda_variable[]){
            {"PATH", PATH},
            {"LD_LIBRARY_PATH", LIBRARY_PATH},
            /* The cloud, on a socket of the sandbox's own: plain HTTP never leaves the kernel. */
            {"AWS_ENDPOINT_URL", "http://127.0.0.1"},
            {NULL, NULL}},
};

#define PROVIDED(row_name, ...)                                                                    \
    { .name = row_name, .family = &provided, __VA_ARGS__ }

/* ---- What each interpreter is linked against ---- */
#if defined(__aarch64__)
#define LIBRARIES "/usr/lib/aarch64-linux-gnu"
#define LOADER    "/lib/ld-linux-aarch64.so.1"
#else
#define LIBRARIES "/usr/lib/x86_64-linux-gnu"
#define LOADER    "/lib64/ld-linux-x86-64.so.2"
#endif

const struct sandbox_bind lambda_host_libraries[] = {
    {LIBRARIES, LIBRARIES},
    {LOADER, LOADER},
    {"/usr/share/zoneinfo", "/usr/share/zoneinfo"},       /* TZ=Europe/Berlin */
    {"/usr/lib/locale/C.utf8", "/usr/lib/locale/C.utf8"}, /* which Python has its children use */
    {NULL, NULL}};

/*
 * ---- What functions call: by subprocess, in a wrapper, as #! ----
 * Of AWS's images those that scripts use; nothing that is setuid, and nothing that a sandbox denies.
 */
const char *const lambda_host_tools[] = {
    "awk",     "base64",    "basename", "bash",    "cat",   "chmod", "cp",       "curl",
    "cut",     "date",      "dd",       "dirname", "du",    "echo",  "env",      "expr",
    "false",   "find",      "grep",     "gzip",    "head",  "id",    "ln",       "ls",
    "md5sum",  "mkdir",     "mktemp",   "mv",      "nproc", "od",    "printenv", "printf",
    "pwd",     "readlink",  "realpath", "rm",      "rmdir", "sed",   "seq",      "sh",
    "sha1sum", "sha256sum", "sleep",    "sort",    "stat",  "tail",  "tar",      "tee",
    "test",    "timeout",   "touch",    "tr",      "true",  "uname", "uniq",     "wc",
    "xargs",   NULL,
};

/* ---- python ---- */
#define START_PYTHON RUNTIME_DIR "/bootstrap.py"
/* Of the machine's packages: python3-boto3, and what it needs; Debian's botocore imports requests. */
static const char *const boto3[] = {
    "boto3",    "botocore", "s3transfer", "jmespath",           "dateutil", "urllib3", "six.py",
    "requests", "certifi",  "chardet",    "charset_normalizer", "idna",     NULL};

static const struct lambda_family python = {
    .name = "python3.*",
    .entry = {RUNTIME_DIR "/bootstrap", NULL}, /* as AWS's images call it */
    .language = "Python",
    .option = "--python",
    .install = "calotype runtime install python",
    .program = "python3",
    .probe = (const char *const[]){"-I", "-S", "-B", "-c", lambda_probe_python, LIBRARIES, NULL},
    .start_path = START_PYTHON,
    .start = lambda_start_python,
    .packages = "python",
    .packages_at = RUNTIME_DIR,
    .modules = boto3,
    .variables =
        (const struct lambda_variable[]){INTERPRETED, {"PYTHONPATH", RUNTIME_DIR}, {NULL, NULL}},
};

#define PYTHON(v)                                                                                  \
    { .name = "python" v, .family = &python, .version = v, .exact = "python" v }

/* ---- nodejs ---- */
#define START_NODE RUNTIME_DIR "/bootstrap.js"

/*
 * As AWS's bootstrap has it, and: certificates are those that SSL_CERT_FILE names, the cloud's one,
 * for to read a hundred others takes 20 ms of the first call over TLS.
 */
static const char *const node_options[] = {"--expose-gc", "--max-http-header-size=81920",
                                           "--use-openssl-ca", NULL};
/* Where Node looks for what ES modules import: they do not see NODE_PATH. */
static const struct sandbox_link node_links[] = {{"/var/node_modules", "/opt/nodejs/node_modules"},
                                                 {"/node_modules", RUNTIME_DIR "/node_modules"},
                                                 {NULL, NULL}};

static const struct lambda_family node = {
    .name = "nodejs*",
    .entry = {RUNTIME_DIR "/bootstrap", NULL}, /* as AWS's images call it */
    .language = "Node",
    .option = "--node",
    .install = "calotype runtime install node",
    .program = "node",
    .probe = (const char *const[]){"-e", lambda_probe_node, LIBRARIES, NULL},
    .options = node_options,
    .heap_young = "--max-semi-space-size=",
    .heap_old = "--max-old-space-size=",
    .heap_own = "NODE_OPTIONS",
    .start_path = START_NODE,
    .start = lambda_start_node,
    .packages = "node",
    .packages_at = RUNTIME_DIR "/node_modules",
    .links = node_links,
    .variables =
        (const struct lambda_variable[]){
            INTERPRETED,
            {"NODE_PATH", "/opt/nodejs/node%s/node_modules:/opt/nodejs/node_modules:" RUNTIME_DIR
                          "/node_modules:" RUNTIME_DIR ":/var/task"},
            {NULL, NULL}},
};

#define NODE(suffix, v)                                                                            \
    { .name = "nodejs" suffix, .family = &node, .version = v }

/* ---- The table: every python3 and nodejs that the Runtime enumeration of AWS's model has ---- */
static const struct lambda_family *const families[] = {&provided, &python, &node};

static const struct lambda_runtime runtimes[] = {
    PROVIDED("provided", .retired = true),
    PROVIDED("provided.al2", .retired = true),
    PROVIDED("provided.al2023"),
    PYTHON("3.6"),
    PYTHON("3.7"),
    PYTHON("3.8"),
    PYTHON("3.9"),
    PYTHON("3.10"),
    PYTHON("3.11"), /* Debian 12 */
    PYTHON("3.12"),
    PYTHON("3.13"), /* Debian 13 */
    PYTHON("3.14"),
    NODE("", "0.10"),
    NODE("4.3", "4"),
    NODE("4.3-edge", "4"),
    NODE("6.10", "6"),
    NODE("8.10", "8"),
    NODE("10.x", "10"),
    NODE("12.x", "12"),
    NODE("14.x", "14"),
    NODE("16.x", "16"),
    NODE("18.x", "18"), /* Debian 12 */
    NODE("20.x", "20"), /* Debian 13 */
    NODE("22.x", "22"),
    NODE("24.x", "24"),
};

const struct lambda_runtime *lambda_runtime_find(str name) {
    for (size_t i = 0; i < ARRAY_LEN(runtimes); i++)
        if (str_is(name, runtimes[i].name))
            return &runtimes[i];
    return NULL;
}

const struct lambda_runtime *lambda_runtime_at(size_t i) {
    return i < ARRAY_LEN(runtimes) ? &runtimes[i] : NULL;
}

const struct lambda_family *lambda_family_at(size_t i) {
    return i < ARRAY_LEN(families) ? families[i] : NULL;
}
