// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/tpm/ctrl.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "vm/tpm/crb.h"

/* Bits of the answer to TPM_CTRL_CAPABILITY. */
#define CAP_INIT        BIT_ULL(0)
#define CAP_ESTABLISHED BIT_ULL(2)
#define CAP_LOCALITY    BIT_ULL(3)
#define CAP_CANCEL      BIT_ULL(5)
#define CAP_STOP        BIT_ULL(10)
#define CAP_DATA_FD     BIT_ULL(12)
#define CAP_BUFFER_SIZE BIT_ULL(13)
#define CAP_NEEDED                                                                         \
	(CAP_INIT | CAP_ESTABLISHED | CAP_LOCALITY | CAP_CANCEL | CAP_STOP | CAP_DATA_FD | \
		CAP_BUFFER_SIZE)

#define MAX_BODY 8

struct call {
	const char *name; /* for messages */
	u32 command;
	const void *body;
	u8 body_size; /* at most MAX_BODY */
	int fd;       /* goes along; -1: none */
	u8 *rest;     /* of the answer, behind the result */
	u8 rest_size;
};

static int send_call(const struct tpm_ctrl *ctrl, const struct call *call)
{
	u8 message[4 + MAX_BODY];
	char space[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { message, 4 + call->body_size };
	struct msghdr header = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n;

	put_be32(message, call->command);
	if (call->body_size)
		memcpy(message + 4, call->body, call->body_size);
	if (call->fd >= 0) {
		struct cmsghdr *files;

		header.msg_control = space;
		header.msg_controllen = sizeof(space);
		files = CMSG_FIRSTHDR(&header);
		files->cmsg_level = SOL_SOCKET;
		files->cmsg_type = SCM_RIGHTS;
		files->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(files), &call->fd, sizeof(int));
	}
	do {
		n = sendmsg(ctrl->fd, &header, MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	/* The socket's buffer is empty but for cancels: it takes all of so short a message. */
	return (size_t)n == iov.iov_len ? 0 : -EPROTO;
}

/* Receives exactly @size bytes before @deadline. */
static int receive(const struct tpm_ctrl *ctrl, u8 *bytes, size_t size, u64 deadline)
{
	while (size) {
		u64 now = clock_monotonic(&clock_system);
		struct pollfd ready = { .fd = ctrl->fd, .events = POLLIN };
		ssize_t n;

		if (now >= deadline)
			return -ETIMEDOUT;
		if (poll(&ready, 1, (int)((deadline - now) / NS_PER_MS) + 1) <= 0)
			continue;
		n = recv(ctrl->fd, bytes, size, MSG_DONTWAIT);
		if (!n)
			return -EPIPE;
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return -errno;
		if (n > 0) {
			bytes += n;
			size -= (size_t)n;
		}
	}
	return 0;
}

/* Takes what came behind an answer that has only a result. */
static void drop_rest(const struct tpm_ctrl *ctrl)
{
	u8 rest[64];

	while (recv(ctrl->fd, rest, sizeof(rest), MSG_DONTWAIT) > 0)
		;
}

static const char *reason(int code)
{
	if (code == EPIPE || code == ECONNRESET)
		return "it closed the connection";
	return code == ETIMEDOUT ? "it does not answer" : strerror(code);
}

/* *@result: swtpm's, 0 for success. */
static int exchange(struct tpm_ctrl *ctrl, const struct call *call, u32 *result, struct err *err)
{
	u64 deadline = clock_monotonic(&clock_system) + ctrl->ms * NS_PER_MS;
	u8 head[4];
	int ret = send_call(ctrl, call);

	*result = 0;
	if (!ret)
		ret = receive(ctrl, head, sizeof(head), deadline);
	if (ret)
		return err_set(err, -ret, "swtpm fails at %s: %s", call->name, reason(-ret));
	*result = get_be32(head);
	if (*result) {
		drop_rest(ctrl);
		return err_set(
			err, EREMOTEIO, "swtpm refuses %s with error 0x%x", call->name, *result);
	}
	ret = receive(ctrl, call->rest, call->rest_size, deadline);
	return ret ? err_set(err, -ret, "swtpm fails at %s: %s", call->name, reason(-ret)) : 0;
}

/* Its answer, a bit map, has no result: the upper half is what exchange() takes for that. */
static int check_capabilities(struct tpm_ctrl *ctrl, struct err *err)
{
	u8 low[4];
	const struct call call = { "its list of capabilities", TPM_CTRL_CAPABILITY, .fd = -1,
		.rest = low, .rest_size = sizeof(low) };
	u32 high;
	u64 missing;
	int ret = exchange(ctrl, &call, &high, err);

	if (ret)
		return ret;
	missing = CAP_NEEDED & ~(u64)get_be32(low);
	return missing ? err_set(err, ENOTSUP, "swtpm is too old: it lacks the capabilities 0x%llx",
				 (unsigned long long)missing)
		       : 0;
}

int tpm_ctrl_connect(struct tpm_ctrl *ctrl, int data, struct err *err)
{
	const struct call call = { "the data channel", TPM_CTRL_DATA_FD, .fd = data };
	u32 result;
	int ret = check_capabilities(ctrl, err);

	return ret ? ret : exchange(ctrl, &call, &result, err);
}

/* swtpm may choose another size within its limits, and answers with it and with these. */
static int set_buffer_size(struct tpm_ctrl *ctrl, u32 *result, struct err *err)
{
	u8 size[4], chosen[12];
	const struct call call = { "the size of its buffer", TPM_CTRL_BUFFER_SIZE, size,
		sizeof(size), -1, chosen, sizeof(chosen) };
	int ret;

	put_be32(size, CRB_BUFFER_SIZE);
	ret = exchange(ctrl, &call, result, err);
	if (!ret && get_be32(chosen) > CRB_BUFFER_SIZE)
		ret = err_set(err, EPROTO, "swtpm's buffer of %u bytes is larger than the guest's",
			get_be32(chosen));
	return ret;
}

int tpm_ctrl_init(struct tpm_ctrl *ctrl, bool *established, u32 *result, struct err *err)
{
	static const u8 no_flags[4], locality_0[1];
	u8 bit[4];
	const struct call stop = { "the stop", TPM_CTRL_STOP, .fd = -1 };
	const struct call init = { "the start", TPM_CTRL_INIT, no_flags, sizeof(no_flags), -1, NULL,
		0 };
	const struct call get = { "the established bit", TPM_CTRL_ESTABLISHED, NULL, 0, -1, bit,
		sizeof(bit) };
	const struct call locality = { "the locality", TPM_CTRL_LOCALITY, locality_0,
		sizeof(locality_0), -1, NULL, 0 };
	int ret = exchange(ctrl, &stop, result, err);

	/* The size can only be set while the TPM is stopped. */
	if (!ret)
		ret = set_buffer_size(ctrl, result, err);
	if (!ret)
		ret = exchange(ctrl, &init, result, err);
	if (!ret)
		ret = exchange(ctrl, &get, result, err);
	if (!ret)
		ret = exchange(ctrl, &locality, result, err);
	*established = !ret && bit[0];
	return ret;
}

int tpm_ctrl_cancel(struct tpm_ctrl *ctrl)
{
	const struct call call = { "a cancel", TPM_CTRL_CANCEL, .fd = -1 };
	int ret = ctrl->cancelling ? 0 : send_call(ctrl, &call);

	ctrl->cancelling = !ret;
	return ret;
}

void tpm_ctrl_shutdown(struct tpm_ctrl *ctrl)
{
	const struct call call = { "the end", TPM_CTRL_SHUTDOWN, .fd = -1 };

	send_call(ctrl, &call);
}

int tpm_ctrl_settle(struct tpm_ctrl *ctrl)
{
	u64 deadline = clock_monotonic(&clock_system) + ctrl->ms * NS_PER_MS;
	u8 result[4];

	if (!ctrl->cancelling)
		return 0;
	ctrl->cancelling = false;
	/* Whether the cancel was possible does not matter any more. */
	return receive(ctrl, result, sizeof(result), deadline);
}
