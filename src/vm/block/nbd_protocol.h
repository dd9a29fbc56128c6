/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The numbers of the NBD protocol that the client uses; big endian on the wire. doc/proto.md of
 * https://github.com/NetworkBlockDevice/nbd.
 */
#ifndef VM_BLOCK_NBD_PROTOCOL_H
#define VM_BLOCK_NBD_PROTOCOL_H

#include "base/types.h"

#define NBD_MAGIC        0x4e42444d41474943ull /* "NBDMAGIC" */
#define NBD_OPTION_MAGIC 0x49484156454f5054ull /* "IHAVEOPT" */
#define NBD_ANSWER_MAGIC 0x0003e889045565a9ull

/* Flags of the greeting and of its answer. */
#define NBD_FIXED_NEWSTYLE BIT(0)
#define NBD_NO_ZEROES      BIT(1)

#define NBD_OPTION_GO 7

#define NBD_ANSWER_ACK  1
#define NBD_ANSWER_INFO 3

#define NBD_INFO_EXPORT     0
#define NBD_INFO_BLOCK_SIZE 3

/* Flags of an export. */
#define NBD_IS_READ_ONLY BIT(1)
#define NBD_HAS_FLUSH    BIT(2)
#define NBD_HAS_FUA      BIT(3)
#define NBD_HAS_ZEROES   BIT(6)

/* A request: magic, flags, command, handle, offset, length. */
#define NBD_REQUEST_MAGIC 0x25609513u
#define NBD_REQUEST_SIZE  28

#define NBD_READ   0
#define NBD_WRITE  1
#define NBD_FLUSH  3
#define NBD_ZEROES 6

#define NBD_FLAG_FUA     BIT(0)
#define NBD_FLAG_NO_HOLE BIT(1)

/* A simple reply: magic, error, handle. */
#define NBD_REPLY_MAGIC 0x67446698u
#define NBD_REPLY_SIZE  16

#endif
