/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What these tests have in common. */
#ifndef UNIT_HOST_ACT_BENCH_H
#define UNIT_HOST_ACT_BENCH_H

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/own.h"
#include "fake_host.h"
#include "host/act/act.h"
#include "host/plan/reset.h"
#include "host/scan/modules.h"
#include "host/scan/scan.h"
#include "host/scan/uses.h"
#include "unit.h"

#define FAR 1000

/* Effects upon the made-up host; one of them can fail, or be the last that the process does. */
struct bench {
	char *root;
	struct sysroot sysroot;
	struct effects fx;
	struct store store;
	struct act act;
	unsigned calls, fail_at, die_before, die_after; /* by number, from 1; 0: never */
	int fail_code;
	pid_t stuck;
	unsigned user; /* who is to have the files; 0: nobody */
};

/* Returns 0 to go on, or the failure. */
static inline int enter(struct effects *fx, struct err *err)
{
	struct bench *bench = container_of(fx, struct bench, fx);

	if (++bench->calls == bench->die_before)
		_exit(9);
	if (bench->calls != bench->fail_at)
		return 0;
	fx->stuck = bench->stuck;
	return err_sys(err, bench->fail_code, "made to fail");
}

static inline int leave(struct effects *fx, int ret, const char *what, struct err *err)
{
	struct bench *bench = container_of(fx, struct bench, fx);

	if (bench->calls == bench->die_after)
		_exit(9);
	return ret < 0 ? err_sys(err, -ret, "%s", what) : 0;
}

static inline int fake_fx_write(
	struct effects *fx, const char *file, const char *text, struct err *err)
{
	struct bench *bench = container_of(fx, struct bench, fx);
	int ret = enter(fx, err);

	return ret ? ret
		   : leave(fx, fake_write(bench->root, file, text, strlen(text), 0), file, err);
}

static inline int fake_fx_poke(struct effects *fx, const char *file, unsigned pos, u32 value,
	unsigned size, struct err *err)
{
	struct bench *bench = container_of(fx, struct bench, fx);
	int ret = enter(fx, err);

	return ret ? ret
		   : leave(fx, fake_write(bench->root, file, (char *)&value, size, pos), file, err);
}

static inline int fake_fx_module(struct effects *fx, const char *name, struct err *err)
{
	struct bench *bench = container_of(fx, struct bench, fx);
	int ret = enter(fx, err);

	if (ret)
		return ret;
	if (strncmp(name, "nvidia_", 7))
		fake_driver(bench->root, "pci", name);
	else
		fake_module(bench->root, name, true);
	return leave(fx, 0, name, err);
}

static inline int fake_fx_unload(struct effects *fx, const char *name, struct err *err)
{
	struct bench *bench = container_of(fx, struct bench, fx);
	int ret = enter(fx, err);

	if (ret)
		return ret;
	fake_module(bench->root, name, false);
	return leave(fx, 0, name, err);
}

static inline int fake_fx_unit(struct effects *fx, const char *name, bool start, struct err *err)
{
	struct bench *bench = container_of(fx, struct bench, fx);
	int ret = enter(fx, err);

	if (ret)
		return ret;
	fake_service(bench->root, name, start);
	return leave(fx, 0, name, err);
}

static inline int fake_fx_check(struct effects *fx, const char *file, struct err *err)
{
	int ret = enter(fx, err);

	return ret ? ret : leave(fx, 0, file, err);
}

static inline int fake_fx_create(
	struct effects *fx, const char *file, const char *text, struct err *err)
{
	int ret = enter(fx, err);

	return ret ? ret : leave(fx, effects_of_kernel.create(fx, file, text, err), file, err);
}

static inline int fake_fx_remove(struct effects *fx, const char *file, struct err *err)
{
	int ret = enter(fx, err);

	return ret ? ret : leave(fx, effects_of_kernel.remove(fx, file, err), file, err);
}

static inline int fake_fx_own(struct effects *fx, const char *file, uid_t uid, struct err *err)
{
	int ret = enter(fx, err);

	return ret ? ret : leave(fx, effects_of_kernel.own(fx, file, uid, err), file, err);
}

static inline int fake_fx_reset_slot(
	struct effects *fx, const char *device, const char *groups, struct err *err)
{
	int ret = enter(fx, err);

	return ret ? ret : leave(fx, 0, device, err);
}

static const struct effects_ops fake_ops = {
	.write = fake_fx_write,
	.poke = fake_fx_poke,
	.module = fake_fx_module,
	.unload = fake_fx_unload,
	.unit = fake_fx_unit,
	.check = fake_fx_check,
	.reset_slot = fake_fx_reset_slot,
	.create = fake_fx_create,
	.own = fake_fx_own,
	.remove = fake_fx_remove,
};

