/*
 * calotype put: uploads photographs and waits until each has its final status.
 *
 * A few threads upload; the first thread looks for the rows and prints them in the order of the
 * command line. A row belongs to an upload when it has the version that the upload made.
 */
#include "base/clock.h"
#include "base/json.h"
#include "base/lock.h"
#include "base/map.h"
#include "cli/common.h"
#include "cli/photo.h"
#include "prog/say.h"
#include "cli/verb.h"
#include "cli/xml.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_PARALLEL = 64 };
enum state { QUEUED, UPLOADED, FINAL, FAILED };

struct upload {
    const char *path;
    str name; /* the path's last part */
    struct buf key;
    char version[128];   /* "" on a bucket without versions */
    int64_t answered_ms; /* monotonic: when S3 had answered */
    int64_t ms;          /* from then to the row */
    _Atomic int state;   /* set last */
    json_t *item;
    struct err err;
};

struct put {
    struct cli_common common;
    struct cli_cloud cloud;
    struct upload *all;
    size_t n;
    _Atomic size_t next; /* to upload */
    const char *prefix;
    unsigned parallel, timeout_s;
    bool no_wait;

    size_t printed, done; /* of all, in their order; in any order */
    struct cli_photo_table table;
};

/* ---- What to upload ---- */

static const char *content_type(str name) {
    static const struct {
        const char *suffix, *type;
    } known[] = {{".jpg", "image/jpeg"}, {".jpeg", "image/jpeg"}, {".png", "image/png"}};
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        size_t n = strlen(known[i].suffix);
        if (name.len >= n && str_eq_nocase(str_skip(name, name.len - n), str_c(known[i].suffix)))
            return known[i].type;
    }
    return "application/octet-stream";
}

static int fail(struct upload *u, int code) {
    u->state = FAILED;
    return code;
}

/* Names become keys; two files of one name would be one photograph. */
static int plan(struct put *p, char **files, size_t n) {
    CLEANUP_DEINIT(map) struct map seen = {0};
    p->all = mem_zalloc(n * sizeof *p->all);
    p->n = n;
    for (size_t i = 0; i < n; i++) {
        struct upload *u = &p->all[i];
        const char *slash = strrchr(files[i], '/');
        u->path = files[i];
        u->name = str_c(slash ? slash + 1 : files[i]);
        u->ms = -1;
        buf_printf(&u->key, "%s" STR_FMT, p->prefix, STR_ARG(u->name));
        const struct upload *other = map_put(&seen, u->name, u);
        if (other) {
            prog_error(
                "%s and %s have the same name, and so would have the same key: rename one, or put them "
                "one after the other",
                other->path, u->path);
            return PROG_USAGE;
        }
    }
    return PROG_OK;
}

/* ---- Does anything process such names? ---- */

struct rules {
    struct buf xml;
    bool any;
};

static int read_rules(struct put *p, struct rules *rules, struct err *err) {
    struct client_response response = {0};
    struct client_fault fault;
    struct client_request request = {.service = "s3",
                                     .method = "GET",
                                     .bucket = str_c(p->cloud.bucket),
                                     .path = S("/"),
                                     .query = S("notification=")};
    int r = client_send(p->cloud.client, &request, &response, &fault);
    if (r == 0)
        buf_str(&rules->xml, buf_view(&response.body));
    client_response_deinit(&response);
    if (r && strcmp(fault.code, "NoSuchBucket") == 0)
        return err_set(err, -ENOENT, "%s is not deployed: there is no bucket %s (calotype deploy)",
                       p->cloud.stack, p->cloud.bucket);
    return r ? cli_cloud_fault("s3:GetBucketNotification", &fault, err) : 0;
}

/* One <…Configuration>: every filter rule holds. */
static bool config_matches(str config, str key) {
    str rule;
    while (cli_xml_next(&config, "FilterRule", &rule)) {
        CLEANUP_DEINIT(buf) struct buf name = {0}, value = {0};
        if (!client_xml_text(rule, "Name", &name) || !client_xml_text(rule, "Value", &value))
            continue;
        bool suffix = str_eq_nocase(buf_view(&name), S("suffix"));
        if (!(suffix ? str_ends(key, buf_view(&value)) : str_starts(key, buf_view(&value))))
            return false;
    }
    return true;
}

static bool is_processed(const struct rules *rules, str key) {
    static const char *const kinds[] = {"CloudFunctionConfiguration", "QueueConfiguration",
                                        "TopicConfiguration"};
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        str rest = buf_view(&rules->xml), config;
        while (cli_xml_next(&rest, kinds[i], &config))
            if (config_matches(config, key))
                return true;
    }
    return false;
}

