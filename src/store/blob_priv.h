#pragma once
/* Shared by the files of blob: references, the envelope, file names (docs/formats/blob.md). */
#include "store/blob.h"
#include "store/seal_priv.h"

enum {
    BLOB_ID = 16,
    BLOB_FRAME = 64 * 1024, /* plain bytes of every frame but the last */
    BLOB_SEALED_FRAME = BLOB_FRAME + SEAL_OVERHEAD,
    BLOB_HEAD_PLAIN = 8 + SEAL_KEY_ID_LEN + BLOB_ID + 8 + 4,
    BLOB_HEAD = BLOB_HEAD_PLAIN + SEAL_OVERHEAD, /* the envelope in front of the frames */
    BLOB_AAD = BLOB_ID + 8 + 1,
    BLOB_NAME = 3 + 2 * BLOB_ID + 1, /* "ab/ab…" and a NUL */
};

/*
 * A reference as a row holds it, taken apart. Texts are views of the row's bytes. A small body
 * stands in the reference itself; a larger one is a file, named by id.
 */
struct blob_ref {
    bool is_file;
    str key_id, id;
    uint64_t size;
    str plain;  /* the inline body … */
    str sealed; /* … or, in rows of older formats, what its key sealed; plain is absent */
};
/* False: not a reference. */
bool blob_ref_parse(str bytes, struct blob_ref *ret);

/*
 * What binds a frame to its body and place. A frame that is moved, cut off or from another body
 * does not verify.
 */
void blob_frame_aad(char out[BLOB_AAD], const char id[BLOB_ID], uint64_t index, bool last);
/* Plain bytes of frame index in a body of size bytes (at least 1). */
static inline size_t blob_frame_len(uint64_t size, uint64_t index) {
    uint64_t left = size - index * BLOB_FRAME;
    return left < BLOB_FRAME ? (size_t)left : BLOB_FRAME;
}
/* Frames of a body of size bytes; 0 of an empty one. */
static inline uint64_t blob_frames(uint64_t size) { return (size + BLOB_FRAME - 1) / BLOB_FRAME; }
/* Where a frame begins in the file, in bytes. */
static inline uint64_t blob_frame_at(uint64_t index) {
    return BLOB_HEAD + index * (uint64_t)BLOB_SEALED_FRAME;
}

/* The envelope: BLOB_HEAD bytes at out. */
void blob_head_write(char out[BLOB_HEAD], const struct seal_key *key, str key_id,
                     const char id[BLOB_ID], uint64_t size);
/* 0, or STORE_E_DAMAGED when it does not verify or speaks of another body. */
int blob_head_check(const char head[BLOB_HEAD], const struct seal_key *key, str key_id, str id,
                    uint64_t size);

/* Path under DATA/blobs. */
void blob_name(char out[BLOB_NAME], str id);
/*
 * Key of the row that owns the file: the one blob_keep writes and the sweep looks for. Clears key
 * first.
 */
void blob_keep_key(struct buf *key, str id);
/* A row keeps the file: it was not dropped. True where the row cannot be read, too. */
bool blob_is_kept(struct store *store, str id);

/* Reads that follow see what is on the disk, as far as the kernel lets go of what it remembers. */
void blob_forget_pages(const struct blob_reader *reader);

/* ---- blob_dir.c ---- */
/* A new, nameless file in the folder of id; where the file system has none, one named in tmp/. */
int blob_file_new(struct store *store, str id, int *ret_fd, struct err *err);
/* A file for reading and writing that never gets a name, and is gone with its descriptor. */
int blob_file_nameless(struct store *store, int *ret_fd, struct err *err);
/* Gives it its name, which lasts once blob_file_sync_name has synced the folder. */
int blob_file_link(struct store *store, str id, int fd, struct err *err);
int blob_file_sync_name(struct store *store, str id, struct err *err);
/* A file that will not be linked: removes its name in tmp/, if it has one. */
void blob_file_drop(struct store *store, str id);
