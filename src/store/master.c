/*
 * The master key: a file of 64 hex digits and a newline, or the same digits from the environment.
 *
 * A rotation (rotate.c) writes the new one beside it, as NAME.new, then wraps all data keys anew in
 * one write, then renames. So one of the two files fits at any moment, and the start that finds
 * both finishes what was begun: a NAME.new that fits takes the name, one that does not is moved to
 * NAME.new-DATE. It is never removed: it may be the only copy of a key that somebody put there.
 */
#include "base/file.h"
#include "store/seal_priv.h"
#include "store/store_priv.h"

#include "base/clock.h"
#include "base/codec.h"
#include "base/io.h"
#include "base/log.h"
#include "base/rand.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <unistd.h>

static int parse_master(str text, const char *from, unsigned char out[SEAL_KEY_BYTES],
                        struct err *err) {
    if (str_ends(text, S("\n")))
        text = str_slice(text, 0, text.len - 1);
    if (codec_unhex(text, out, SEAL_KEY_BYTES))
        return 0;
    return err_set(err, STORE_E_KEY, "%s is not a master key (64 hex digits)", from);
}

int seal_master_parse(const char *text, const char *from, struct seal_key **ret_key,
                      struct err *err) {
    unsigned char bytes[SEAL_KEY_BYTES];
    int r = parse_master(str_c(text), from, bytes, err);
    if (r == 0)
        *ret_key = seal_key_new(bytes);
    OPENSSL_cleanse(bytes, sizeof bytes);
    return r;
}

int seal_master_make(const char *path, struct seal_key **ret_key, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    unsigned char bytes[SEAL_KEY_BYTES];
    rand_bytes(bytes, SEAL_KEY_BYTES);
    codec_add_hex(&text, bytes, SEAL_KEY_BYTES);
    buf_char(&text, '\n');
    int r = file_write_durable(path, buf_view(&text), 0600, err);
    if (r == 0)
        *ret_key = seal_key_new(bytes);
    OPENSSL_cleanse(text.p, text.len);
    OPENSSL_cleanse(bytes, sizeof bytes);
    return r;
}

/* -ENOENT, without words: there is no such file. */
static int read_file(const char *path, struct seal_key **ret_key, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    struct err why;
    int r = io_read_file(&text, path, 256, &why);
    if (r == -ENOENT)
        return r;
    if (r)
        return err_set(err, r, "%s", why.text);
    r = seal_master_parse(buf_cstr(&text), path, ret_key, err);
    OPENSSL_cleanse(text.p, text.len);
    return r;
}

/* ---- A rotation that was cut off ---- */
int seal_master_rename(const char *fresh, const char *path, struct err *err) {
    if (rename(fresh, path) < 0)
        return err_sys(err, -errno, "rename %s to %s", fresh, path);
    return file_sync_parent(path, err);
}

/* The key at path fits: what lies beside it wraps nothing here. */
static int set_fresh_aside(const char *fresh, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf aside = {0};
    char date[CLOCK_ISO_MAX];
    if (access(fresh, F_OK) < 0)
        return errno == ENOENT ? 0 : err_sys(err, -errno, "look at %s", fresh);
    for (int64_t at = clock_real_ms(); !aside.len || access(buf_cstr(&aside), F_OK) == 0;
         at += 1000) { /* another one of this second */
        buf_clear(&aside);
        buf_printf(&aside, "%s-%s", fresh, clock_amz(date, at));
    }
    int r = seal_master_rename(fresh, buf_cstr(&aside), err);
    if (r == 0)
        log_warn("store", "%s is not the master key in force, and lies in %s from here on", fresh,
                 buf_cstr(&aside));
    return r;
}

/* The key at path does not fit. STORE_E_KEY where none beside it does. */
static int take_fresh(const char *fresh, const char *path, str check, bool look,
                      struct seal_key **ret_key, struct err *err) {
    CLEANUP(seal_key) struct seal_key *key = NULL;
    int r = read_file(fresh, &key, err);
    if (r && r != -ENOENT)
        return r;
    if (r || !seal_check_fits(key, check))
        return err_set(err, STORE_E_KEY,
                       "the master key %s is not the one that sealed this data. Put the right key "
                       "there, from a copy of DATA/keys",
                       path);
    if (!look && (r = seal_master_rename(fresh, path, err)))
        return r;
    if (!look)
        log_warn("store", "%s is the new master key: a rotation was cut off after it took effect",
                 path);
    *ret_key = STEAL(key);
    return 0;
}

/* ---- Finding it ---- */
/* given: the caller named the file, so it is theirs to make. */
static int find_file(const char *path, bool given, str check, bool look, struct seal_key **ret_key,
                     struct err *err) {
    CLEANUP_MEM char *fresh = seal_master_fresh(path);
    CLEANUP(seal_key) struct seal_key *key = NULL;
    int r = read_file(path, &key, err);
    if (r == -ENOENT && !given && !check.p)
        return seal_master_make(path, ret_key, err);
    if (r == -ENOENT)
        return err_set(err, STORE_E_KEY, "the master key %s is %s", path,
                       check.p ? "lost: without it the data cannot be read. Put it back from a "
                                 "copy of DATA/keys"
                               : "missing");
    if (r)
        return r;
    if (check.p && !seal_check_fits(key, check))
        return take_fresh(fresh, path, check, look, ret_key, err);
    if (check.p && !look && (r = set_fresh_aside(fresh, err)))
        return r;
    *ret_key = STEAL(key);
    return 0;
}

char *seal_master_fresh(const char *path) {
    struct buf fresh = {0};
    buf_printf(&fresh, "%s.new", path);
    return buf_take(&fresh);
}

char *seal_master_path(const char *data, const struct store_options *options) {
    return options->master_key_path ? mem_strdup(options->master_key_path)
                                    : store_path(data, "keys/master");
}

int seal_master_find(const char *data, const struct store_options *options, str check, bool look,
                     struct seal_key **ret_key, struct err *err) {
    CLEANUP(seal_key) struct seal_key *key = NULL;
    int r;
    if (options->master_key) {
        r = seal_master_parse(options->master_key, "the given key", &key, err);
        if (r == 0 && check.p && !seal_check_fits(key, check))
            r = err_set(err, STORE_E_KEY,
                        "the given master key is not the one that sealed this data");
    } else {
        CLEANUP_MEM char *path = seal_master_path(data, options), *dir = store_path(data, "keys");
        r = options->master_key_path || look ? 0 : file_make_dir(dir, err);
        r = r ? r : find_file(path, options->master_key_path != NULL, check, look, &key, err);
    }
    if (r == 0)
        *ret_key = STEAL(key);
    return r;
}
