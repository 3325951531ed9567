/*
 * daemon/pages: gives back what only the start has used. Starting runs through much of our
 * libraries, RocksDB and OpenSSL above all: 20 MB of their files stay mapped, of which a daemon
 * that serves touches a part. While they are mapped they count as ours, and the kernel spares them
 * when it looks for memory.
 */
#include "daemon/pages.h"

#include <link.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/* What cannot be written has been read from its file, and can be read again. */
static int give_back_object(struct dl_phdr_info *object, size_t, void *page_) {
    uintptr_t page = *(uintptr_t *)page_;
    for (unsigned i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &object->dlpi_phdr[i];
        if (part->p_type != PT_LOAD || part->p_flags & PF_W)
            continue;
        uintptr_t from = object->dlpi_addr + part->p_vaddr, to = from + part->p_filesz;
        from &= -page;
        (void)madvise((void *)from, to - from, MADV_DONTNEED);
    }
    return 0;
}

void daemon_pages_give_back(void) {
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    dl_iterate_phdr(give_back_object, &page);
}