static void refuse_unprocessed(struct put *p, const struct rules *rules) {
    for (size_t i = 0; i < p->n; i++) {
        struct upload *u = &p->all[i];
        if (is_processed(rules, buf_view(&u->key)))
            continue;
        err_set(&u->err, 0,
                "not uploaded: nothing processes names like this one (.jpg, .jpeg and .png are)");
        fail(u, 0);
    }
}

/* ---- Uploading ---- */

static int open_file(struct upload *u, int *ret_fd, uint64_t *ret_size) {
    struct stat st;
    int fd = open(u->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_sys(&u->err, -errno, "not uploaded");
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        return err_set(&u->err, -EINVAL, "not uploaded: not a file");
    }
    *ret_fd = fd;
    *ret_size = (uint64_t)st.st_size;
    return 0;
}

static int upload_one(struct put *p, struct upload *u) {
    CLEANUP_FD int fd = -1;
    uint64_t size = 0;
    if (!str_is_utf8(buf_view(&u->key)))
        return err_set(&u->err, -EINVAL, "not uploaded: the name is not UTF-8");
    int r = open_file(u, &fd, &size);
    if (r)
        return r;
    struct sign_header type = {S("Content-Type"), str_c(content_type(u->name))};
    struct client_object object = {.bucket = str_c(p->cloud.bucket),
                                   .key = buf_view(&u->key),
                                   .headers = &type,
                                   .n_headers = 1};
    struct client_file file = {.fd = fd};
    struct client_response response = {0};
    struct client_fault fault;
    struct client_from from = {client_file_source, &file, size};
    r = client_put_object_from(p->cloud.client, &object, &from, &response, &fault);
    str version = r ? STR_NONE : client_header(&response, "x-amz-version-id");
    if (r)
        cli_cloud_fault("not uploaded", &fault, &u->err);
    snprintf(u->version, sizeof u->version, STR_FMT, STR_ARG(version));
    client_response_deinit(&response);
    return r;
}

static void *upload_some(void *arg) {
    struct put *p = arg;
    for (;;) {
        size_t i = p->next++;
        if (i >= p->n)
            return NULL;
        struct upload *u = &p->all[i];
        if (u->state != QUEUED)
            continue;
        int r = upload_one(p, u);
        u->answered_ms = clock_mono_ms();
        u->state = r ? FAILED : UPLOADED;
    }
}

/* ---- Waiting ---- */

static bool is_its_row(const struct upload *u, const json_t *item) {
    if (!item || !cli_status_is_final(cli_item_text(item, "Status")))
        return false;
    return !u->version[0] || str_is(cli_item_text(item, "VersionId"), u->version);
}

/* True when its row has come. */
static bool look_for(struct put *p, struct upload *u) {
    CLEANUP_JSON json_t *item = NULL;
    struct err err;
    if (cli_image_get(&p->cloud, buf_view(&u->key), &item, &err) != 0 || !is_its_row(u, item))
        return false;
    u->item = json_incref(item);
    u->ms = clock_mono_ms() - u->answered_ms;
    u->state = FINAL;
    return true;
}

static void print_ready(struct put *p) {
    for (; p->printed < p->n; p->printed++) {
        const struct upload *u = &p->all[p->printed];
        bool ready =
            u->state == FINAL || u->state == FAILED || (p->no_wait && u->state == UPLOADED);
        if (!ready)
            return;
        struct cli_photo photo = {.file = u->name,
                                  .item = u->item,
                                  .ms = u->ms,
                                  .problem = str_c(u->err.text)};
        if (u->state == UPLOADED)
            photo.problem = S("uploaded");
        if (!p->common.json)
            cli_photo_row(&p->table, &photo);
    }
}

static void show_progress(const struct put *p) {
    size_t uploaded = 0;
    for (size_t i = 0; i < p->n; i++)
        uploaded += p->all[i].state != QUEUED;
    enum { BAR = 24 };
    unsigned full = p->n ? (unsigned)(p->done * BAR / p->n) : 0;
    prog_progress("[%.*s%.*s] %zu of %zu processed, %zu uploaded", (int)full,
                  "########################", (int)(BAR - full), "........................",
                  p->done, p->n, uploaded);
}

/* Looks at every upload once; true when something moved. */
static bool sweep(struct put *p) {
    size_t done = 0, before = p->done;
    for (size_t i = 0; i < p->n; i++) {
        struct upload *u = &p->all[i];
        if (!p->no_wait && u->state == UPLOADED)
            look_for(p, u);
        done += u->state == FINAL || u->state == FAILED || (p->no_wait && u->state == UPLOADED);
    }
    p->done = done;
    print_ready(p);
    if (p->done < p->n)
        show_progress(p);
    return done != before;
}

