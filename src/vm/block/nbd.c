// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/block/nbd.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "base/bytes.h"
#include "base/file.h"
#include "base/own.h"
#include "vm/block/nbd_protocol.h"

/* An answer to an option is bounded, and so is their number. */
#define ANSWER_MAX  512
#define ANSWERS_MAX 16

static int set_patience(int fd, int ms)
{
	const struct timeval patience = { ms / 1000, ms % 1000 * 1000 };

	return setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) ||
			       setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience))
		       ? -errno
		       : 0;
}

static int receive(int fd, void *bytes, size_t size)
{
	ssize_t n = file_read(fd, bytes, size);

	if (n == -EAGAIN)
		return -ETIMEDOUT;
	if (n < 0)
		return (int)n;
	return (size_t)n < size ? -ECONNRESET : 0;
}

/* The server's greeting, and the answer to it. */
static int greet(int fd)
{
	u8 greeting[18], flags[4];
	int ret = receive(fd, greeting, sizeof(greeting));

	if (ret)
		return ret;
	if (get_be64(greeting) != NBD_MAGIC || get_be64(greeting + 8) != NBD_OPTION_MAGIC ||
		!(get_be16(greeting + 16) & NBD_FIXED_NEWSTYLE))
		return -EPROTO;
	put_be32(flags, NBD_FIXED_NEWSTYLE | (get_be16(greeting + 16) & NBD_NO_ZEROES));
	return file_write(fd, flags, sizeof(flags));
}

/* Asks for the export and for its block sizes. */
static int ask(int fd, const char *disk)
{
	u8 option[16 + 4 + 64 + 4];
	size_t len = strlen(disk);

	if (len > 64)
		return -ENAMETOOLONG;
	put_be64(option, NBD_OPTION_MAGIC);
	put_be32(option + 8, NBD_OPTION_GO);
	put_be32(option + 12, (u32)(4 + len + 4));
	put_be32(option + 16, (u32)len);
	memcpy(option + 20, disk, len);
	put_be16(option + 20 + len, 1);
	put_be16(option + 22 + len, NBD_INFO_BLOCK_SIZE);
	return file_write(fd, option, 24 + len);
}

static int take_info(struct nbd_export *nbd, const u8 *info, u32 size)
{
	u16 kind = size < 2 ? 0xffff : get_be16(info), flags;
	u32 least;

	if (kind == NBD_INFO_EXPORT && size == 12) {
		nbd->size = round_down(get_be64(info + 2), BLOCK_SECTOR);
		flags = get_be16(info + 10);
		if (nbd->size < BLOCK_SECTOR || nbd->size > INT64_MAX)
			return -EPROTO;
		if (!nbd->read_only && (!(flags & NBD_HAS_FLUSH) || !(flags & NBD_HAS_FUA)))
			return -EPROTO;
		if (!nbd->read_only && flags & NBD_IS_READ_ONLY)
			return -EROFS;
		nbd->can_zero = flags & NBD_HAS_ZEROES;
	}
	if (kind == NBD_INFO_BLOCK_SIZE && size == 14) {
		least = get_be32(info + 2);
		if (!is_pow2(least) || least > 64 * KIB)
			return -EPROTO;
		nbd->block = least < BLOCK_SECTOR ? BLOCK_SECTOR : least;
	}
	return 0;
}

/* One answer to the option. 1: it was the last. */
static int take_answer(struct nbd_export *nbd, int fd)
{
	u8 head[20], data[ANSWER_MAX];
	u32 type, size;
	int ret = receive(fd, head, sizeof(head));

	if (ret)
		return ret;
	type = get_be32(head + 12);
	size = get_be32(head + 16);
	if (get_be64(head) != NBD_ANSWER_MAGIC || get_be32(head + 8) != NBD_OPTION_GO ||
		size > sizeof(data))
		return -EPROTO;
	ret = receive(fd, data, size);
	if (ret || type == NBD_ANSWER_ACK)
		return ret ? ret : 1;
	return type == NBD_ANSWER_INFO ? take_info(nbd, data, size) : -EPROTO;
}

static int agree(struct nbd_export *nbd, int fd, const char *disk)
{
	int ret = set_patience(fd, NBD_HANDSHAKE_PATIENCE);

	if (!ret)
		ret = greet(fd);
	if (!ret)
		ret = ask(fd, disk);
	for (unsigned i = 0; !ret && i < ANSWERS_MAX; i++)
		ret = take_answer(nbd, fd);
	if (ret != 1)
		return ret ? ret : -EPROTO;
	if (!nbd->size)
		return -EPROTO;
	return fcntl(fd, F_SETFL, O_NONBLOCK) ? -errno : 0;
}

int nbd_open(struct nbd_export *nbd, const int *sockets, unsigned nr, const char *name,
	const char *disk, bool read_only, struct err *err)
{
	u64 size = 0;
	int ret = 0;

	*nbd = (struct nbd_export){ .name = name, .patience = NBD_PATIENCE, .block = BLOCK_SECTOR };
	nbd->read_only = read_only;
	memcpy(nbd->sockets, sockets, nr * sizeof(*sockets));
	nbd->nr = nr;
	for (unsigned i = 0; !ret && i < nr; i++) {
		ret = agree(nbd, sockets[i], disk);
		/* All connections must lead to one disk. */
		if (!ret && i && nbd->size != size)
			ret = -EPROTO;
		size = nbd->size;
	}
	if (!ret)
		return 0;
	nbd_close(nbd);
	return err_sys(err, -ret, "%s: its server does not agree on NBD", name);
}

void nbd_close(struct nbd_export *nbd)
{
	while (nbd->nr)
		close_fd(&nbd->sockets[--nbd->nr]);
}

void nbd_file(struct nbd_export *nbd, struct block_file *file)
{
	*file = (struct block_file){
		.fd = -1,
		.nbd = nbd,
		.size = round_down(nbd->size, nbd->block),
		.block = nbd->block,
		.physical = nbd->block < 4096 ? 4096 : nbd->block,
		.align = 1,
		.read_only = nbd->read_only,
	};
}
