// SPDX-License-Identifier: GPL-2.0-or-later
/* Commands of a guest, on their way to a swtpm that answers, answers late, dies, or talks nonsense.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/log.h"
#include "fake_swtpm.h"
#include "unit.h"
#include "vm/tpm/tpm.h"

#define PATIENCE (5 * NS_PER_S)
#define HANG_MS  150
#define LENGTH   14

struct world {
	struct fake_swtpm fake;
	struct tpm tpm;
	pthread_mutex_t lock;
	char why[128];
	unsigned failures, failure_modes;
};

static void on_failed(void *owner, const char *why)
{
	struct world *w = owner;

	pthread_mutex_lock(&w->lock);
	snprintf(w->why, sizeof(w->why), "%s", why);
	w->failures++;
	pthread_mutex_unlock(&w->lock);
}

static void on_failure_mode(void *owner)
{
	struct world *w = owner;

	pthread_mutex_lock(&w->lock);
	w->failure_modes++;
	pthread_mutex_unlock(&w->lock);
}

static unsigned count(struct world *w, const unsigned *counter)
{
	unsigned n;

	pthread_mutex_lock(&w->lock);
	n = *counter;
	pthread_mutex_unlock(&w->lock);
	return n;
}

static void pause_briefly(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = NS_PER_MS }, NULL);
}

#define AWAIT(what)                                                      \
	do {                                                             \
		u64 end_ = clock_monotonic(&clock_system) + PATIENCE;    \
		while (!(what) && clock_monotonic(&clock_system) < end_) \
			pause_briefly();                                 \
		assert_true(what);                                       \
	} while (0)

static void open_world(struct world *w, enum fake_swtpm_fault fault)
{
	struct tpm_settings settings = { .command_ms = HANG_MS,
		.slow_ms = HANG_MS / 2,
		.ctrl_ms = HANG_MS,
		.failed = on_failed,
		.in_failure_mode = on_failure_mode,
		.owner = w };
	struct tpm_ctrl ctrl;
	struct err err;
	u32 result;
	int pair[2];

	*w = (struct world){ 0 };
	pthread_mutex_init(&w->lock, NULL);
	log_set_level(LOG_ERROR);
	fake_swtpm_start(&w->fake, FAKE_NONE);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	ctrl = (struct tpm_ctrl){ .fd = w->fake.ctrl, .ms = 5000 };
	assert_int_equal(tpm_ctrl_connect(&ctrl, pair[1], &err), 0);
	close(pair[1]);
	assert_int_equal(tpm_ctrl_init(&ctrl, &settings.established, &result, &err), 0);
	w->fake.data = settings.data = pair[0];
	settings.ctrl = w->fake.ctrl;
	fake_swtpm_set(&w->fake, fault);
	assert_int_equal(tpm_open(&w->tpm, &settings, &err), 0);
	tpm_write(&w->tpm, CRB_LOC_CTRL, 4, CRB_REQUEST_ACCESS);
}

static void close_world(struct world *w)
{
	tpm_close(&w->tpm);
	fake_swtpm_stop(&w->fake);
	pthread_mutex_destroy(&w->lock);
}

static void start(struct world *w, u32 length, u8 last)
{
	tpm_write(&w->tpm, CRB_CTRL_REQ, 4, CRB_CMD_READY);
	for (u32 i = 0; i < LENGTH; i++)
		tpm_write(&w->tpm, CRB_BUFFER + i, 1, 0);
	tpm_write(&w->tpm, CRB_BUFFER, 2, 0x0180);
	tpm_write(&w->tpm, CRB_BUFFER + TPM_HEAD_LENGTH, 4, __builtin_bswap32(length));
	tpm_write(&w->tpm, CRB_BUFFER + LENGTH - 1, 1, last);
	tpm_write(&w->tpm, CRB_CTRL_START, 4, 1);
}

static bool is_done(struct world *w)
{
	return !tpm_read(&w->tpm, CRB_CTRL_START, 4);
}

static u32 code(struct world *w)
{
	return __builtin_bswap32((u32)tpm_read(&w->tpm, CRB_BUFFER + TPM_HEAD_CODE, 4));
}

static u32 error_bit(struct world *w)
{
	return (u32)tpm_read(&w->tpm, CRB_CTRL_STS, 4) & CRB_STS_ERROR;
}

static void a_command_is_answered(void **state)
{
	struct world w;

	open_world(&w, FAKE_NONE);
	for (u8 i = 1; i < 100; i++) {
		start(&w, LENGTH, i);
		AWAIT(is_done(&w));
		assert_int_equal(code(&w), 0);
		assert_int_equal(tpm_read(&w.tpm, CRB_BUFFER + TPM_HEAD_SIZE, 1), i);
	}
	assert_int_equal(w.failures, 0);
	close_world(&w);
}

static void a_response_in_pieces(void **state)
{
	struct world w;

	open_world(&w, FAKE_SPLIT);
	start(&w, LENGTH, 7);
	AWAIT(is_done(&w));
	assert_int_equal(tpm_read(&w.tpm, CRB_BUFFER + TPM_HEAD_SIZE, 1), 7);
	close_world(&w);
}

/* Such a command does not reach swtpm. */
static void an_impossible_length(void **state)
{
	static const u32 lengths[] = { 0, 9, CRB_BUFFER_SIZE + 1, 0xffffffff };
	struct world w;

	open_world(&w, FAKE_NONE);
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		start(&w, lengths[i], 1);
		assert_true(is_done(&w));
		assert_int_equal(code(&w), TPM_RC_SIZE);
	}
	assert_int_equal(fake_swtpm_count(&w.fake, &w.fake.nr_commands), 0);
	start(&w, LENGTH, 5);
	AWAIT(is_done(&w));
	assert_int_equal(code(&w), 0);
	close_world(&w);
}