static void give_up(struct put *p) {
    for (size_t i = 0; i < p->n; i++) {
        struct upload *u = &p->all[i];
        if (u->state != UPLOADED)
            continue;
        err_set(&u->err, 0, "uploaded, but without a final status after %u s", p->timeout_s);
        fail(u, 0);
    }
}

static void wait_for_rows(struct put *p) {
    int64_t moved_ms = clock_mono_ms();
    unsigned pause_ms = 4;
    while (p->done < p->n) {
        if (sweep(p)) {
            moved_ms = clock_mono_ms();
            pause_ms = 4;
        } else if (p->next >= p->n + p->parallel &&
                   clock_mono_ms() - moved_ms > (int64_t)p->timeout_s * 1000) {
            give_up(p);
        } else {
            usleep(pause_ms * 1000);
            pause_ms = pause_ms < 100 ? pause_ms + pause_ms / 4 + 1 : 100;
        }
    }
    prog_progress_end();
}

/* ---- The verb ---- */

static void print_json(const struct put *p) {
    CLEANUP_JSON json_t *list = json_array();
    for (size_t i = 0; i < p->n; i++) {
        const struct upload *u = &p->all[i];
        json_t *doc = u->item ? cli_item_plain(u->item) : json_object();
        json_set_str(doc, "File", str_c(u->path));
        json_set_str(doc, "ObjectKey", buf_view(&u->key));
        if (u->ms >= 0)
            json_set_int(doc, "UploadToRowMs", u->ms);
        if (u->err.text[0])
            json_set_str(doc, "Problem", str_c(u->err.text));
        json_array_append_new(list, doc);
    }
    cli_print_json(list);
}

static int result(const struct put *p) {
    size_t failed = 0;
    for (size_t i = 0; i < p->n; i++)
        failed += p->all[i].state == FAILED;
    return failed == 0 ? PROG_OK : failed == p->n ? PROG_FAILED : PROG_PARTIAL;
}

static int upload_all(struct put *p, struct err *err) {
    struct rules rules = {0};
    int r = read_rules(p, &rules, err);
    if (r == 0)
        refuse_unprocessed(p, &rules);
    buf_deinit(&rules.xml);
    if (r)
        return r;

    size_t longest = 0;
    for (size_t i = 0; i < p->n; i++)
        longest = cli_width(p->all[i].name) > longest ? cli_width(p->all[i].name) : longest;
    if (!p->common.json)
        cli_photo_begin(&p->table, longest, !p->no_wait);

    pthread_t threads[MOST_PARALLEL];
    unsigned started = 0;
    while (started < p->parallel && pthread_create(&threads[started], NULL, upload_some, p) == 0)
        started++;
    if (started == 0)
        return err_set(err, -EAGAIN, "cannot start a thread");
    p->parallel = started;
    wait_for_rows(p);
    for (unsigned i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    if (p->common.json)
        print_json(p);
    return 0;
}

static void deinit(void *ctx) {
    struct put *p = ctx;
    for (size_t i = 0; i < p->n; i++) {
        buf_deinit(&p->all[i].key);
        json_decref(p->all[i].item);
    }
    free(p->all);
    cli_cloud_deinit(&p->cloud);
}

static int run(void *ctx, char **files, int n, struct err *err) {
    struct put *p = ctx;
    int r = plan(p, files, (size_t)n);
    if (r)
        return r;
    r = cli_common_open(&p->common, &p->cloud, err);
    r = r ? r : upload_all(p, err);
    return r ? r : result(p);
}

static const struct prog_flag flags[] = {
    CLI_COMMON_FLAGS(struct put),
    PROG_TEXT(struct put, prefix, "prefix", "TEXT",
              "what stands before the file's name in the key (uploads/)"),
    PROG_NUMBER(struct put, parallel, "parallel", "N", 1, MOST_PARALLEL, "uploads at a time (8)"),
    PROG_NUMBER(struct put, timeout_s, "timeout", "SECONDS", 1, 86400,
                "give up when nothing has come for so long (120)"),
    PROG_SWITCH(struct put, no_wait, "no-wait", "only upload"),
};

const struct prog_verb cli_verb_put = {
    .name = "put",
    .summary = "upload photographs and wait for their rows",
    .arguments = "[--env NAME] FILE...",
    .about = "Uploads photographs and waits until each has its final status; one row each.\n"
             "Ends 0 when all have, 1 when some have, 255 when none has.",
    .flags = flags,
    .n_flags = ARRAY_LEN(flags),
    .least = 1,
    .most = -1,
    .size = sizeof(struct put),
    .defaults = &(const struct put){.prefix = "uploads/", .parallel = 8, .timeout_s = 120},
    .run = run,
    .deinit = deinit,
};
