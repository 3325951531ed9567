#pragma once
/*
 * base/crc: the checksums of S3 and DynamoDB. Start with 0, feed pieces, the result is final.
 * CRC64NVME of "123456789" is AE8B14860A799888; CRC32C is E3069283; CRC32 is CBF43926.
 */
#include "base/str.h"

uint32_t crc32_ieee(uint32_t crc, const void *p, size_t n);
uint32_t crc32c(uint32_t crc, const void *p, size_t n);
uint64_t crc64nvme(uint64_t crc, const void *p, size_t n);
