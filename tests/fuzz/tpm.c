// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A TPM under a hostile driver, which makes any accesses to the registers and to the memory for
 * physical presence; and before a hostile swtpm, whose every byte on both channels is the input's.
 * There is no thread: commands are executed on this one.
 */
#include <errno.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/log.h"
#include "base/own.h"
#include "fuzz.h"
#include "vm/tpm/exchange.h"
#include "vm/tpm/ppi.h"

#define MAX_STEPS 400

struct step {
	u8 kind;
	u8 size;
	u8 offset[2];
	u8 value[8];
};

enum { READ, WRITE, PPI_READ, PPI_WRITE, COMPLETE, FAIL, RESET, START, NR_KINDS };

static void take_actions(struct crb *crb, unsigned actions, bool was_started)
{
	CLAIM(!(actions & CRB_ACT_START) || (!was_started && crb->started && crb->assigned));
	CLAIM(!(actions & CRB_ACT_CANCEL) || crb->started);
	CLAIM(crb_command_length(crb) <= CRB_BUFFER_SIZE);
}

static void check(const struct crb *crb)
{
	CLAIM(crb_read(crb, CRB_CTRL_START, 4) == crb->started);
	CLAIM(!(crb->started && crb->idle));
	CLAIM(crb_read(crb, CRB_LOC_STATE, 1) & CRB_REG_VALID);
	CLAIM(crb_read(crb, CRB_INTF_ID, 4) == 0x25811);
	CLAIM(crb_read(crb, CRB_CMD_SIZE, 4) == CRB_BUFFER_SIZE);
}

static void drive(const u8 *data, size_t size)
{
	struct crb crb;
	struct ppi ppi = { 0 };
	struct step s;

	crb_reset(&crb);
	for (unsigned n = 0; size >= sizeof(s) && n < MAX_STEPS; n++, size -= sizeof(s)) {
		unsigned width, offset;
		u64 value;
		bool started = crb.started;

		memcpy(&s, data + n * sizeof(s), sizeof(s));
		width = s.size % 8 + 1;
		offset = get_le16(s.offset) % (CRB_SIZE - 8);
		/* Most accesses go to the registers. */
		if (s.size & 0x80)
			offset %= 0x90;
		value = get_le64(s.value);
		switch (s.kind % NR_KINDS) {
		case READ:
			CLAIM(!(crb_read(&crb, offset, width) & ~all_ones(width)));
			break;
		case WRITE:
			take_actions(&crb, crb_write(&crb, offset, width, value), started);
			break;
		case PPI_READ:
			ppi_read(&ppi, offset % (PPI_SIZE - 8), width);
			break;
		case PPI_WRITE:
			ppi_write(&ppi, offset % (PPI_SIZE - 8), width, value);
			ppi_take_memory_clear(&ppi);
			CLAIM(!ppi_take_memory_clear(&ppi));
			break;
		case COMPLETE:
			crb_complete(&crb, s.value, sizeof(s.value));
			CLAIM(!crb.started);
			break;
		case FAIL:
			crb_fail(&crb);
			CLAIM(!crb.started && crb.error);
			break;
		case RESET:
			crb_reset(&crb);
			break;
		case START:
			crb_write(&crb, CRB_LOC_CTRL, 1, CRB_REQUEST_ACCESS);
			take_actions(&crb, crb_write(&crb, CRB_CTRL_START, 1, 1), started);
			break;
		}
		check(&crb);
	}
}

/* A channel on which the other end has said @bytes, and goes away. */
static int channel(const u8 *bytes, size_t size, int *other)
{
	int pair[2];

	CLAIM(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
	CLAIM(send(pair[1], bytes, size, MSG_NOSIGNAL) == (ssize_t)size);
	shutdown(pair[1], SHUT_WR);
	*other = pair[1];
	return pair[0];
}

static void exchange(struct tpm *tpm)
{
	static const u8 command[TPM_HEAD_SIZE] = { 0x80, 0x01, 0, 0, 0, TPM_HEAD_SIZE };
	u8 response[CRB_BUFFER_SIZE];
	u32 size;
	int ret = tpm_exchange(tpm, command, sizeof(command), response, &size);

	CLAIM(ret <= 0 && size <= sizeof(response));
	CLAIM(ret || (size >= TPM_HEAD_SIZE && get_be32(response + TPM_HEAD_LENGTH) == size));
}

static void listen_to(const u8 *data, size_t size)
{
	size_t half = size / 2;
	own_fd int other_ctrl = -1, other_data = -1;
	own_fd int ctrl = channel(data, half, &other_ctrl);
	own_fd int commands = channel(data + half, size - half, &other_data);
	own_fd int wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	struct tpm tpm = {
		.settings = { .ctrl = ctrl, .data = commands, .command_ms = 1000, .slow_ms = 500 },
		.ctrl = { .fd = ctrl, .ms = 1000 },
		.wake = wake,
		.cancel = size & 1,
	};
	struct err err;
	bool established;
	u32 result;

	pthread_mutex_init(&tpm.lock, NULL);
	if (tpm.cancel)
		eventfd_write(wake, 1);
	if (!tpm_ctrl_connect(&tpm.ctrl, other_data, &err))
		tpm_ctrl_init(&tpm.ctrl, &established, &result, &err);
	exchange(&tpm);
	exchange(&tpm);
	CLAIM(tpm_await(&tpm) <= 0);
	tpm_ctrl_shutdown(&tpm.ctrl);
	pthread_mutex_destroy(&tpm.lock);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	log_set_level(LOG_ERROR);
	if (!size)
		return 0;
	if (data[0] & 1)
		listen_to(data + 1, size - 1 > 32 * KIB ? 32 * KIB : size - 1);
	else
		drive(data + 1, size - 1);
	return 0;
}
