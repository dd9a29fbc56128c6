// SPDX-License-Identifier: GPL-2.0-or-later
/* Huge pages that are borrowed, and given back whatever happens. */
#include "bench.h"

#define POOL "/sys/kernel/mm/hugepages/hugepages-2048kB/"

static void make_pool(struct bench *bench, unsigned all, unsigned surplus)
{
	fake_file(bench->root, POOL "nr_hugepages", "%u\n", all);
	fake_file(bench->root, POOL "surplus_hugepages", "%u\n", surplus);
}

struct pool_user {
	struct bench *bench;
	int result;
	char seen[32]; /* what the pool was meanwhile */
};

static int use_pool(void *arg, struct err *err)
{
	struct pool_user *use = arg;

	fake_text(use->bench->root, POOL "nr_hugepages", use->seen, sizeof(use->seen));
	return use->result ? err_set(err, -use->result, "in use") : 0;
}

static int borrow(struct bench *bench, struct pool_user *use, struct err *err)
{
	struct plan_device device = { .name = "hugepages-2M" };
	struct plan_op op = { .kind = PLAN_POOL, .file = POOL "nr_hugepages", .value = "40" };
	struct plan plan = { .devices = &device, .nr_devices = 1, .ops = &op, .nr_ops = 1 };
	int ret;

	*use = (struct pool_user){ .bench = bench, .result = use->result };
	assert_int_equal(store_open(&bench->store, &bench->sysroot, true, 1, err), 0);
	ret = act_borrow(&bench->act, "run", &plan, use_pool, use, err);
	store_close(&bench->store);
	return ret;
}

static void assert_pool(struct bench *bench, const char *want)
{
	char text[32];

	fake_text(bench->root, POOL "nr_hugepages", text, sizeof(text));
	assert_string_equal(text, want);
}

/* The pool is larger while it is used, and then keeps what it kept before: the surplus is not its.
 */
static void test_borrow(void **state)
{
	struct err err = { 0 };
	struct pool_user use = { 0 };
	struct bench bench;

	open_bench(&bench);
	make_pool(&bench, 7, 0);
	assert_int_equal(borrow(&bench, &use, &err), 0);
	assert_string_equal(use.seen, "40");
	assert_pool(&bench, "7");
	assert_int_equal(recover(&bench), 0);

	use.result = -ENOMEM;
	assert_int_equal(borrow(&bench, &use, &err), -ENOMEM);
	assert_string_equal(err.text, "in use");
	assert_pool(&bench, "7");
	assert_int_equal(recover(&bench), 0);

	/* The pages of another guest: the made-up kernel goes on counting them. */
	use.result = 0;
	make_pool(&bench, 30, 25);
	assert_int_equal(borrow(&bench, &use, &err), -ENOMEM);
	assert_non_null(strstr(err.text, "of 40 huge pages the host has only 15"));
	assert_string_equal(use.seen, "");
	assert_pool(&bench, "5");
	close_bench(&bench);
}

/* Killed at any step, the pool is as it was after a recovery. */
static void test_borrow_kills(void **state)
{
	struct err err = { 0 };
	struct bench bench;
	unsigned n = 0;
	int status = 1;

	open_bench(&bench);
	while (status) {
		pid_t child;

		make_pool(&bench, 7, 0);
		n++;
		child = fork();
		if (!child) {
			struct pool_user use = { 0 };

			arm(&bench, 0, n % 2 ? (n + 1) / 2 : 0, n % 2 ? 0 : n / 2);
			borrow(&bench, &use, &err);
			_exit(0);
		}
		waitpid(child, &status, 0);
		recover(&bench);
		assert_pool(&bench, "7");
		assert_int_equal(recover(&bench), 0);
	}
	/* Before and after the change, and its way back. */
	assert_int_equal(n, 5);
	close_bench(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_borrow),
		cmocka_unit_test(test_borrow_kills),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
