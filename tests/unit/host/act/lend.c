// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A card that is lent to a machine on a made-up host with a desktop: services and modules go and
 * come back, with failures and kills at every step.
 */
#include "bench.h"

#define CARD "0000:01:00.0"

/* What the test sees and does while the machine "runs". */
struct guest {
	struct bench *bench;
	bool ran;
	int result;
};

/* A desktop by gdm, and a service that has the card open; the card has NVIDIA's driver. */
static void open_desktop(struct bench *bench)
{
	open_bench(bench);
	fake_link(bench->root, "/etc/systemd/system/display-manager.service",
		"/lib/systemd/system/gdm3.service");
	fake_link(bench->root, "/lib/systemd/system/gdm3.service", "gdm.service");
	fake_service(bench->root, "gdm.service", true);
	fake_service(bench->root, "nvidia-persistenced.service", true);
	fake_link(bench->root, "/sys/class/drm/card0",
		"../../devices/pci0000:00/0000:00:01.0/0000:01:00.0/drm/card0");
	fake_file(bench->root, "/proc/700/comm", "nvidia-persiste\n");
	fake_file(
		bench->root, "/proc/700/cgroup", "0::/system.slice/nvidia-persistenced.service\n");
	fake_link(bench->root, "/proc/700/fd/3", "/dev/dri/card0");
	fake_file(bench->root, "/proc/701/comm", "gnome-shell\n");
	fake_file(bench->root, "/proc/701/cgroup",
		"0::/user.slice/user-1000.slice/user@1000.service/session.slice/shell.service\n");
	fake_link(bench->root, "/proc/701/fd/9", "/dev/dri/card0");
	fake_file(bench->root, "/proc/702/comm", "systemd-logind\n");
	fake_file(bench->root, "/proc/702/cgroup", "0::/system.slice/systemd-logind.service\n");
	fake_link(bench->root, "/proc/702/fd/9", "/dev/dri/card0");
	fake_driver(bench->root, "pci", "nvidia");
	fake_file(bench->root, "/sys/bus/pci/devices/" CARD "/native", "nvidia\n");
	fake_link(bench->root, "/sys/devices/pci0000:00/0000:00:01.0/" CARD "/driver",
		"../../../../bus/pci/drivers/nvidia");
	for (unsigned i = 0; i < NR_NVIDIA_MODULES; i++)
		fake_module(bench->root, modules_of_nvidia[i], true);
}

static int guest_runs(void *arg, int *hold, struct err *err)
{
	struct guest *guest = arg;
	own_free char *now = fake_state(guest->bench->root);
	struct store other;

	guest->ran = true;
	assert_string_equal(driver(guest->bench, CARD), "vfio-pci");
	assert_null(strstr(now, "gdm.service"));
	assert_null(strstr(now, "nvidia-persistenced"));
	assert_null(strstr(now, "nvidia_"));
	assert_non_null(strstr(now, "vtcon1/bind = 0"));
	assert_true(*hold >= 0);
	/* Others may change the host meanwhile, and cannot take this for a leftover. */
	assert_int_equal(store_open(&other, &guest->bench->sysroot, true, 0, err), 0);
	store_close(&other);
	return guest->result ? err_set(err, -guest->result, "the machine failed") : 0;
}

static int lend(struct bench *bench, struct guest *guest, struct err *err)
{
	struct plan plan;
	int ret = store_open(&bench->store, &bench->sysroot, true, 1, err);

	assert_int_equal(ret, 0);
	make_plan_for(bench, CARD, (struct plan_request){ .take_display = true }, &plan);
	assert_int_equal(plan.nr_objections, 0);
	guest->bench = bench;
	ret = act_lend(&bench->act, "take-display", &plan, guest_runs, guest, err);
	plan_close(&plan);
	store_close(&bench->store);
	return ret;
}

static void test_lend(void **state)
{
	own_free char *before = NULL;
	struct guest guest = { 0 };
	struct err err = { 0 };
	struct bench bench;

	open_desktop(&bench);
	before = fake_state(bench.root);
	assert_non_null(strstr(before, "gdm.service"));
	assert_non_null(strstr(before, "nvidia_drm"));
	assert_int_equal(lend(&bench, &guest, &err), 0);
	assert_true(guest.ran);
	assert_state(&bench, before);
	assert_int_equal(recover(&bench), 0);
	/* A machine that fails gives everything back, too. */
	guest = (struct guest){ .result = -EIO };
	assert_int_equal(lend(&bench, &guest, &err), -EIO);
	assert_string_equal(err.help, "All is as it was before.");
	assert_state(&bench, before);
	assert_int_equal(recover(&bench), 0);
	close_bench(&bench);
}

