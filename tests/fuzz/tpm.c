// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A TPM under a hostile driver, which makes any accesses to the registers and to the memory for
 * physical presence; and before a hostile swtpm, whose every byte on both channels is the input's.
 * An input is for one of these alone, without a thread, or for the whole TPM with its own thread,
 * between a driver's accesses and a swtpm that answers what it is asked, late or never.
 */
#include <errno.h>
#include <poll.h>
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

#define SILENT_MS 12 /* of the TPM's patience with a command */
#define CALM_MS   1  /* until the thread has asked for something, or will not */
#define MAX_ASKS  32

/* What swtpm does next, by the first byte of a piece: bits 0 to 5 are how many bytes follow. */
enum { AS_A_RESPONSE = 0x40, THEN_LEAVES = 0x80 };

static struct whole {
	struct tpm tpm;
	int data, ctrl; /* swtpm's ends */
	const u8 *script;
	size_t left;
	unsigned failures, complaints; /* atomic */
} w;

static void on_failed(void *owner, const char *why)
{
	CLAIM(owner == &w && *why);
	CLAIM(!__atomic_fetch_add(&w.failures, 1, __ATOMIC_SEQ_CST));
}

static void on_failure_mode(void *owner)
{
	CLAIM(owner == &w);
	__atomic_fetch_add(&w.complaints, 1, __ATOMIC_SEQ_CST);
}

static void leave(void)
{
	close_fd(&w.data);
	close_fd(&w.ctrl);
}

/* Answers on one channel. Returns false if swtpm says nothing now. */
static bool answer(int fd)
{
	u8 asked[CRB_BUFFER_SIZE], said[TPM_HEAD_SIZE + 0x40] = { 0x80, 1 };
	size_t head = 0, size;
	u8 how;

	if (recv(fd, asked, sizeof(asked), MSG_DONTWAIT) <= 0 || !w.left) {
		leave();
		return false;
	}
	how = *w.script++;
	size = how & 0x3f;
	size = --w.left < size ? w.left : size;
	if (how & AS_A_RESPONSE && size >= 4)
		head = TPM_HEAD_LENGTH + 4;
	memcpy(said + head, w.script, size);
	if (head)
		put_be32(said + TPM_HEAD_LENGTH, (u32)(head + size));
	w.script += size;
	w.left -= size;
	send(fd, said, head + size, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (how & THEN_LEAVES)
		leave();
	return size;
}

/* Whether the thread has something to do. */
static bool is_busy(void)
{
	bool busy;

	pthread_mutex_lock(&w.tpm.lock);
	busy = (w.tpm.crb.started || w.tpm.reset) && !w.tpm.broken;
	pthread_mutex_unlock(&w.tpm.lock);
	return busy;
}

/* swtpm answers until there is nothing to answer, or it does not want to. */
static void serve(void)
{
	for (unsigned n = 0; n < MAX_ASKS && is_busy(); n++) {
		struct pollfd asks[] = { { w.ctrl, POLLIN, 0 }, { w.data, POLLIN, 0 } };

		poll(asks, ARRAY_SIZE(asks), CALM_MS);
		for (size_t i = 0; i < ARRAY_SIZE(asks); i++)
			if (asks[i].revents && !answer(asks[i].fd))
				return;
	}
}

/* A driver's way to a command, whose length the step gives. */
static void start_command(const struct step *s)
{
	static const u32 nr = TPM_HEAD_SIZE;
	u8 head[TPM_HEAD_SIZE] = { 0x80, 1 };

	put_be32(head + TPM_HEAD_LENGTH, s->offset[0] & 1 ? get_le16(s->value) : nr);
	put_be32(head + TPM_HEAD_CODE, 0x17b);
	tpm_write(&w.tpm, CRB_LOC_CTRL, 1, CRB_REQUEST_ACCESS);
	for (u32 i = 0; i < nr; i++)
		tpm_write(&w.tpm, CRB_BUFFER + i, 1, head[i]);
	tpm_write(&w.tpm, CRB_CTRL_START, 1, 1);
}

static void take_step(const struct step *s)
{
	unsigned width = s->size % 8 + 1;
	u32 offset = get_le16(s->offset) % (CRB_SIZE - 8);

	if (s->size & 0x80)
		offset %= 0x90;
	switch (s->kind % NR_KINDS) {
	case READ:
		CLAIM(!(tpm_read(&w.tpm, offset, width) & ~all_ones(width)));
		break;
	case WRITE:
		tpm_write(&w.tpm, offset, width, get_le64(s->value));
		break;
	case COMPLETE:
		tpm_write(&w.tpm, CRB_CTRL_CANCEL, 4, 1);
		break;
	case FAIL:
		leave();
		break;
	case RESET:
		tpm_reset(&w.tpm);
		break;
	default:
		start_command(s);
		break;
	}
	serve();
	if (__atomic_load_n(&w.failures, __ATOMIC_SEQ_CST))
		CLAIM(tpm_read(&w.tpm, CRB_CTRL_STS, 4) & CRB_STS_ERROR);
}

static void run_whole(const u8 *data, size_t size)
{
	struct tpm_settings settings = {
		.command_ms = SILENT_MS,
		.slow_ms = SILENT_MS / 2,
		.ctrl_ms = SILENT_MS,
		.failed = on_failed,
		.in_failure_mode = on_failure_mode,
		.owner = &w,
	};
	int commands[2], controls[2];
	struct err err = { 0 };
	struct step s;

	if (size < 2)
		return;
	w = (struct whole){ .script = data + 2, .left = get_le16(data) };
	w.left = w.left < size - 2 ? w.left : size - 2;
	data += 2 + w.left;
	size -= 2 + w.left;
	CLAIM(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, commands));
	CLAIM(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, controls));
	settings.data = commands[0];
	settings.ctrl = controls[0];
	w.data = commands[1];
	w.ctrl = controls[1];
	CLAIM(!tpm_open(&w.tpm, &settings, &err));
	for (unsigned n = 0; size >= sizeof(s) && n < MAX_STEPS; n++, size -= sizeof(s)) {
		memcpy(&s, data + n * sizeof(s), sizeof(s));
		take_step(&s);
	}
	tpm_close(&w.tpm);
	CLAIM(w.complaints <= MAX_STEPS);
	leave();
	close_fd(&settings.data);
	close_fd(&settings.ctrl);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	log_set_level(LOG_ERROR);
	if (!size)
		return 0;
	if (data[0] & 2)
		run_whole(data + 1, size - 1);
	else if (data[0] & 1)
		listen_to(data + 1, size - 1 > 32 * KIB ? 32 * KIB : size - 1);
	else
		drive(data + 1, size - 1);
	return 0;
}
