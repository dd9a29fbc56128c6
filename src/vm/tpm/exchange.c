// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/tpm/exchange.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/log.h"

static int send_command(const struct tpm *tpm, const u8 *command, u32 length)
{
	ssize_t n;

	/*
	 * swtpm takes what one read() returns as one command. The socket's buffer is empty, and
	 * takes it all.
	 */
	do {
		n = send(tpm->settings.data, command, length, MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == ECONNRESET ? -EPIPE : -errno;
	return n == length ? 0 : -EPROTO;
}

/*
 * Receives what is there of a response of which *@size bytes have come. Returns 1 if it is
 * complete.
 */
static int receive_some(const struct tpm *tpm, u8 *response, u32 *size)
{
	u32 whole = *size < TPM_HEAD_SIZE ? TPM_HEAD_SIZE : get_be32(response + TPM_HEAD_LENGTH);
	ssize_t n = recv(tpm->settings.data, response + *size, whole - *size, MSG_DONTWAIT);

	if (!n || (n < 0 && errno == ECONNRESET))
		return -EPIPE;
	if (n < 0)
		return errno == EINTR || errno == EAGAIN ? 0 : -errno;
	*size += (u32)n;
	if (*size < TPM_HEAD_SIZE)
		return 0;
	whole = get_be32(response + TPM_HEAD_LENGTH);
	if (whole < TPM_HEAD_SIZE || whole > CRB_BUFFER_SIZE)
		return -EPROTO;
	return *size == whole;
}

static void clear_wake(const struct tpm *tpm)
{
	eventfd_t n;

	eventfd_read(tpm->wake, &n);
}

/* A guest that resets wants the command to end, too. */
static int heed(struct tpm *tpm, bool *cancelled)
{
	bool cancel, stop;

	clear_wake(tpm);
	pthread_mutex_lock(&tpm->lock);
	cancel = tpm->cancel || tpm->reset;
	stop = tpm->stop;
	pthread_mutex_unlock(&tpm->lock);
	if (stop)
		return -ESHUTDOWN;
	if (!cancel || *cancelled)
		return 0;
	*cancelled = true;
	return tpm_ctrl_cancel(&tpm->ctrl);
}

static void say_slow(const struct tpm *tpm, const u8 *command)
{
	log_guest_at(LOG_INFO, "the guest's TPM has worked on command 0x%x for %u s",
		get_be32(command + TPM_HEAD_CODE), tpm->settings.slow_ms / 1000);
}

int tpm_exchange(struct tpm *tpm, const u8 *command, u32 length, u8 *response, u32 *size)
{
	const u64 start = clock_monotonic(&clock_system);
	const u64 slow = start + tpm->settings.slow_ms * NS_PER_MS;
	const u64 end = start + tpm->settings.command_ms * NS_PER_MS;
	bool said = false, cancelled = false;
	int ret = send_command(tpm, command, length);

	*size = 0;
	while (!ret) {
		struct pollfd files[] = {
			{ .fd = tpm->settings.data, .events = POLLIN },
			{ .fd = tpm->wake, .events = POLLIN },
		};
		u64 now = clock_monotonic(&clock_system), until = said ? end : slow;

		if (now >= end)
			return -ETIMEDOUT;
		if (now >= slow && !said) {
			said = true;
			say_slow(tpm, command);
			continue;
		}
		if (poll(files, ARRAY_SIZE(files), (int)((until - now) / NS_PER_MS) + 1) <= 0)
			continue;
		if (files[1].revents)
			ret = heed(tpm, &cancelled);
		if (!ret && files[0].revents)
			ret = receive_some(tpm, response, size);
	}
	return ret == 1 ? tpm_ctrl_settle(&tpm->ctrl) : ret;
}

int tpm_await(struct tpm *tpm)
{
	struct pollfd files[] = {
		{ .fd = tpm->wake, .events = POLLIN },
		{ .fd = tpm->settings.data, .events = POLLIN },
		{ .fd = tpm->settings.ctrl, .events = POLLIN },
	};

	while (poll(files, ARRAY_SIZE(files), -1) <= 0)
		;
	if (files[0].revents) {
		clear_wake(tpm);
		return 0;
	}
	/* Nothing was asked of swtpm, so nothing is to come. */
	return (files[1].revents | files[2].revents) & POLLHUP ? -EPIPE : -EPROTO;
}
