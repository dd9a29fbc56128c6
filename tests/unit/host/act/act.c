// SPDX-License-Identifier: GPL-2.0-or-later
/* Bind, release and recover on a made-up host, with failures and kills at every step. */
#include "bench.h"

/* The whole way: both functions go, everything else stays, and all comes back. */
static void test_bind_and_release(void **state)
{
	own_free char *before = NULL, *during = NULL;
	struct err err = { 0 };
	struct bench bench;

	open_bench(&bench);
	before = fake_state(bench.root);
	assert_int_equal(bind(&bench, "01:00.1", false, &err), 0);
	assert_string_equal(driver(&bench, "0000:01:00.0"), "vfio-pci");
	assert_string_equal(driver(&bench, "0000:01:00.1"), "vfio-pci");
	assert_string_equal(driver(&bench, "0000:02:00.0"), "");
	assert_string_equal(driver(&bench, "0000:00:01.0"), "pcieport");
	during = fake_state(bench.root);
	assert_non_null(strstr(during, "vtcon1/bind = 0"));
	assert_int_equal(recover(&bench), 1);
	assert_state(&bench, during);
	assert_int_equal(bind(&bench, "01:00.0", false, &err), 0);
	assert_int_equal(release(&bench, "0000:01:00.0", &err), 0);
	assert_state(&bench, before);
	assert_int_equal(recover(&bench), 0);
	assert_int_equal(release(&bench, "0000:01:00.0", &err), -ENOENT);
	close_bench(&bench);
}

static unsigned owner(struct bench *bench, const char *file)
{
	char path[256];
	struct stat st;

	snprintf(path, sizeof(path), "%s%s", bench->root, file);
	assert_int_equal(stat(path, &st), 0);
	return st.st_uid;
}

/* The device's files become a user's, also of what is bound already, and root's again. */
static void test_user(void **state)
{
	static const char group[] = "/dev/vfio/1", own[] = "/dev/vfio/devices/vfio0";
	own_free char *before = NULL;
	struct err err = { 0 };
	struct bench bench;

	if (geteuid())
		skip();
	open_bench(&bench);
	fake_file(bench.root, group, "%s", "");
	fake_file(bench.root, own, "%s", "");
	fake_file(bench.root, "/sys/bus/pci/devices/0000:01:00.0/vfio-dev/vfio0/dev", "1:1\n");
	before = fake_state(bench.root);
	bench.user = 1234;
	assert_int_equal(bind(&bench, "01:00.0", true, &err), 0);
	assert_int_equal(owner(&bench, group), 1234);
	assert_int_equal(owner(&bench, own), 1234);
	assert_int_equal(release(&bench, "0000:01:00.0", &err), 0);
	assert_int_equal(owner(&bench, group), 0);
	assert_int_equal(owner(&bench, own), 0);
	assert_state(&bench, before);

	bench.user = 0;
	assert_int_equal(bind(&bench, "01:00.0", false, &err), 0);
	bench.user = 1234;
	assert_int_equal(bind(&bench, "01:00.0", false, &err), 0);
	assert_int_equal(owner(&bench, group), 1234);
	/* The last change is undone first. */
	bench.user = 1235;
	assert_int_equal(bind(&bench, "01:00.0", false, &err), 0);
	assert_int_equal(owner(&bench, group), 1235);
	assert_int_equal(release(&bench, "0000:01:00.0", &err), 0);
	assert_int_equal(owner(&bench, group), 0);
	assert_state(&bench, before);
	close_bench(&bench);
}

/* The host's one file of iommufd is a user's while that user has a device, and then root's. */
static void test_user_of_iommufd(void **state)
{
	static const char iommu[] = "/dev/iommu";
	struct err err = { 0 };
	struct bench bench;

	if (geteuid())
		skip();
	open_bench(&bench);
	fake_file(bench.root, iommu, "%s", "");
	bench.user = 1234;
	assert_int_equal(bind(&bench, "01:00.0", false, &err), 0);
	assert_int_equal(owner(&bench, iommu), 1234);
	assert_int_equal(bind(&bench, "02:00.0", false, &err), 0);
	assert_int_equal(release(&bench, "0000:01:00.0", &err), 0);
	assert_int_equal(owner(&bench, iommu), 1234);
	/* Another user does not take it away, nor give it back. */
	bench.user = 1235;
	assert_int_equal(bind(&bench, "01:00.0", false, &err), 0);
	assert_int_equal(owner(&bench, iommu), 1234);
	assert_int_equal(release(&bench, "0000:01:00.0", &err), 0);
	assert_int_equal(owner(&bench, iommu), 1234);
	assert_int_equal(release(&bench, "0000:02:00.0", &err), 0);
	assert_int_equal(owner(&bench, iommu), 0);
	close_bench(&bench);
}