static void test_failures(void **state)
{
	own_free char *before = NULL;
	struct bench bench;
	unsigned n = 0;
	int ret;

	open_desktop(&bench);
	before = fake_state(bench.root);
	do {
		struct guest guest = { 0 };
		struct err err = { 0 };

		arm(&bench, ++n, 0, 0);
		ret = lend(&bench, &guest, &err);
		disarm(&bench);
		recover(&bench);
		assert_state(&bench, before);
	} while (n < FAR && (ret || n < 20));
	assert_in_range(n, 20, 60);
	close_bench(&bench);
}

/* Killed before or after each change, on the way there and on the way back. */
static void test_kills(void **state)
{
	own_free char *before = NULL;
	struct bench bench;
	bool done = false;
	unsigned n;

	open_desktop(&bench);
	before = fake_state(bench.root);
	for (n = 2; n < FAR && !done; n++) {
		struct guest guest = { 0 };
		struct err err = { 0 };
		int status;
		pid_t pid;

		arm(&bench, 0, n % 2 ? 0 : n / 2, n % 2 ? n / 2 : 0);
		pid = fork();
		if (!pid)
			_exit(lend(&bench, &guest, &err) ? 1 : 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		disarm(&bench);
		assert_true(WIFEXITED(status));
		done = WEXITSTATUS(status) == 0;
		assert_true(done || WEXITSTATUS(status) == 9);
		assert_int_equal(recover(&bench), done ? 0 : 1);
		assert_state(&bench, before);
	}
	assert_in_range(n, 50, 120);
	close_bench(&bench);
}

static int guest_dies(void *arg, int *hold, struct err *err)
{
	int *pipe = arg;
	pid_t pid = fork();

	/* The supervisor is killed; its machine lives on, with what holds the journal. */
	if (pid)
		_exit(9);
	close(pipe[1]);
	if (read(pipe[0], &pid, 1) != 0)
		abort();
	_exit(0);
}

/* While a process of the transaction lives, recover leaves it alone. */
static void test_held(void **state)
{
	own_free char *before = NULL;
	struct err err = { 0 };
	struct bench bench;
	struct plan plan;
	int pipe_ends[2], status;
	pid_t pid;

	open_desktop(&bench);
	before = fake_state(bench.root);
	assert_int_equal(pipe2(pipe_ends, 0), 0);
	pid = fork();
	if (!pid) {
		assert_int_equal(store_open(&bench.store, &bench.sysroot, true, 1, &err), 0);
		make_plan_for(&bench, CARD, (struct plan_request){ .take_display = true }, &plan);
		act_lend(&bench.act, "take-display", &plan, guest_dies, pipe_ends, &err);
		_exit(1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 9);
	assert_int_equal(recover(&bench), 1);
	assert_string_equal(driver(&bench, CARD), "vfio-pci");
	close(pipe_ends[1]);
	for (unsigned i = 0; i < 200 && !strcmp(driver(&bench, CARD), "vfio-pci"); i++) {
		usleep(10000);
		recover(&bench);
	}
	assert_state(&bench, before);
	close(pipe_ends[0]);
	close_bench(&bench);
}

static int busy_twice(void *arg, const char *device, char *text, size_t size)
{
	unsigned *calls = arg;

	snprintf(text, size, "mpv (process 9)");
	return ++*calls < 3;
}

/* Programs that need a moment to go are waited for before the driver is taken away. */
static void test_idle(void **state)
{
	struct guest guest = { 0 };
	struct err err = { 0 };
	struct bench bench;
	unsigned calls = 0;

	open_desktop(&bench);
	bench.act.user = busy_twice;
	bench.act.user_arg = &calls;
	assert_int_equal(lend(&bench, &guest, &err), 0);
	assert_true(guest.ran);
	/* Once more for the sound function. */
	assert_int_equal(calls, 4);
	close_bench(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lend),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_kills),
		cmocka_unit_test(test_held),
		cmocka_unit_test(test_idle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
