// SPDX-License-Identifier: GPL-2.0-or-later
#include "unit.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/limits.h"
#include "vm/vfio/dma.h"

struct fake_iommu {
	struct vfio_iommu iommu;
	struct vfio_iommu_limits limits;
	unsigned maps;
	unsigned fail_at; /* the map that fails, from 1; 0: none */
	int error;
	char log[600];
	u64 mapped;
};

static int fake_map(struct vfio_iommu *iommu, u64 iova, void *host, u64 size, u32 flags)
{
	struct fake_iommu *f = container_of(iommu, struct fake_iommu, iommu);

	assert_int_equal(flags, VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE);
	assert_non_null(host);
	if (++f->maps == f->fail_at)
		return -f->error;
	f->mapped += size;
	sprintf(f->log + strlen(f->log), "+%llx:%llx ", (unsigned long long)iova,
		(unsigned long long)size);
	return 0;
}

static int fake_unmap(struct vfio_iommu *iommu, u64 iova, u64 size)
{
	struct fake_iommu *f = container_of(iommu, struct fake_iommu, iommu);

	f->mapped -= size;
	sprintf(f->log + strlen(f->log), "-%llx:%llx ", (unsigned long long)iova,
		(unsigned long long)size);
	return 0;
}

static int fake_limits(struct vfio_iommu *iommu, struct vfio_iommu_limits *limits)
{
	*limits = container_of(iommu, struct fake_iommu, iommu)->limits;
	return 0;
}

static const struct vfio_iommu_ops fake_ops = { fake_map, fake_unmap, fake_limits };

struct world {
	struct mem mem;
	struct fake_iommu fake;
	struct vfio_dma dma;
	struct mem_region low, high, rom;
	void *host;
};

#define HOST_SIZE (3 * GIB)

static void set_up(struct world *w)
{
	struct err err = { 0 };

	memset(w, 0, sizeof(*w));
	assert_int_equal(mem_open(&w->mem, NULL, &err), 0);
	w->fake.iommu.ops = &fake_ops;
	w->fake.limits.page_sizes = 0x40201000;
	w->host = mmap(
		NULL, HOST_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	assert_true(w->host != MAP_FAILED);
	w->low = (struct mem_region){ "RAM", { 0, 0xa0000 }, FLAT_RANK_PLATFORM, MEM_RAM, w->host };
	w->high = (struct mem_region){ "RAM", { 0x170000000, 0xa0000000 }, FLAT_RANK_PLATFORM,
		MEM_RAM, (char *)w->host + MIB };
	w->rom = (struct mem_region){ "ROM", { 0xffff0000, 0x10000 }, FLAT_RANK_PLATFORM, MEM_ROM,
		w->host };
	assert_int_equal(mem_add(&w->mem, &w->low, &err), 0);
	assert_int_equal(mem_add(&w->mem, &w->rom, &err), 0);
}

static void tear_down(struct world *w)
{
	vfio_dma_stop(&w->dma);
	assert_int_equal(w->fake.mapped, 0);
	mem_close(&w->mem);
	munmap(w->host, HOST_SIZE);
}

static int start(struct world *w, struct err *err)
{
	return vfio_dma_start(&w->dma, &w->mem, &w->fake.iommu, "0000:01:00.0", NULL, err);
}

static void ram_follows_the_map(void **state)
{
	struct err err = { 0 };
	struct world w;

	set_up(&w);
	assert_int_equal(start(&w, &err), 0);
	assert_string_equal(w.fake.log, "+0:a0000 ");
	w.fake.log[0] = '\0';
	/* Cut at whole GiB of guest address. */
	assert_int_equal(mem_add(&w.mem, &w.high, &err), 0);
	assert_string_equal(w.fake.log,
		"+170000000:10000000 +180000000:40000000 +1c0000000:40000000 "
		"+200000000:10000000 ");
	w.fake.log[0] = '\0';
	mem_remove(&w.mem, &w.high);
	assert_string_equal(w.fake.log, "-170000000:a0000000 ");
	tear_down(&w);
}

static void failure_leaves_nothing_mapped(void **state)
{
	struct err err = { 0 };
	struct world w;

	set_up(&w);
	assert_int_equal(start(&w, &err), 0);
	w.fake.fail_at = 4;
	w.fake.error = ENOSPC;
	assert_int_equal(mem_add(&w.mem, &w.high, &err), -ENOSPC);
	assert_non_null(strstr(err.text, "0000:01:00.0: cannot give it guest memory "
					 "0x170000000-0x20fffffff for DMA"));
	assert_non_null(strstr(err.help, "dma_entry_limit"));
	assert_int_equal(w.fake.mapped, 0xa0000);
	tear_down(&w);

	set_up(&w);
	w.fake.fail_at = 1;
	w.fake.error = EFAULT;
	assert_int_equal(start(&w, &err), -EFAULT);
	tear_down(&w);
}

static void addresses_that_the_iommu_does_not_take(void **state)
{
	struct err err = { 0 };
	struct world w;

	set_up(&w);
	w.fake.limits.ranges[0] = (struct range){ 0, 0xfee00000 };
	w.fake.limits.ranges[1] = (struct range){ 0xfef00000, 0x200000000 - 0xfef00000 };
	w.fake.limits.nr_ranges = 2;
	assert_int_equal(start(&w, &err), 0);
	assert_int_equal(mem_add(&w.mem, &w.high, &err), -EINVAL);
	assert_non_null(strstr(err.text, "ends at 0x1ffffffff"));
	assert_non_null(strstr(err.help, "0000:01:00.0/iommu_group/reserved_regions"));
	assert_int_equal(w.fake.maps, 1);
	tear_down(&w);

	set_up(&w);
	w.fake.limits.page_sizes = 0x40000000;
	assert_int_equal(start(&w, &err), -EINVAL);
	assert_non_null(strstr(err.text, "not on the IOMMU's pages"));
	tear_down(&w);
}

/* Takes CAP_IPC_LOCK away or gives it back, where the process may have it at all. */
static void set_may_lock(bool may)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };

	assert_int_equal(syscall(SYS_capget, &header, data), 0);
	for (unsigned i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		data[i].effective = data[i].permitted;
	if (!may)
		data[CAP_TO_INDEX(CAP_IPC_LOCK)].effective &= ~CAP_TO_MASK(CAP_IPC_LOCK);
	assert_int_equal(syscall(SYS_capset, &header, data), 0);
}

