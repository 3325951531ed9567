#pragma once
/*
 * base/crc: the checksums of S3 and DynamoDB. Any thread.
 * CRC64NVME of "123456789" is AE8B14860A799888; CRC32C is E3069283; CRC32 is CBF43926.
 */
#include "base/str.h"

/*
 * The checksum of what crc covers followed by n more bytes. crc is 0 at the start and the last
 * result after that; every result is final, there is nothing to finish.
 */
uint32_t crc32_ieee(uint32_t crc, const void *p, size_t n);
uint32_t crc32c(uint32_t crc, const void *p, size_t n);
uint64_t crc64nvme(uint64_t crc, const void *p, size_t n);

/* For tests, before any thread; false: as on a processor that cannot multiply without carries. */
void crc_limit(bool may_fold);