static const struct {
	enum fake_swtpm_fault fault;
	const char *why;
} faults[] = {
	{ FAKE_CLOSES, "swtpm has closed its connection" },
	{ FAKE_SILENT, "swtpm has not answered a command for 0 s" },
	{ FAKE_SHORT, "swtpm has sent what is no response" },
	{ FAKE_LONG, "swtpm has sent what is no response" },
};

/* The guest sees a TPM that fails, at once and after its reset. */
static void a_swtpm_that_fails(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		struct world w;

		open_world(&w, faults[i].fault);
		start(&w, LENGTH, 1);
		AWAIT(is_done(&w));
		assert_int_equal(code(&w), TPM_RC_FAILURE);
		assert_true(error_bit(&w));
		AWAIT(count(&w, &w.failures));
		assert_string_equal(w.why, faults[i].why);
		tpm_reset(&w.tpm);
		assert_true(error_bit(&w));
		tpm_write(&w.tpm, CRB_LOC_CTRL, 4, CRB_REQUEST_ACCESS);
		start(&w, LENGTH, 1);
		assert_true(is_done(&w));
		assert_int_equal(code(&w), TPM_RC_FAILURE);
		assert_int_equal(count(&w, &w.failures), 1);
		close_world(&w);
	}
}

/* Without a command in progress, too. */
static void a_swtpm_that_dies_while_idle(void **state)
{
	struct world w;

	open_world(&w, FAKE_NONE);
	shutdown(w.fake.own_data, SHUT_RDWR);
	AWAIT(count(&w, &w.failures));
	assert_string_equal(w.why, "swtpm has closed its connection");
	assert_true(error_bit(&w));
	close_world(&w);
}

static void a_swtpm_that_speaks_unasked(void **state)
{
	struct world w;

	open_world(&w, FAKE_NONE);
	assert_int_equal(send(w.fake.own_data, "!", 1, 0), 1);
	AWAIT(count(&w, &w.failures));
	assert_string_equal(w.why, "swtpm has sent what is no response");
	close_world(&w);
}

static void a_cancel_reaches_swtpm(void **state)
{
	struct world w;

	open_world(&w, FAKE_WAITS);
	start(&w, LENGTH, 1);
	AWAIT(fake_swtpm_count(&w.fake, &w.fake.nr_commands) == 1);
	assert_false(is_done(&w));
	tpm_write(&w.tpm, CRB_CTRL_CANCEL, 4, 1);
	tpm_write(&w.tpm, CRB_CTRL_CANCEL, 4, 1);
	AWAIT(is_done(&w));
	assert_int_equal(code(&w), 0x909);
	assert_int_equal(fake_swtpm_count(&w.fake, &w.fake.nr_cancels), 1);
	tpm_write(&w.tpm, CRB_CTRL_CANCEL, 4, 0);
	fake_swtpm_set(&w.fake, FAKE_NONE);
	start(&w, LENGTH, 9);
	AWAIT(is_done(&w));
	assert_int_equal(code(&w), 0);
	assert_int_equal(count(&w, &w.failures), 0);
	close_world(&w);
}

