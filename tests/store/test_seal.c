/* store/seal: data keys, sealed values, and what a wrong key sees. */
#include "lib/tmp.h"

#include "store/seal_priv.h"

static void test_data_keys(void **state) {
    (void)state;
    char dir[128], id[SEAL_KEY_ID_LEN];
    struct err err;
    tmp_dir(dir);
    struct store *store = tmp_open(dir);
    struct store_batch *batch = store_batch_new();
    const struct seal_key *key, *again;
    struct buf sealed = {0}, other = {0}, plain = {0};

    CHECK_INT(seal_key_create(store, batch, id, &err), 0);
    str id_str = str_n(id, sizeof id);
    CHECK_INT(seal_key_get(store, id_str, &key, &err), STORE_E_ABSENT);
    CHECK_INT(store_commit(store, batch, &err), 0);
    CHECK_INT(seal_key_get(store, id_str, &key, &err), 0);
    CHECK_INT(seal_key_get(store, id_str, &again, &err), 0);
    CHECK(key == again);

    seal_value(key, S("secret"), S("row"), &sealed);
    seal_value(key, S("secret"), S("row"), &other);
    CHECK_INT(sealed.len, 6 + SEAL_OVERHEAD);
    CHECK(!str_eq(buf_view(&sealed), buf_view(&other)));
    CHECK_INT(str_find(buf_view(&sealed), S("secret")), -1);

    store_free(store);
    store = tmp_open(dir);
    CHECK_INT(seal_key_get(store, id_str, &key, &err), 0);
    CHECK_INT(unseal_value(key, buf_view(&sealed), S("row"), &plain), 0);
    CHECK_BUF(plain, "secret");
    CHECK_INT(unseal_value(key, buf_view(&sealed), S("other row"), &plain), STORE_E_DAMAGED);
    CHECK_INT(unseal_value(key, S("short"), S("row"), &plain), STORE_E_DAMAGED);
    for (size_t i = 0; i < sealed.len; i++) {
        sealed.p[i] ^= 1;
        CHECK_INT(unseal_value(key, buf_view(&sealed), S("row"), &plain), STORE_E_DAMAGED);
        sealed.p[i] ^= 1;
    }
    CHECK_BUF(plain, "secret"); /* failures add nothing */
    buf_clear(&sealed);
    seal_value(key, S(""), S(""), &sealed);
    CHECK_INT(unseal_value(key, buf_view(&sealed), S(""), &plain), 0);

    store_batch_clear(batch);
    seal_key_drop(batch, id_str);
    CHECK_INT(store_commit(store, batch, &err), 0);
    store_free(store);
    store = tmp_open(dir);
    CHECK_INT(seal_key_get(store, id_str, &key, &err), STORE_E_ABSENT);

    store_batch_free(batch);
    store_free(store);
    buf_deinit(&sealed);
    buf_deinit(&other);
    buf_deinit(&plain);
    tmp_remove(dir);
}

/* Two keys in turn on one thread: the cached cipher context follows. */
static void test_keys_in_turn(void **state) {
    (void)state;
    char dir[128], ids[2][SEAL_KEY_ID_LEN];
    tmp_dir(dir);
    struct store *store = tmp_open(dir);
    struct store_batch *batch = store_batch_new();
    const struct seal_key *keys[2];
    struct buf sealed[2] = {{0}, {0}}, plain = {0};
    for (int i = 0; i < 2; i++)
        CHECK_INT(seal_key_create(store, batch, ids[i], NULL), 0);
    CHECK_INT(store_commit(store, batch, NULL), 0);
    for (int i = 0; i < 2; i++)
        CHECK_INT(seal_key_get(store, str_n(ids[i], SEAL_KEY_ID_LEN), &keys[i], NULL), 0);
    for (int i = 0; i < 2; i++)
        seal_value(keys[i], S("text"), S("aad"), &sealed[i]);
    for (int i = 0; i < 4; i++)
        CHECK_INT(unseal_value(keys[i % 2], buf_view(&sealed[i / 2]), S("aad"), &plain),
                  i % 2 == i / 2 ? 0 : STORE_E_DAMAGED);
    CHECK_BUF(plain, "texttext");
    buf_deinit(&sealed[0]);
    buf_deinit(&sealed[1]);
    buf_deinit(&plain);
    store_batch_free(batch);
    store_free(store);
    tmp_remove(dir);
}

/* The cipher is AES-256-GCM: test case 14 of the specification of GCM, as nonce, text and tag. */
static void test_known_answer(void **state) {
    (void)state;
    static const unsigned char zero[SEAL_KEY_BYTES];
    static const char sealed[] = "\0\0\0\0\0\0\0\0\0\0\0\0"
                                 "\xce\xa7\x40\x3d\x4d\x60\x6b\x6e\x07\x4e\xc5\xd3\xba\xf3\x9d\x18"
                                 "\xd0\xd1\xc8\xa7\x99\x99\x6b\xf0\x26\x5b\x98\xb5\xd4\x8a\xb9\x19";
    CLEANUP(seal_key) struct seal_key *key = seal_key_new(zero);
    CLEANUP_DEINIT(buf) struct buf plain = {0};
    CHECK_INT(unseal_value(key, str_n(sealed, sizeof sealed - 1), S(""), &plain), 0);
    CHECK_STR(buf_view(&plain), str_n(zero, 16));
    /* What does not verify leaves nothing of its text behind. */
    char out[16];
    memset(out, 'x', sizeof out);
    CHECK(!unseal_raw(key, sealed, 16, S("other"), out));
    CHECK_MEM(out, zero, sizeof out);
}

/* No two messages of a thread have one nonce: it counts up by one, over every carry. */
static void test_nonces_count(void **state) {
    (void)state;
    static const unsigned char zero[SEAL_KEY_BYTES];
    CLEANUP(seal_key) struct seal_key *key = seal_key_new(zero);
    char last[SEAL_OVERHEAD], next[SEAL_OVERHEAD];
    seal_raw(key, NULL, 0, S(""), last);
    for (int i = 0; i < 70000; i++) {
        seal_raw(key, NULL, 0, S(""), next);
        size_t at = SEAL_NONCE;
        while (at > 0 && ++last[at - 1] == 0)
            at--;
        CHECK_MEM(next, last, SEAL_NONCE);
    }
    /* A child does not go on where its parent does. */
    int ends[2];
    CHECK_INT(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        seal_raw(key, NULL, 0, S(""), next);
        _exit(write(ends[1], next, SEAL_NONCE) == SEAL_NONCE ? 0 : 1);
    }
    CHECK(read(ends[0], next, SEAL_NONCE) == SEAL_NONCE);
    waitpid(child, NULL, 0);
    close(ends[0]);
    close(ends[1]);
    CHECK(memcmp(next, last, SEAL_NONCE - 2) != 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_data_keys),
        cmocka_unit_test(test_keys_in_turn),
        cmocka_unit_test(test_known_answer),
        cmocka_unit_test(test_nonces_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
