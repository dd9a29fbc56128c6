// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/run/pool.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "cmd/change/session.h"
#include "kernel/hugepages.h"

/* To find a thousand pages of 1 GiB on a busy host, the kernel has to move many others. */
#define POOL_SECONDS 600

/* Of the pages that the user asked for. */
static const u64 page_sizes[] = {
	[RUN_HUGEPAGES_AUTO] = 0,
	[RUN_HUGEPAGES_2M] = 2 * MIB,
	[RUN_HUGEPAGES_1G] = GIB,
	[RUN_HUGEPAGES_OFF] = 0,
};

struct pool_use {
	u64 size, page;
	int fd;
};

static int no_pages(u64 size, u64 page, int code, struct err *err)
{
	err_sys(err, code, "the guest's %llu MiB cannot be had in huge pages of %llu MiB",
		(unsigned long long)(size / MIB), (unsigned long long)(page / MIB));
	if (code == ENOMEM)
		return err_help(err,
			"See how many there are: grep Huge /proc/meminfo. A cgroup's limit can be "
			"the cause, too: hugetlb.%lluMB.max",
			(unsigned long long)(page / MIB));
	return -code;
}

static int set_aside(void *arg, struct err *err)
{
	struct pool_use *use = arg;
	int fd = hugepages_file(use->size, use->page);

	if (fd < 0)
		return no_pages(use->size, use->page, -fd, err);
	use->fd = fd;
	return 0;
}

static int explain(u64 page, u64 missing, struct err *err)
{
	if (err->code == EACCES || err->code == EPERM)
		return err_help(err, "Only root can make the pool larger: it lacks %llu pages",
			(unsigned long long)missing);
	if (err->code == ENOMEM && page == GIB)
		return err_help(err, "Pages of 1 GiB are found when the host starts: put "
				     "hugepagesz=1G hugepages=N on its kernel's command line");
	return -err->code;
}

static int enlarge_and_take(const struct hugepages *pool, u64 missing, struct pool_use *use,
	bool verbose, struct err *err)
{
	char name[64], value[32];
	struct plan_device device = { .name = name };
	struct plan_op op = { .kind = PLAN_POOL, .file = pool->file, .value = value };
	const struct plan plan = { .devices = &device, .nr_devices = 1, .ops = &op, .nr_ops = 1 };
	struct session session;
	sigset_t mask;
	int ret;

	op.why = "the guest's memory needs them";
	snprintf(name, sizeof(name), "hugepages-%lluM", (unsigned long long)(use->page / MIB));
	snprintf(value, sizeof(value), "%llu", (unsigned long long)(pool->keeps + missing));
	sigprocmask(SIG_SETMASK, NULL, &mask);
	ret = session_open(&session, NULL, verbose, err);
	session.fx.seconds = POOL_SECONDS;
	if (!ret)
		ret = act_borrow(&session.act, "run", &plan, set_aside, use, err);
	session_close(&session);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	return ret ? explain(use->page, missing, err) : 0;
}

/*
 * The memory of a request that asked for this size is a multiple of it: see run_pool_check().
 * @may_enlarge: the pool may be enlarged; otherwise only its free pages are used.
 */
static int take(const struct sysroot *sysroot, struct machine_config *config, u64 page,
	bool may_enlarge, bool verbose, struct err *err)
{
	struct pool_use use = { config->memory, page, -1 };
	u64 need = config->memory / page;
	struct hugepages pool, near;
	int ret = hugepages_read(sysroot, page, -1, &pool);

	if (!ret && config->ram.node >= 0)
		ret = hugepages_read(sysroot, page, config->ram.node, &near);
	if (ret)
		return err_sys(err, -ret, "the host has no huge pages of %llu MiB",
			(unsigned long long)(page / MIB));
	if (config->memory % page)
		return -EINVAL;
	if (config->ram.node < 0)
		near = pool;
	if (pool.free >= need && near.free >= need)
		ret = set_aside(&use, err);
	else if (may_enlarge)
		ret = enlarge_and_take(&near,
			need - (near.free < pool.free ? near.free : pool.free), &use, verbose, err);
	else
		return -ENOMEM;
	if (ret)
		return ret;
	config->ram.file = use.fd;
	config->ram.page = page;
	log_debug("guest memory is in huge pages of %llu MiB", (unsigned long long)(page / MIB));
	return 0;
}

/* The NUMA node of the first device that has one; a host with one node reports none. */
static int node_of_devices(const struct sysroot *sysroot, const struct machine_config *config)
{
	for (unsigned i = 0; i < config->nr_devices; i++) {
		char name[PCI_ADDR_SIZE], path[96], text[16];

		snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/numa_node",
			pci_addr_text(config->devices[i].addr, name));
		if (sysroot_text(sysroot, path, text, sizeof(text)) > 0 && atoi(text) >= 0)
			return sysroot_exists(sysroot, "/sys/devices/system/node/node1")
				       ? atoi(text)
				       : -1;
	}
	return -1;
}

int run_pool_check(const struct run_request *request, struct err *err)
{
	u64 page = page_sizes[request->hugepages];

	if (!page || request->config.memory % page == 0)
		return 0;
	return err_set(err, EINVAL, "--memory is no multiple of the page size, %llu MiB",
		(unsigned long long)(page / MIB));
}

int run_pool_take(struct run_request *request, struct err *err)
{
	struct machine_config *config = &request->config;
	struct err ignored = { 0 };
	struct sysroot sysroot;
	int ret = sysroot_open(&sysroot, "", err);

	if (ret)
		return ret;
	config->ram.node = node_of_devices(&sysroot, config);
	switch (request->hugepages) {
	case RUN_HUGEPAGES_OFF:
		break;
	case RUN_HUGEPAGES_AUTO:
		if (take(&sysroot, config, GIB, false, request->verbose, &ignored))
			take(&sysroot, config, 2 * MIB, false, request->verbose, &ignored);
		break;
	default:
		ret = take(&sysroot, config, page_sizes[request->hugepages], true, request->verbose,
			err);
	}
	sysroot_close(&sysroot);
	return ret;
}