/* A device without a driver has its registers back, which nobody else would restore. */
static void test_registers(void **state)
{
	own_free char *before = NULL;
	struct err err = { 0 };
	struct bench bench;

	open_bench(&bench);
	before = fake_state(bench.root);
	assert_non_null(strstr(before, "0000:02:00.0/config = command 0003"));
	assert_int_equal(bind(&bench, "02:00.0", false, &err), 0);
	/* As a guest may leave it. */
	assert_int_equal(fake_write(bench.root, "/sys/bus/pci/devices/0000:02:00.0/config",
				 "\x06\x04", 2, 4),
		2);
	assert_int_equal(fake_write(bench.root, "/sys/bus/pci/devices/0000:02:00.0/config",
				 "\x01\x00\x00\xf0", 4, 0x30),
		4);
	assert_int_equal(release(&bench, "0000:02:00.0", &err), 0);
	assert_state(&bench, before);
	close_bench(&bench);
}

/* Two transactions: releasing one leaves the other. */
static void test_two(void **state)
{
	own_free char *before = NULL;
	struct err err = { 0 };
	struct bench bench;

	open_bench(&bench);
	before = fake_state(bench.root);
	assert_int_equal(bind(&bench, "01:00.0", false, &err), 0);
	assert_int_equal(bind(&bench, "00:17.0", false, &err), 0);
	assert_int_equal(release(&bench, "0000:01:00.0", &err), 0);
	assert_string_equal(driver(&bench, "0000:01:00.0"), "nouveau");
	assert_string_equal(driver(&bench, "0000:00:17.0"), "vfio-pci");
	assert_int_equal(release(&bench, "0000:00:17.0", &err), 0);
	assert_state(&bench, before);
	close_bench(&bench);
}

/* Each change fails once: the host is as it was, and no journal is left. */
static void test_failures(void **state)
{
	own_free char *before = NULL;
	struct bench bench;
	unsigned n = 0;
	int ret;

	open_bench(&bench);
	before = fake_state(bench.root);
	do {
		struct err err = { 0 };

		arm(&bench, ++n, 0, 0);
		ret = bind(&bench, "01:00.0", true, &err);
		if (!ret)
			break;
		assert_int_equal(ret, -EIO);
		assert_non_null(strstr(err.text, "made to fail"));
		assert_string_equal(err.help, "All is as it was before.");
		disarm(&bench);
		assert_state(&bench, before);
		assert_int_equal(recover(&bench), 0);
	} while (n < FAR);
	assert_in_range(n, 15, 30);
	close_bench(&bench);
}