static inline void open_bench(struct bench *bench)
{
	struct err err = { 0 };

	*bench = (struct bench){ .root = fake_host(fake_desktop, nr_made_desktop) };
	fake_file(bench->root, "/etc/udev/rules.d/80-own.rules", "# not ours\n");
	fake_file(bench->root, "/etc/modprobe.d/own.conf", "%s", "");
	fake_file(bench->root, "/etc/initramfs-tools/hooks/own", "%s", "");
	fake_file(bench->root, "/lib/modules/6.1.0-made/modules.alias",
		"alias pci:v000010DEd*sv*sd*bc03sc*i* nouveau\n");
	fake_file(bench->root, "/sys/class/vtconsole/vtcon1/name", "(M) frame buffer device\n");
	fake_file(bench->root, "/sys/class/vtconsole/vtcon1/bind", "1\n");
	fake_file(bench->root,
		"/sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0/graphics/fb0/name",
		"nouveaudrmfb\n");
	fake_link(bench->root, "/sys/class/graphics/fb0",
		"../../devices/pci0000:00/0000:00:01.0/0000:01:00.0/graphics/fb0");
	/* Meant for the next start of the host, say: the driver that has the device is another. */
	fake_file(bench->root, "/sys/bus/pci/devices/0000:01:00.1/driver_override", "pci-stub\n");
	assert_int_equal(sysroot_open(&bench->sysroot, bench->root, &err), 0);
	bench->fx = (struct effects){ .ops = &fake_ops, .sysroot = &bench->sysroot };
	bench->act = (struct act){ .fx = &bench->fx, .store = &bench->store };
}

static inline void close_bench(struct bench *bench)
{
	sysroot_close(&bench->sysroot);
	fake_host_end(bench->root);
}

static inline void arm(
	struct bench *bench, unsigned fail_at, unsigned die_before, unsigned die_after)
{
	bench->calls = 0;
	bench->fail_at = fail_at;
	bench->fail_code = EIO;
	bench->die_before = die_before;
	bench->die_after = die_after;
}

static inline void disarm(struct bench *bench)
{
	arm(bench, 0, 0, 0);
}

static inline void make_plan_for(
	struct bench *bench, const char *device, struct plan_request request, struct plan *plan)
{
	static struct host host;
	static struct uses uses;
	static struct modules modules;
	struct plan_facts facts = { &host, &uses, &modules };
	struct err err = { 0 };
	struct pci_addr addr;

	assert_int_equal(pci_addr_parse(device, &addr), 0);
	request.devices = &addr;
	request.count = 1;
	host = (struct host){ 0 };
	assert_int_equal(scan_sysfs(&host, &bench->sysroot, 0, &err), 0);
	assert_int_equal(scan_uses(&uses, &host, &bench->sysroot), 0);
	assert_int_equal(scan_modules(&modules, &host, &bench->sysroot), 0);
	assert_int_equal(plan_bind(plan, &facts, &request), 0);
	host_close(&host);
}

static inline void make_plan(
	struct bench *bench, const char *device, bool persist, struct plan *plan)
{
	const struct plan_request request = {
		.persist = persist,
		.user = bench->user ? "desk" : NULL,
		.uid = bench->user,
	};

	make_plan_for(bench, device, request, plan);
}

static inline int bind(struct bench *bench, const char *device, bool persist, struct err *err)
{
	struct plan plan;
	int ret = store_open(&bench->store, &bench->sysroot, true, 1, err);

	assert_int_equal(ret, 0);
	make_plan(bench, device, persist, &plan);
	ret = act_bind(&bench->act, &plan, err);
	plan_close(&plan);
	store_close(&bench->store);
	return ret;
}

static inline int release(struct bench *bench, const char *device, struct err *err)
{
	struct journal journal;
	int ret = store_open(&bench->store, &bench->sysroot, true, 1, err);

	assert_int_equal(ret, 0);
	ret = store_find(&bench->store, device, &journal, err);
	if (!ret)
		ret = act_undo(&bench->act, &journal, err);
	journal_close(&journal);
	store_close(&bench->store);
	return ret;
}

/* What `tenon recover` does. Returns how many journals there were. */
static inline int recover(struct bench *bench)
{
	own_free char **names = NULL;
	struct err err = { 0 };
	int n;

	assert_int_equal(store_open(&bench->store, &bench->sysroot, true, 1, &err), 0);
	n = store_names(&bench->store, &names, &err);
	for (int i = 0; i < n; i++) {
		struct journal journal;

		assert_int_equal(
			journal_load(&journal, bench->store.directory, names[i], true, &err), 0);
		if (journal.state != JOURNAL_BOUND && !journal_is_held(&journal))
			assert_int_equal(act_undo(&bench->act, &journal, &err), 0);
		journal_close(&journal);
	}
	store_close(&bench->store);
	return n;
}

static inline void assert_state(struct bench *bench, const char *want)
{
	own_free char *now = fake_state(bench->root);

	assert_string_equal(now, want);
}

static inline const char *driver(struct bench *bench, const char *device)
{
	static char name[64];
	char path[256];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver", device);
	if (sysroot_link_name(&bench->sysroot, path, name, sizeof(name)) < 0)
		return "";
	return name;
}

#endif
