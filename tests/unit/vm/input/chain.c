// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/input/chain.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "unit.h"

/* The name of a desk that no other run of this test has. */
static const char *desk(void)
{
	static char name[32];

	snprintf(name, sizeof(name), "unit-%d", (int)getpid());
	return name;
}

static void test_order(void **state)
{
	struct chain chains[3];
	struct err err;

	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(chain_open(&chains[i], desk(), &err), 0);
		assert_int_equal(chains[i].place, i);
	}
	assert_true(chain_is_first(&chains[0]));
	assert_false(chain_is_first(&chains[2]));
	/* Who was only looked for gets nothing. */
	assert_false(chain_accept(&chains[0]));
	assert_true(chain_pass(&chains[0]));
	assert_false(chain_accept(&chains[2]));
	assert_true(chain_accept(&chains[1]));
	/* A machine that is gone is left out, and its place is free. */
	chain_close(&chains[1]);
	assert_true(chain_pass(&chains[0]));
	assert_true(chain_accept(&chains[2]));
	assert_false(chain_pass(&chains[2]));
	assert_int_equal(chain_open(&chains[1], desk(), &err), 0);
	assert_int_equal(chains[1].place, 1);
	chain_close(&chains[0]);
	assert_true(chain_is_first(&chains[1]));
	chain_close(&chains[1]);
	chain_close(&chains[2]);
}

static void test_full(void **state)
{
	struct chain chains[CHAIN_MACHINES], one_more, other;
	struct err err;

	for (unsigned i = 0; i < CHAIN_MACHINES; i++)
		assert_int_equal(chain_open(&chains[i], desk(), &err), 0);
	assert_int_equal(chain_open(&one_more, desk(), &err), -EBUSY);
	assert_int_equal(one_more.listener, -1);
	/* Alone, it takes the devices from the host and gives them back. */
	assert_true(chain_is_first(&one_more));
	assert_false(chain_pass(&one_more));
	/* Another desk is another matter. */
	assert_int_equal(chain_open(&other, "unit-other-desk", &err), 0);
	assert_int_equal(other.place, 0);
	chain_close(&other);
	for (unsigned i = 0; i < CHAIN_MACHINES; i++)
		chain_close(&chains[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
