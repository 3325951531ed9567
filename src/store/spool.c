/*
 * store/spool: one AES-256-GCM message per file. The whole file is one message under a key of its
 * own, so the position in the file is the position in the cipher's stream, and the tag stays in
 * memory.
 */
#include "store/spool.h"

#include "base/io.h"
#include "base/rand.h"
#include "store/blob_priv.h"
#include "store/store_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

enum { STEP = 16 * 1024, KEY = 32, NONCE = 12, TAG = 16 };

struct store_spool {
    struct store *store;
    int fd;
    uint64_t size;
    EVP_CIPHER_CTX *cipher; /* encrypts until store_spool_read */
    unsigned char key[KEY], nonce[NONCE];
};

static void must(int ok) {
    if (ok != 1)
        abort(); /* no memory, or no AES */
}

int store_spool_new(struct store *store, struct store_spool **ret_spool, struct err *err) {
    if (!store_space_has(&store->space, 0))
        return err_set(err, STORE_E_FULL, "free space under %s is below the reserve", store->data);
    int fd = -1, r = blob_file_nameless(store, &fd, err);
    if (r)
        return r;
    struct store_spool *spool = mem_new(struct store_spool);
    spool->store = store;
    spool->fd = fd;
    rand_bytes(spool->key, sizeof spool->key);
    rand_bytes(spool->nonce, sizeof spool->nonce);
    spool->cipher = EVP_CIPHER_CTX_new();
    must(spool->cipher != NULL);
    must(EVP_EncryptInit_ex(spool->cipher, EVP_aes_256_gcm(), NULL, spool->key, spool->nonce));
    *ret_spool = spool;
    return 0;
}

static int fault(const struct store_spool *spool, int r, struct err *err) {
    if (r == -ENOSPC || r == -EDQUOT)
        return err_set(err, STORE_E_FULL, "no space to put a body aside under %s",
                       spool->store->blob_path);
    return err_sys(err, r, "put a body aside under %s", spool->store->blob_path);
}

int store_spool_add(struct store_spool *spool, const void *p, size_t n, struct err *err) {
    unsigned char sealed[STEP];
    if (!store_space_has(&spool->store->space, n))
        return fault(spool, -ENOSPC, err);
    for (str left = str_n(p, n); left.len;) {
        int len = (int)(left.len < STEP ? left.len : STEP);
        must(EVP_EncryptUpdate(spool->cipher, sealed, &len, (const unsigned char *)left.p, len));
        int r = io_write_full(spool->fd, sealed, (size_t)len);
        if (r)
            return fault(spool, r, err);
        left = str_skip(left, (size_t)len);
    }
    spool->size += n;
    store_space_used(&spool->store->space, n);
    return 0;
}

uint64_t store_spool_size(const struct store_spool *spool) { return spool->size; }

/* Reads size bytes from the file's begin through the cipher to `to`. */
static int decrypt(const struct store_spool *spool, char *to, struct err *err) {
    unsigned char sealed[STEP];
    for (uint64_t at = 0; at < spool->size;) {
        ssize_t n = pread(spool->fd, sealed, sizeof sealed, (off_t)at);
        int len = (int)n;
        if (n < 0)
            return err_sys(err, -errno, "read a body that was put aside");
        if (n == 0 || (uint64_t)n > spool->size - at)
            return err_set(err, STORE_E_DAMAGED, "a body that was put aside has another length");
        must(EVP_DecryptUpdate(spool->cipher, (unsigned char *)to + at, &len, sealed, len));
        at += (uint64_t)n;
    }
    return 0;
}

int store_spool_read(struct store_spool *spool, struct buf *ret, struct err *err) {
    unsigned char tag[TAG];
    int len = 0;
    must(EVP_EncryptFinal_ex(spool->cipher, tag, &len));
    must(EVP_CIPHER_CTX_ctrl(spool->cipher, EVP_CTRL_AEAD_GET_TAG, TAG, tag));
    must(EVP_DecryptInit_ex(spool->cipher, EVP_aes_256_gcm(), NULL, spool->key, spool->nonce));
    char *to = buf_reserve(ret, spool->size);
    int r = decrypt(spool, to, err);
    if (r)
        return r;
    must(EVP_CIPHER_CTX_ctrl(spool->cipher, EVP_CTRL_AEAD_SET_TAG, TAG, tag));
    unsigned char none[TAG];
    if (EVP_DecryptFinal_ex(spool->cipher, none, &len) != 1)
        return err_set(err, STORE_E_DAMAGED, "a body that was put aside was changed on disk");
    ret->len += spool->size;
    ret->p[ret->len] = '\0';
    return 0;
}

struct store_spool *store_spool_free(struct store_spool *spool) {
    if (!spool)
        return NULL;
    close(spool->fd);
    EVP_CIPHER_CTX_free(spool->cipher);
    explicit_bzero(spool->key, sizeof spool->key);
    free(spool);
    return NULL;
}
