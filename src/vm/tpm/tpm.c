// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/tpm/tpm.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "base/bytes.h"
#include "base/log.h"
#include "base/own.h"
#include "base/thread.h"
#include "vm/tpm/exchange.h"

static void wake(const struct tpm *tpm)
{
	/* Fails only if the counter is full: then the thread has been woken already. */
	eventfd_write(tpm->wake, 1);
}

u64 tpm_read(struct tpm *tpm, u32 offset, unsigned size)
{
	u64 value;

	pthread_mutex_lock(&tpm->lock);
	value = crb_read(&tpm->crb, offset, size);
	pthread_mutex_unlock(&tpm->lock);
	return value;
}

/* Called with the lock held. A command that cannot be one is answered as a TPM would. */
static void start(struct tpm *tpm)
{
	tpm->length = crb_command_length(&tpm->crb);
	tpm->cancel = false;
	if (tpm->broken)
		crb_fail(&tpm->crb);
	else if (!tpm->length)
		crb_complete_with(&tpm->crb, TPM_RC_SIZE);
	else
		memcpy(tpm->command, tpm->crb.buffer, tpm->length);
}

void tpm_write(struct tpm *tpm, u32 offset, unsigned size, u64 value)
{
	unsigned actions;

	pthread_mutex_lock(&tpm->lock);
	actions = crb_write(&tpm->crb, offset, size, value);
	if (actions & CRB_ACT_START)
		start(tpm);
	if (actions & CRB_ACT_CANCEL)
		tpm->cancel = true;
	pthread_mutex_unlock(&tpm->lock);
	if (actions)
		wake(tpm);
}

/* Called with the lock held. */
static void reset_registers(struct tpm *tpm)
{
	bool established = tpm->crb.established;

	crb_reset(&tpm->crb);
	tpm->crb.established = established;
	if (tpm->broken)
		crb_fail(&tpm->crb);
}

void tpm_reset(struct tpm *tpm)
{
	pthread_mutex_lock(&tpm->lock);
	reset_registers(tpm);
	tpm->length = 0;
	tpm->cancel = false;
	tpm->reset = true;
	pthread_mutex_unlock(&tpm->lock);
	wake(tpm);
}

/* The rest is the thread. */

static void break_down(struct tpm *tpm, const char *why)
{
	bool closing;

	pthread_mutex_lock(&tpm->lock);
	closing = tpm->stop;
	tpm->broken = true;
	tpm->length = 0;
	crb_fail(&tpm->crb);
	pthread_mutex_unlock(&tpm->lock);
	if (!closing)
		tpm->settings.failed(tpm->settings.owner, why);
}

static void do_reset(struct tpm *tpm)
{
	struct err err;
	bool established;
	u32 result;

	if (tpm_ctrl_init(&tpm->ctrl, &established, &result, &err)) {
		break_down(tpm, err.text);
		return;
	}
	pthread_mutex_lock(&tpm->lock);
	tpm->crb.established = established;
	tpm->complained = false;
	pthread_mutex_unlock(&tpm->lock);
	log_debug("the guest's TPM is reset");
}

static void explain(const struct tpm *tpm, int code, char *why, size_t size)
{
	if (code == EPIPE)
		snprintf(why, size, "swtpm has closed its connection");
	else if (code == ETIMEDOUT)
		snprintf(why, size, "swtpm has not answered a command for %u s",
			tpm->settings.command_ms / 1000);
	else if (code == EPROTO)
		snprintf(why, size, "swtpm has sent what is no response");
	else
		snprintf(why, size, "swtpm cannot be reached: %s", strerror(code));
}

static void fail_with(struct tpm *tpm, int code)
{
	char why[128];

	explain(tpm, code, why, sizeof(why));
	break_down(tpm, why);
}

/* A response to a command from before a reset is dropped. */
static void store(struct tpm *tpm, const u8 *response, u32 size)
{
	bool complain = false;

	pthread_mutex_lock(&tpm->lock);
	if (!tpm->reset) {
		crb_complete(&tpm->crb, response, size);
		complain = get_be32(response + TPM_HEAD_CODE) == TPM_RC_FAILURE && !tpm->complained;
		tpm->complained |= complain;
	}
	pthread_mutex_unlock(&tpm->lock);
	if (complain)
		tpm->settings.in_failure_mode(tpm->settings.owner);
}

static void execute(struct tpm *tpm, const u8 *command, u32 length)
{
	u8 response[CRB_BUFFER_SIZE];
	u32 size;
	int ret = tpm_exchange(tpm, command, length, response, &size);

	if (ret == -ESHUTDOWN)
		return;
	if (ret) {
		fail_with(tpm, -ret);
		return;
	}
	log_guest("TPM command 0x%x of %u bytes: response 0x%x of %u bytes",
		get_be32(command + TPM_HEAD_CODE), length, get_be32(response + TPM_HEAD_CODE),
		size);
	store(tpm, response, size);
}

/* Does one thing, if there is something to do. Returns false at the TPM's end. */
static bool work(struct tpm *tpm, bool *more)
{
	u8 command[CRB_BUFFER_SIZE];
	u32 length = 0;
	bool reset, stop;

	pthread_mutex_lock(&tpm->lock);
	stop = tpm->stop;
	reset = tpm->reset;
	tpm->reset = false;
	if (!reset && tpm->length) {
		length = tpm->length;
		memcpy(command, tpm->command, length);
		tpm->length = 0;
	}
	pthread_mutex_unlock(&tpm->lock);
	*more = reset || length;
	if (stop || tpm->broken)
		return false;
	if (reset)
		do_reset(tpm);
	else if (length)
		execute(tpm, command, length);
	return true;
}

static void *run(void *arg)
{
	struct tpm *tpm = arg;
	bool more;

	pthread_setname_np(pthread_self(), "tpm");
	thread_set_kind(THREAD_TPM);
	while (work(tpm, &more)) {
		int ret = more ? 0 : tpm_await(tpm);

		if (ret)
			fail_with(tpm, -ret);
	}
	return NULL;
}

int tpm_open(struct tpm *tpm, const struct tpm_settings *settings, struct err *err)
{
	int ret;

	*tpm = (struct tpm){
		.settings = *settings,
		.ctrl = { .fd = settings->ctrl, .ms = settings->ctrl_ms },
		.wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC),
	};
	pthread_mutex_init(&tpm->lock, NULL);
	crb_reset(&tpm->crb);
	tpm->crb.established = settings->established;
	ret = tpm->wake < 0 ? -errno : -pthread_create(&tpm->thread, NULL, run, tpm);
	tpm->has_thread = !ret;
	if (!ret)
		return 0;
	close_fd(&tpm->wake);
	*tpm = (struct tpm){ .wake = -1 };
	return err_sys(err, -ret, "cannot serve the TPM");
}

void tpm_close(struct tpm *tpm)
{
	if (!tpm->has_thread)
		return;
	pthread_mutex_lock(&tpm->lock);
	tpm->stop = true;
	pthread_mutex_unlock(&tpm->lock);
	wake(tpm);
	/* A call on the control channel that the thread waits for ends with this. */
	shutdown(tpm->settings.ctrl, SHUT_RD);
	pthread_join(tpm->thread, NULL);
	close_fd(&tpm->wake);
	pthread_mutex_destroy(&tpm->lock);
	*tpm = (struct tpm){ .wake = -1 };
}