/* Runs @work in a child that may be killed. True: it came to its end. */
static bool survives(struct bench *bench, int (*work)(struct bench *, const char *, struct err *))
{
	struct err err = { 0 };
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(work(bench, "0000:01:00.0", &err) ? 1 : 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_true(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 9);
	return WEXITSTATUS(status) == 0;
}

static int bind_persisting(struct bench *bench, const char *device, struct err *err)
{
	return bind(bench, device, true, err);
}

static int recover_in_child(struct bench *bench, const char *device, struct err *err)
{
	recover(bench);
	return 0;
}

/* A bind that is killed at its @n-th change, before or after it. True: there was none. */
static bool cut_off_bind(struct bench *bench, unsigned n, bool after)
{
	bool done;

	arm(bench, 0, after ? 0 : n, after ? n : 0);
	done = survives(bench, bind_persisting);
	disarm(bench);
	return done;
}

/* Killed at each change, before and after it. */
static void test_kills(void **state)
{
	own_free char *before = NULL;
	struct bench bench;
	unsigned n = 2;

	open_bench(&bench);
	before = fake_state(bench.root);
	for (; n < 2 * FAR && !cut_off_bind(&bench, n / 2, n % 2); n++) {
		recover(&bench);
		assert_state(&bench, before);
		assert_int_equal(recover(&bench), 0);
	}
	assert_in_range(n, 28, 60);
	close_bench(&bench);
}

/* The recovery of a bind that was cut off late is cut off itself, at each of its changes. */
static void test_killed_recovery(void **state)
{
	own_free char *before = NULL;
	struct bench bench;
	bool done = false;
	unsigned k;

	open_bench(&bench);
	before = fake_state(bench.root);
	for (k = 2; k < FAR && !done; k++) {
		assert_false(cut_off_bind(&bench, 14, true));
		arm(&bench, 0, k % 2 ? k / 2 : 0, k % 2 ? 0 : k / 2);
		done = survives(&bench, recover_in_child);
		disarm(&bench);
		recover(&bench);
		assert_state(&bench, before);
	}
	assert_in_range(k, 20, 60);
	close_bench(&bench);
}

/* A release that is killed is finished by recover. */
static void test_killed_release(void **state)
{
	own_free char *before = NULL;
	struct bench bench;
	struct err err = { 0 };
	bool done = false;

	open_bench(&bench);
	before = fake_state(bench.root);
	for (unsigned n = 1; !done && n < FAR; n++) {
		disarm(&bench);
		assert_int_equal(bind(&bench, "01:00.0", true, &err), 0);
		arm(&bench, 0, 0, n);
		done = survives(&bench, release);
		disarm(&bench);
		assert_int_equal(recover(&bench), done ? 0 : 1);
		assert_state(&bench, before);
	}
	assert_true(done);
	close_bench(&bench);
}

/* A driver that hangs: nothing more is touched, and while it hangs nothing is tried again. */
static void test_hang(void **state)
{
	own_free char *before = NULL;
	struct bench bench;
	struct err err = { 0 };
	struct journal journal;
	char path[64];

	open_bench(&bench);
	before = fake_state(bench.root);
	/* The first unbind: after three power settings, the console and two overrides. */
	arm(&bench, 7, 0, 0);
	bench.fail_code = ETIMEDOUT;
	bench.stuck = 4711;
	assert_int_equal(bind(&bench, "01:00.0", false, &err), -ETIMEDOUT);
	assert_non_null(strstr(err.help, "only a reboot"));
	assert_int_equal(bench.calls, 7);
	disarm(&bench);

	snprintf(path, sizeof(path), "/proc/4711/comm");
	fake_file(bench.root, path, "tenon\n");
	assert_int_equal(release(&bench, "0000:01:00.1", &err), -EBUSY);
	assert_non_null(strstr(err.text, "process 4711 still hangs"));
	assert_int_equal(bench.calls, 0);
	assert_int_equal(store_open(&bench.store, &bench.sysroot, true, 1, &err), 0);
	assert_int_equal(store_find(&bench.store, "0000:01:00.0", &journal, &err), 0);
	assert_int_equal(journal.state, JOURNAL_STUCK);
	journal_close(&journal);
	store_close(&bench.store);

	/* It let go in the end. */
	fake_file(bench.root, path, "other\n");
	assert_int_equal(release(&bench, "0000:01:00.1", &err), 0);
	assert_state(&bench, before);
	close_bench(&bench);
}

static void reboot(struct bench *bench)
{
	/* sysfs is as the firmware and the drivers make it, not as tenon left it. */
	static const char *const links[] = {
		"/sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0/driver",
		"/sys/devices/pci0000:00/0000:00:01.0/0000:01:00.1/driver",
	};
	char path[512];

	for (unsigned i = 0; i < ARRAY_SIZE(links); i++) {
		snprintf(path, sizeof(path), "%s%s", bench->root, links[i]);
		unlink(path);
	}
	fake_host_in(bench->root, fake_desktop, nr_made_desktop);
	fake_file(bench->root, "/sys/bus/pci/devices/0000:01:00.1/driver_override", "pci-stub\n");
	fake_file(bench->root, "/sys/class/vtconsole/vtcon1/bind", "1\n");
	fake_file(bench->root, "/proc/sys/kernel/random/boot_id", "22222222-0000\n");
}

/* After a reboot nothing in the kernel is ours, and a new bind is no second one. */
static void test_reboot(void **state)
{
	own_free char *before = NULL;
	struct bench bench;
	struct err err = { 0 };

	open_bench(&bench);
	before = fake_state(bench.root);
	assert_int_equal(bind(&bench, "01:00.0", false, &err), 0);
	reboot(&bench);
	assert_state(&bench, before);
	/* Since then the owner has made up their mind otherwise. */
	fake_file(bench.root, "/sys/bus/pci/devices/0000:01:00.0/power/control", "on\n");
	assert_int_equal(release(&bench, "0000:01:00.0", &err), 0);
	assert_int_equal(bench.calls > 0, true);
	assert_string_equal(driver(&bench, "0000:01:00.0"), "nouveau");
	assert_int_equal(recover(&bench), 0);

	assert_int_equal(bind(&bench, "01:00.0", false, &err), 0);
	reboot(&bench);
	fake_file(bench.root, "/proc/sys/kernel/random/boot_id", "33333333-0000\n");
	assert_int_equal(bind(&bench, "01:00.0", false, &err), 0);
	assert_int_equal(release(&bench, "0000:01:00.0", &err), 0);
	assert_state(&bench, before);
	close_bench(&bench);
}

/* What was made to survive a reboot is taken back after one, devices and files. */
static void test_reboot_persisting(void **state)
{
	own_free char *before = NULL;
	struct bench bench;
	struct err err = { 0 };
	char text[4096];

	open_bench(&bench);
	before = fake_state(bench.root);
	assert_int_equal(bind(&bench, "01:00.0", true, &err), 0);
	assert_non_null(strstr(fake_text(bench.root, "/etc/modprobe.d/tenon-0000-01-00.0.conf",
				       text, sizeof(text)),
		"tenon"));
	reboot(&bench);
	/* The rule has done its work. */
	for (unsigned fn = 0; fn < 2; fn++) {
		char path[128], addr[16];

		snprintf(addr, sizeof(addr), "0000:01:00.%u", fn);
		snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver/unbind", addr);
		assert_true(fake_write(bench.root, path, addr, strlen(addr), 0) > 0);
		snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver_override", addr);
		assert_true(fake_write(bench.root, path, "vfio-pci", 8, 0) > 0);
		assert_true(fake_write(bench.root, "/sys/bus/pci/drivers_probe", addr, strlen(addr),
				    0) > 0);
	}
	assert_int_equal(recover(&bench), 1);
	assert_string_equal(driver(&bench, "0000:01:00.0"), "vfio-pci");
	assert_int_equal(release(&bench, "0000:01:00.0", &err), 0);
	assert_string_equal(driver(&bench, "0000:01:00.0"), "nouveau");
	assert_string_equal(driver(&bench, "0000:01:00.1"), "snd_hda_intel");
	assert_false(sysroot_exists(&bench.sysroot, "/etc/modprobe.d/tenon-0000-01-00.0.conf"));
	assert_false(
		sysroot_exists(&bench.sysroot, "/etc/udev/rules.d/10-tenon-0000-01-00.0.rules"));
	assert_true(sysroot_exists(&bench.sysroot, "/etc/udev/rules.d/80-own.rules"));
	close_bench(&bench);
}

/* A file that a person changed is theirs. */
static void test_changed_file(void **state)
{
	struct bench bench;
	struct err err = { 0 };
	const char *rules = "/etc/udev/rules.d/10-tenon-0000-01-00.0.rules";

	open_bench(&bench);
	assert_int_equal(bind(&bench, "01:00.0", true, &err), 0);
	fake_file(bench.root, rules, "# mine now\n");
	assert_int_equal(release(&bench, "0000:01:00.0", &err), 0);
	assert_true(sysroot_exists(&bench.sysroot, rules));
	assert_int_equal(bind(&bench, "01:00.0", true, &err), -EEXIST);
	assert_string_equal(driver(&bench, "0000:01:00.0"), "nouveau");
	close_bench(&bench);
}

/* What others did meanwhile is not undone: their driver stays, and a device that is gone is. */
static void test_others(void **state)
{
	struct bench bench;
	struct err err = { 0 };
	char path[512];

	open_bench(&bench);
	assert_int_equal(bind(&bench, "01:00.0", false, &err), 0);
	assert_true(fake_write(bench.root, "/sys/bus/pci/devices/0000:01:00.1/driver/unbind",
			    "0000:01:00.1", 12, 0) > 0);
	assert_true(fake_write(bench.root, "/sys/bus/pci/devices/0000:01:00.1/driver_override",
			    "pci-stub", 8, 0) > 0);
	assert_true(
		fake_write(bench.root, "/sys/bus/pci/drivers_probe", "0000:01:00.1", 12, 0) > 0);
	snprintf(path, sizeof(path), "%s/sys/bus/pci/devices/0000:01:00.0", bench.root);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(release(&bench, "0000:01:00.0", &err), 0);
	assert_string_equal(driver(&bench, "0000:01:00.1"), "pci-stub");
	close_bench(&bench);
}

/* The method is set for the one reset only, also where that fails or is cut off. */
static void test_reset(void **state)
{
	struct host host = { 0 };
	struct reset_facts facts = { .host = &host };
	own_free char *before = NULL;
	struct reset_plan plan;
	struct bench bench;
	struct err err = { 0 };
	struct pci_addr addr;

	open_bench(&bench);
	fake_file(bench.root, "/sys/bus/pci/devices/0000:00:17.0/reset", "%s", "");
	before = fake_state(bench.root);
	assert_int_equal(scan_sysfs(&host, &bench.sysroot, 0, &err), 0);
	assert_int_equal(pci_addr_parse("00:17.0", &addr), 0);
	assert_int_equal(reset_plan(&plan, &facts, host_find(&host, addr), RESET_FLR, 0), 0);
	for (unsigned fail_at = 0; fail_at < 3; fail_at++) {
		arm(&bench, fail_at, 0, 0);
		assert_int_equal(store_open(&bench.store, &bench.sysroot, true, 1, &err), 0);
		assert_int_equal(act_reset(&bench.act, &plan.base, &err), fail_at ? -EIO : 0);
		store_close(&bench.store);
		disarm(&bench);
		assert_state(&bench, before);
		assert_int_equal(recover(&bench), 0);
	}
	reset_plan_close(&plan);
	host_close(&host);
	close_bench(&bench);
}

/* Two at once: the second is told who is at work. */
static void test_lock(void **state)
{
	struct store second;
	struct bench bench;
	struct err err = { 0 };

	open_bench(&bench);
	assert_int_equal(store_open(&bench.store, &bench.sysroot, true, 0, &err), 0);
	assert_int_equal(store_open(&second, &bench.sysroot, true, 0, &err), -EBUSY);
	assert_non_null(strstr(err.text, "another tenon, process"));
	store_close(&bench.store);
	assert_int_equal(store_open(&second, &bench.sysroot, true, 0, &err), 0);
	store_close(&second);
	close_bench(&bench);
}

static bool after_three(void)
{
	static unsigned asked;

	return ++asked > 3;
}

/* Ctrl-C between two operations: back, with nothing left. */
static void test_interrupted(void **state)
{
	own_free char *before = NULL;
	struct bench bench;
	struct err err = { 0 };

	open_bench(&bench);
	before = fake_state(bench.root);
	bench.act.interrupted = after_three;
	assert_int_equal(bind(&bench, "01:00.0", false, &err), -EINTR);
	bench.act.interrupted = NULL;
	assert_state(&bench, before);
	assert_int_equal(recover(&bench), 0);
	close_bench(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bind_and_release),
		cmocka_unit_test(test_user),
		cmocka_unit_test(test_user_of_iommufd),
		cmocka_unit_test(test_registers),
		cmocka_unit_test(test_two),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_kills),
		cmocka_unit_test(test_killed_recovery),
		cmocka_unit_test(test_killed_release),
		cmocka_unit_test(test_hang),
		cmocka_unit_test(test_reboot),
		cmocka_unit_test(test_reboot_persisting),
		cmocka_unit_test(test_changed_file),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_lock),
		cmocka_unit_test(test_interrupted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