static int check(const struct sysroot *host, u64 bytes, struct err *err)
{
	return vfio_dma_check_limit(host, bytes, false, "0000:01:00.0", err);
}

static void put_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/* The least of the limits from the process's cgroup upward; a limit "max" is none. */
static void limit_of_the_cgroup(void **state)
{
	static const char *const directories[] = { "sys", "sys/fs", "sys/fs/cgroup",
		"sys/fs/cgroup/a", "sys/fs/cgroup/a/b", "proc", "proc/self" };
	char root[] = "/tmp/tenon-cgroup-XXXXXX", command[64];
	struct err err = { 0 };
	struct sysroot host;
	u64 may_lock;

	assert_non_null(mkdtemp(root));
	assert_int_equal(sysroot_open(&host, root, &err), 0);
	assert_true(limit_cgroup_memory(&host) == LIMIT_NONE);
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
		assert_int_equal(mkdirat(host.fd, directories[i], 0755), 0);
	assert_int_equal(chdir(root), 0);
	put_file("proc/self/cgroup", "1:name=systemd:/x\n0::/a/b\n");
	assert_true(limit_cgroup_memory(&host) == LIMIT_NONE);
	put_file("sys/fs/cgroup/a/b/memory.max", "max\n");
	assert_true(limit_cgroup_memory(&host) == LIMIT_NONE);
	put_file("sys/fs/cgroup/a/memory.max", "1073741824\n");
	assert_int_equal(limit_cgroup_memory(&host), GIB);
	put_file("sys/fs/cgroup/a/b/memory.max", "2147483648\n");
	assert_int_equal(limit_cgroup_memory(&host), GIB);

	/* An ordinary user may not lock as much; the next test is about that. */
	may_lock = limit_locked_memory();
	assert_int_equal(check(&host, may_lock < GIB ? may_lock : GIB, &err), 0);
	assert_int_equal(check(&host, 2 * GIB, &err), -ENOMEM);
	assert_non_null(strstr(err.text, "the cgroup of this process may have only 1024 MiB"));
	/* Pages of the pool are counted elsewhere. */
	if (may_lock == LIMIT_NONE)
		assert_int_equal(
			vfio_dma_check_limit(&host, 2 * GIB, true, "0000:01:00.0", &err), 0);

	assert_int_equal(chdir("/"), 0);
	sysroot_close(&host);
	snprintf(command, sizeof(command), "rm -r %s", root);
	assert_int_equal(system(command), 0);
}