/* The registers are new at once; the next command waits for the reset; the old response is gone. */
static void a_reset_during_a_command(void **state)
{
	struct world w;

	open_world(&w, FAKE_WAITS);
	start(&w, LENGTH, 1);
	AWAIT(fake_swtpm_count(&w.fake, &w.fake.nr_commands) == 1);
	tpm_reset(&w.tpm);
	assert_true(is_done(&w));
	assert_int_equal(tpm_read(&w.tpm, CRB_LOC_STATE, 4), 0x81);
	assert_int_equal(tpm_read(&w.tpm, CRB_BUFFER, 8), 0);
	AWAIT(fake_swtpm_count(&w.fake, &w.fake.nr_inits) == 2);
	fake_swtpm_set(&w.fake, FAKE_NONE);
	tpm_write(&w.tpm, CRB_LOC_CTRL, 4, CRB_REQUEST_ACCESS);
	start(&w, LENGTH, 3);
	AWAIT(is_done(&w));
	assert_int_equal(code(&w), 0);
	assert_int_equal(tpm_read(&w.tpm, CRB_BUFFER + TPM_HEAD_SIZE, 1), 3);
	assert_int_equal(fake_swtpm_count(&w.fake, &w.fake.nr_cancels), 1);
	close_world(&w);
}

/* A command that is started before a reset is through is executed after it. */
static void a_command_waits_for_the_reset(void **state)
{
	struct world w;

	open_world(&w, FAKE_NONE);
	for (u8 i = 1; i < 50; i++) {
		tpm_reset(&w.tpm);
		tpm_write(&w.tpm, CRB_LOC_CTRL, 4, CRB_REQUEST_ACCESS);
		start(&w, LENGTH, i);
		AWAIT(is_done(&w));
		assert_int_equal(tpm_read(&w.tpm, CRB_BUFFER + TPM_HEAD_SIZE, 1), i);
		assert_int_equal(fake_swtpm_count(&w.fake, &w.fake.nr_inits), 1 + i);
	}
	close_world(&w);
}

static void a_reset_that_swtpm_refuses(void **state)
{
	struct world w;

	open_world(&w, FAKE_REFUSES);
	tpm_reset(&w.tpm);
	AWAIT(count(&w, &w.failures));
	assert_string_equal(w.why, "swtpm refuses the start with error 0x101");
	assert_true(error_bit(&w));
	close_world(&w);
}

static void failure_mode_is_told_once_a_boot(void **state)
{
	struct world w;

	open_world(&w, FAKE_FAILURE_MODE);
	for (unsigned boot = 1; boot < 3; boot++) {
		for (unsigned i = 0; i < 3; i++) {
			start(&w, LENGTH, 1);
			AWAIT(is_done(&w));
			assert_int_equal(code(&w), TPM_RC_FAILURE);
			assert_false(error_bit(&w));
		}
		AWAIT(count(&w, &w.failure_modes) == boot);
		tpm_reset(&w.tpm);
		AWAIT(fake_swtpm_count(&w.fake, &w.fake.nr_inits) == 1 + boot);
		tpm_write(&w.tpm, CRB_LOC_CTRL, 4, CRB_REQUEST_ACCESS);
	}
	assert_int_equal(count(&w, &w.failures), 0);
	close_world(&w);
}

/* The machine's end waits neither for a command nor for the control channel. */
static void the_end_does_not_wait(void **state)
{
	struct world w;
	u64 begin;

	for (unsigned with_reset = 0; with_reset < 2; with_reset++) {
		open_world(&w, with_reset ? FAKE_MUTE : FAKE_SILENT);
		w.tpm.settings.command_ms = 1000000;
		w.tpm.ctrl.ms = 1000000;
		if (with_reset)
			tpm_reset(&w.tpm);
		else
			start(&w, LENGTH, 1);
		pause_briefly();
		begin = clock_monotonic(&clock_system);
		tpm_close(&w.tpm);
		assert_true(clock_monotonic(&clock_system) - begin < NS_PER_S);
		assert_int_equal(w.failures, 0);
		close_world(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_command_is_answered),
		cmocka_unit_test(a_response_in_pieces),
		cmocka_unit_test(an_impossible_length),
		cmocka_unit_test(a_swtpm_that_fails),
		cmocka_unit_test(a_swtpm_that_dies_while_idle),
		cmocka_unit_test(a_swtpm_that_speaks_unasked),
		cmocka_unit_test(a_cancel_reaches_swtpm),
		cmocka_unit_test(a_reset_during_a_command),
		cmocka_unit_test(a_command_waits_for_the_reset),
		cmocka_unit_test(a_reset_that_swtpm_refuses),
		cmocka_unit_test(failure_mode_is_told_once_a_boot),
		cmocka_unit_test(the_end_does_not_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
