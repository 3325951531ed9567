/*
 * calotype put: uploads photographs and waits until each has its final status.
 *
 * A few threads upload; the first thread looks for the rows and prints them in the order of the
 * command line. A row belongs to an upload when it has the version that the upload made. While
 * nothing is answered the threads hold, and after some seconds all is given up: a daemon that is
 * gone is said to be gone.
 */
#include "cli/put.h"

#include "base/clock.h"
#include "base/lock.h"
#include "base/suffix.h"
#include "cli/output.h"
#include "cli/verb.h"
#include "prog/say.h"
#include "prog/text.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_PARALLEL = 64, TRIES = 3, HOLD_MS = 50, PATIENCE_MS = 5000 };

/* ---- Uploading ---- */

static int open_file(const struct put_upload *u, int *ret_fd, struct stat *ret, struct err *err) {
    struct stat st;
    /* What has become a pipe meanwhile does not hold us up. */
    int fd = open(u->path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return err_sys(err, -errno, "not uploaded");
    int r = fstat(fd, &st) == 0 ? 0 : -errno;
    if (r || !S_ISREG(st.st_mode)) {
        close(fd);
        return r ? err_sys(err, r, "not uploaded")
                 : err_set(err, -EINVAL, "not uploaded: it is %s and no file",
                           cli_kind_of_file(st.st_mode));
    }
    *ret_fd = fd;
    *ret = st;
    return 0;
}

/* Whoever writes to it meanwhile makes of the upload a mixture of the old and the new. */
static int check_same(int fd, const struct stat *before, struct err *err) {
    struct stat st;
    if (fstat(fd, &st) == 0 && st.st_size == before->st_size &&
        st.st_mtim.tv_sec == before->st_mtim.tv_sec &&
        st.st_mtim.tv_nsec == before->st_mtim.tv_nsec)
        return 0;
    return err_set(err, -EAGAIN,
                   "it changes while it is uploaded: put it again when it is written");
}

static int upload_one(struct put *p, struct put_upload *u, struct err *err) {
    CLEANUP_FD int fd = -1;
    struct stat st = {0};
    if (!str_is_utf8(buf_view(&u->key)))
        return err_set(err, -EINVAL, "not uploaded: the name is not UTF-8");
    int r = open_file(u, &fd, &st, err);
    if (r)
        return r;
    const char *known = suffix_media_type(buf_view(&u->key));
    struct sign_header type = {S("Content-Type"),
                               str_c(known ? known : "application/octet-stream")};
    struct client_object object = {.bucket = str_c(p->cloud.bucket),
                                   .key = buf_view(&u->key),
                                   .headers = &type,
                                   .n_headers = 1};
    struct client_file file = {.fd = fd};
    struct client_response response = {0};
    struct client_fault fault;
    struct client_from from = {client_file_source, &file, (uint64_t)st.st_size};
    r = client_put_object_from(p->cloud.client, &object, &from, &response, &fault);
    str version = r ? STR_NONE : client_header(&response, "x-amz-version-id");
    free(u->version);
    u->version = NULL;
    if (version.len) {
        struct buf text = {0};
        buf_str(&text, version);
        u->version = buf_take(&text);
    }
    if (r)
        r = cli_cloud_fault("not uploaded", &fault, err);
    client_response_deinit(&response);
    return r ? r : check_same(fd, &st, err);
}

/* Again where the file changed, and, once something is answered, where the connection was cut. */
static int upload_patiently(struct put *p, struct put_upload *u, struct err *err) {
    int r = -ENOTCONN;
    for (unsigned i = 0; i < TRIES && (r == -ENOTCONN || r == -EAGAIN) && !p->gone; i++) {
        r = upload_one(p, u, err);
        p->cut = p->cut || r == -ENOTCONN;
        while (p->cut && !p->gone)
            usleep(HOLD_MS * 1000);
    }
    return r;
}

static void *upload_some(void *arg) {
    struct put *p = arg;
    while (!p->gone) {
        size_t i = p->next++;
        if (i >= p->n)
            break;
        struct put_upload *u = &p->all[i];
        struct err err = {0};
        if (u->state != PUT_QUEUED)
            continue;
        int r = upload_patiently(p, u, &err);
        u->answered_ms = clock_mono_ms();
        if (r)
            cli_put_end(u, PUT_FAILED, err.text);
        else
            u->state = PUT_UPLOADED;
    }
    return NULL;
}

/* ---- Waiting ---- */

static bool is_its_row(const struct put_upload *u, const json_t *item) {
    if (!item || !cli_status_is_final(cli_item_text(item, "Status")))
        return false;
    return !u->version || str_is(cli_item_text(item, "VersionId"), u->version);
}

/* What a call said of whether the cloud answers. */
static int note(struct put *p, int r, const struct err *err) {
    if (r != -ENOTCONN)
        p->cut = false; /* something is answered: the threads may go on */
    if (r == 0) {
        p->silent_since_ms = 0;
    } else if (r == -ENOTCONN || !p->no_wait) {
        if (!p->silent_since_ms)
            p->silent_since_ms = clock_mono_ms();
        p->why_silent = *err;
    }
    return r;
}

/* u NULL: only whether something is answered. */
static void look_for(struct put *p, struct put_upload *u) {
    CLEANUP_JSON json_t *item = NULL;
    struct err err = {0};
    str key = buf_view(&(u ? u : p->all)->key);
    if (note(p, cli_image_get(&p->cloud, key, &item, &err), &err) || !u || !is_its_row(u, item))
        return;
    u->item = json_incref(item);
    u->ms = clock_mono_ms() - u->answered_ms;
    u->state = PUT_FINAL;
}

static bool is_done(const struct put *p, const struct put_upload *u) {
    return u->state >= PUT_FINAL || (p->no_wait && u->state == PUT_UPLOADED);
}

/* Of a row that was printed: thousands of whole ones would be much. */
static void keep_status(struct put_upload *u) {
    if (!u->item)
        return;
    json_t *status = json_object();
    json_set(status, "Status", json_incref(json_obj(u->item, "Status")));
    json_decref(u->item);
    u->item = status;
}

static void print_ready(struct put *p) {
    for (; p->printed < p->n && is_done(p, &p->all[p->printed]); p->printed++) {
        struct put_upload *u = &p->all[p->printed];
        const char *problem = u->state == PUT_UPLOADED ? "uploaded" : u->problem;
        struct cli_photo photo = {.file = cli_put_name(p, u),
                                  .item = u->item,
                                  .ms = u->ms,
                                  .problem = str_c(problem ? problem : "")};
        if (p->common.json)
            continue;
        cli_photo_row(&p->table, &photo);
        keep_status(u);
    }
}

static void show_progress(const struct put *p) {
    size_t in[PUT_FAILED + 1] = {0};
    for (size_t i = 0; i < p->n; i++)
        in[p->all[i].state]++;
    enum { BAR = 24 };
    unsigned full = p->n ? (unsigned)(p->done * BAR / p->n) : 0;
    if (p->silent_since_ms)
        prog_progress("%zu of %zu done; no answer: %s", p->done, p->n, p->why_silent.text);
    else
        prog_progress("%zu of %zu done, %zu to upload, %zu being processed [%.*s%.*s]", p->done,
                      p->n, in[PUT_QUEUED], p->no_wait ? 0 : in[PUT_UPLOADED], (int)full,
                      "########################", (int)(BAR - full), "........................");
}

/* Looks at every upload once; true when something moved. */
static bool sweep(struct put *p) {
    size_t done = 0, before = p->done;
    bool asked = false;
    for (size_t i = 0; i < p->n; i++) {
        struct put_upload *u = &p->all[i];
        bool waits = !p->no_wait && u->state == PUT_UPLOADED;
        if (waits && !(asked && p->silent_since_ms)) { /* while silent, one question is enough */
            look_for(p, u);
            asked = true;
        }
        done += is_done(p, u);
    }
    if (p->cut && !asked)
        look_for(p, NULL);
    p->done = done;
    print_ready(p);
    if (p->done < p->n)
        show_progress(p);
    return done != before;
}

/* ---- Giving up ---- */

static void give_up_waiting(struct put *p) {
    for (size_t i = 0; i < p->n; i++) {
        struct err why = {0};
        err_set(&why, 0, "uploaded, but without a final status after %u s", p->timeout_s);
        if (p->all[i].state == PUT_UPLOADED)
            cli_put_end(&p->all[i], PUT_NO_ROW, why.text);
    }
}

static bool is_daemon_gone(const struct put *p) {
    CLEANUP_FD int fd = -1;
    return p->cloud.session.data && prog_admin_connect(p->cloud.session.data, &fd, NULL, NULL) < 0;
}

/* The threads have ended, or will not upload any more. */
static void give_up_all(struct put *p) {
    const char *data = p->cloud.session.data;
    p->gone = true;
    if (is_daemon_gone(p))
        prog_error(
            "the daemon on %s is gone (start it: calotype up --data %s): what was uploaded is "
            "processed then, and the rest is to be put again",
            data, data);
    else
        prog_error("the rows cannot be read: %s", p->why_silent.text);
}

static void end_all(struct put *p) {
    for (size_t i = 0; i < p->n; i++) {
        struct put_upload *u = &p->all[i];
        if (u->state == PUT_UPLOADED && !p->no_wait)
            cli_put_end(u, PUT_NO_ROW, "uploaded, and not known what became of it");
        else if (u->state == PUT_QUEUED)
            cli_put_end(u, PUT_FAILED, "not uploaded");
    }
}

static bool is_silent_for(const struct put *p, int64_t ms) {
    return p->silent_since_ms && clock_mono_ms() - p->silent_since_ms > ms;
}

static void wait_for_rows(struct put *p) {
    int64_t moved_ms = clock_mono_ms();
    unsigned pause_ms = 4;
    while (p->done < p->n && !p->gone) {
        if (sweep(p)) {
            moved_ms = clock_mono_ms();
            pause_ms = 4;
        } else if (is_silent_for(p, PATIENCE_MS)) {
            give_up_all(p);
        } else if (p->next >= p->n + p->parallel &&
                   clock_mono_ms() - moved_ms > (int64_t)p->timeout_s * 1000) {
            give_up_waiting(p);
        } else {
            usleep(pause_ms * 1000);
            pause_ms = pause_ms < 100 ? pause_ms + pause_ms / 4 + 1 : 100;
        }
    }
    prog_progress_end();
}

/* ---- The result ---- */

static void print_json(const struct put *p) {
    CLEANUP_JSON json_t *list = json_array();
    for (size_t i = 0; i < p->n; i++) {
        const struct put_upload *u = &p->all[i];
        json_t *doc = u->item ? cli_item_plain(u->item) : json_object();
        json_set_str(doc, "File", str_c(u->path));
        json_set_str(doc, "ObjectKey", buf_view(&u->key));
        if (u->ms >= 0)
            json_set_int(doc, "UploadToRowMs", u->ms);
        if (u->problem)
            json_set_str(doc, "Problem", str_c(u->problem));
        json_array_append_new(list, doc);
    }
    cli_print_json(list);
}

/* In one word each, so that the numbers of a summary add up. */
static str outcome_of(const struct put_upload *u) {
    static const char *const words[] = {[PUT_QUEUED] = "not uploaded",
                                        [PUT_UPLOADED] = "uploaded",
                                        [PUT_NO_ROW] = "without a row",
                                        [PUT_FAILED] = "not uploaded"};
    return u->state == PUT_FINAL ? cli_item_text(u->item, "Status") : str_c(words[u->state]);
}

/* "5 files: 3 processed, 1 rejected, 1 not uploaded" */
static void print_summary(const struct put *p) {
    struct {
        str word;
        size_t n;
    } counts[16] = {0};
    CLEANUP_DEINIT(buf) struct buf text = {0};
    for (size_t i = 0; i < p->n; i++) {
        str word = outcome_of(&p->all[i]);
        size_t k = 0;
        while (k + 1 < ARRAY_LEN(counts) && counts[k].n && !str_eq(counts[k].word, word))
            k++;
        counts[k].word = word;
        counts[k].n++;
    }
    for (size_t k = 0; k < ARRAY_LEN(counts) && counts[k].n; k++)
        buf_printf(&text, "%s%zu " STR_FMT, k ? ", " : "", counts[k].n, STR_ARG(counts[k].word));
    prog_hint("%zu files: %s", p->n, buf_cstr(&text));
}

static int result(const struct put *p) {
    size_t failed = 0;
    for (size_t i = 0; i < p->n; i++)
        failed += p->all[i].state >= PUT_NO_ROW;
    return prog_code(failed, p->n);
}

/* Where no function can run nothing would come to wait for; what is only uploaded keeps its event. */
static int check_functions(const struct put *p, struct err *err) {
    const char *refused = p->cloud.session.refused;
    if (!refused)
        return 0;
    if (!p->no_wait)
        return err_set(err, -ENOTSUP, "nothing was uploaded (--no-wait does it all the same): %s",
                       refused);
    prog_hint("what is uploaded is processed when functions can run: %s", refused);
    return 0;
}

static int upload_all(struct put *p, struct err *err) {
    int r = check_functions(p, err);
    r = r ? r : cli_put_refuse_unprocessed(p, err);
    if (r)
        return r;
    size_t longest = 0;
    for (size_t i = 0; i < p->n; i++) {
        size_t width = prog_width(cli_put_name(p, &p->all[i]));
        longest = width > longest ? width : longest;
    }
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
    end_all(p);
    print_ready(p);
    if (p->common.json)
        print_json(p);
    if (p->n != 1)
        print_summary(p);
    return 0;
}

static void deinit(void *ctx) { cli_put_deinit(ctx); }

static int run(void *ctx, char **files, int n, struct err *err) {
    struct put *p = ctx;
    int r = cli_put_plan(p, files, (size_t)n);
    if (r)
        return r;
    if (p->n == 0)
        return err_set(err, -ENOENT, "there is no photograph to upload");
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
    .arguments = "[--env NAME] FILE|FOLDER...",
    .about =
        "Uploads photographs and waits until each has its final status; one row each. Of a\n"
        "folder all .jpg, .jpeg and .png, below it too, as `cp -r` names them; hidden ones not.\n"
        "Ends 0 when all have, 1 when some have, 255 when none has.",
    .flags = flags,
    .n_flags = ARRAY_LEN(flags),
    .least = 1,
    .most = -1,
    .operand = "FILE|FOLDER",
    .size = sizeof(struct put),
    .defaults = &(const struct put){.prefix = "uploads/", .parallel = 8, .timeout_s = 120},
    .run = run,
    .deinit = deinit,
};