static void limit_of_locked_memory(void **state)
{
	struct sysroot host;
	struct rlimit before, low = { .rlim_cur = 64 * KIB };
	struct err err = { 0 };
	struct world w;

	set_up(&w);
	/* A host without cgroups. */
	assert_int_equal(sysroot_open(&host, "/dev/shm", &err), 0);
	set_may_lock(false);
	assert_int_equal(getrlimit(RLIMIT_MEMLOCK, &before), 0);
	low.rlim_max = before.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_MEMLOCK, &low), 0);

	/* Before anything is opened. */
	assert_int_equal(check(&host, 64 * KIB, &err), 0);
	assert_int_equal(check(&host, 2 * GIB, &err), -ENOMEM);
	assert_string_equal(err.text,
		"0000:01:00.0: the guest's 2048 MiB must stay in memory for the device, but this "
		"process may lock only 64 KiB");
	assert_non_null(strstr(err.help, "ulimit -l 2097152"));
	assert_non_null(strstr(err.help, "LimitMEMLOCK=2048M"));

	/* And if the kernel is the one to find out: all of the RAM that is there counts. */
	w.fake.fail_at = 1;
	w.fake.error = ENOMEM;
	assert_int_equal(start(&w, &err), -ENOMEM);
	assert_non_null(strstr(err.help, "ulimit -l 640\n"));

	setrlimit(RLIMIT_MEMLOCK, &before);
	set_may_lock(true);
	sysroot_close(&host);
	tear_down(&w);
}

/* Another device's BAR, where it is asked for and the IOMMU takes it; it is never a reason to fail.
 */
static void bars_are_reached_where_that_is_asked_for(void **state)
{
	struct mem_region bar = { "0000:02:00.0", { 0xd0000000, 0x100000 }, FLAT_RANK_BAR,
		MEM_DEVICE, NULL };
	struct err err = { 0 };
	struct world w;

	set_up(&w);
	bar.host = (char *)w.host + GIB;
	assert_int_equal(start(&w, &err), 0);
	w.fake.log[0] = '\0';
	assert_int_equal(mem_add(&w.mem, &bar, &err), 0);
	assert_string_equal(w.fake.log, "");
	mem_remove(&w.mem, &bar);
	bar.peer = true;
	assert_int_equal(mem_add(&w.mem, &bar, &err), 0);
	assert_string_equal(w.fake.log, "+d0000000:100000 ");
	mem_remove(&w.mem, &bar);
	assert_string_equal(w.fake.log, "+d0000000:100000 -d0000000:100000 ");
	/* What was not asked for leaves room for what was. */
	w.fake.log[0] = '\0';
	memset(w.dma.peers, 0, sizeof(w.dma.peers));
	w.dma.nr_peers = VFIO_DMA_UNASKED_PEERS;
	bar.peer_unasked = true;
	assert_int_equal(mem_add(&w.mem, &bar, &err), 0);
	mem_remove(&w.mem, &bar);
	assert_string_equal(w.fake.log, "");
	bar.peer_unasked = false;
	assert_int_equal(mem_add(&w.mem, &bar, &err), 0);
	mem_remove(&w.mem, &bar);
	assert_string_equal(w.fake.log, "+d0000000:100000 -d0000000:100000 ");
	w.dma.nr_peers = 0;
	w.fake.log[0] = '\0';
	w.dma.limits.ranges[0] = (struct range){ 0, 0xc0000000 };
	w.dma.limits.nr_ranges = 1;
	assert_int_equal(mem_add(&w.mem, &bar, &err), 0);
	mem_remove(&w.mem, &bar);
	assert_string_equal(w.fake.log, "");
	tear_down(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ram_follows_the_map),
		cmocka_unit_test(bars_are_reached_where_that_is_asked_for),
		cmocka_unit_test(failure_leaves_nothing_mapped),
		cmocka_unit_test(addresses_that_the_iommu_does_not_take),
		cmocka_unit_test(limit_of_the_cgroup),
		cmocka_unit_test(limit_of_locked_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
