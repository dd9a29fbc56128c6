// SPDX-License-Identifier: GPL-2.0-or-later
/* The control channel with a swtpm that answers, and with others. */
#include "vm/tpm/ctrl.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fake_swtpm.h"
#include "unit.h"

#define SOON 200 /* ms */

static void connect_data(struct fake_swtpm *fake, struct tpm_ctrl *ctrl, int *ret, struct err *err)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	fake->data = pair[0];
	*ctrl = (struct tpm_ctrl){ .fd = fake->ctrl, .ms = SOON };
	*ret = tpm_ctrl_connect(ctrl, pair[1], err);
	close(pair[1]);
}

static void the_order_of_commands(void **state)
{
	struct fake_swtpm fake;
	struct tpm_ctrl ctrl;
	struct err err;
	bool established = false;
	u32 result;
	int ret;

	fake_swtpm_start(&fake, FAKE_NONE);
	fake.established = true;
	connect_data(&fake, &ctrl, &ret, &err);
	assert_int_equal(ret, 0);
	assert_int_equal(tpm_ctrl_init(&ctrl, &established, &result, &err), 0);
	assert_true(established);
	assert_int_equal(result, 0);
	assert_int_equal(tpm_ctrl_cancel(&ctrl), 0);
	assert_int_equal(tpm_ctrl_cancel(&ctrl), 0);
	assert_int_equal(tpm_ctrl_settle(&ctrl), 0);
	assert_int_equal(tpm_ctrl_settle(&ctrl), 0);
	/* The answers to cancels are not taken for those to other commands. */
	assert_int_equal(tpm_ctrl_init(&ctrl, &established, &result, &err), 0);
	fake_swtpm_stop(&fake);
	assert_string_equal(fake.order, "capability data-fd stop size init established locality "
					"cancel stop size init established locality");
}

static const struct {
	enum fake_swtpm_fault fault;
	int at_connect, at_init;
	u32 result;
	const char *text;
} faults[] = {
	{ FAKE_OLD, -ENOTSUP, 0, 0, "swtpm is too old: it lacks the capabilities 0x342c" },
	{ FAKE_REFUSES, 0, -EREMOTEIO, 0x101, "swtpm refuses the start with error 0x101" },
	{ FAKE_BIG, 0, -EPROTO, 0, "swtpm's buffer of 4096 bytes is larger than the guest's" },
	{ FAKE_MUTE, -ETIMEDOUT, 0, 0,
		"swtpm fails at its list of capabilities: it does not answer" },
};

static void faults_are_told(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		struct fake_swtpm fake;
		struct tpm_ctrl ctrl;
		struct err err = { 0 };
		bool established;
		u32 result = 0;
		int ret;

		fake_swtpm_start(&fake, faults[i].fault);
		connect_data(&fake, &ctrl, &ret, &err);
		assert_int_equal(ret, faults[i].at_connect);
		if (!ret)
			assert_int_equal(tpm_ctrl_init(&ctrl, &established, &result, &err),
				faults[i].at_init);
		assert_int_equal(result, faults[i].result);
		assert_string_equal(err.text, faults[i].text);
		fake_swtpm_stop(&fake);
	}
}

static void a_swtpm_that_is_gone(void **state)
{
	struct tpm_ctrl ctrl = { .ms = SOON };
	struct err err;
	bool established;
	int pair[2];
	u32 result;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	ctrl.fd = pair[0];
	/* It reads nothing, and half an answer has come. */
	assert_int_equal(write(pair[1], "\0\0", 2), 2);
	shutdown(pair[1], SHUT_WR);
	assert_int_equal(tpm_ctrl_init(&ctrl, &established, &result, &err), -EPIPE);
	assert_string_equal(err.text, "swtpm fails at the stop: it closed the connection");
	close(pair[1]);
	assert_int_equal(tpm_ctrl_init(&ctrl, &established, &result, &err), -EPIPE);
	assert_int_equal(tpm_ctrl_cancel(&ctrl), -EPIPE);
	assert_false(ctrl.cancelling);
	tpm_ctrl_shutdown(&ctrl);
	close(pair[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_order_of_commands),
		cmocka_unit_test(faults_are_told),
		cmocka_unit_test(a_swtpm_that_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
