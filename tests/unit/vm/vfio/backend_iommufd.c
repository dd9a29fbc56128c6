// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Devices by iommufd, with a double of the kernel: this program's own ioctl() stands before the
 * C library's, and the files are plain ones below a made-up root.
 */
#include "unit.h"

#include <errno.h>
#include <limits.h>
#include <linux/vfio.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "fake_host.h"
#include "kernel/iommufd_uapi.h"
#include "vm/vfio/backend_iommufd.h"

#define SPACE 77

/* What the kernel was asked for, in order: "vfio3:bind ". */
static char calls[1000];
static unsigned long fails; /* the request that fails, with @code */
static int code;
static struct iommufd_map mapped;
static struct iommufd_unmap unmapped;
static struct iommufd_range ranges[4];
static u32 nr_ranges;
static u32 hot_reset_groups;

static int answer(int fd, unsigned long request, void *arg)
{
	struct iommufd_vfio_bind *bind = arg;
	struct iommufd_ranges *query = arg;
	struct vfio_pci_hot_reset_info *info = arg;

	switch (request) {
	case IOMMUFD_IOAS_ALLOC:
		((struct iommufd_alloc *)arg)->space = SPACE;
		return 0;
	case IOMMUFD_VFIO_BIND:
		assert_true(bind->iommufd >= 0 && bind->iommufd != fd);
		return 0;
	case IOMMUFD_VFIO_ATTACH:
		assert_int_equal(((struct iommufd_vfio_attach *)arg)->space, SPACE);
		return 0;
	case IOMMUFD_IOAS_MAP:
		mapped = *(struct iommufd_map *)arg;
		return 0;
	case IOMMUFD_IOAS_UNMAP:
		unmapped = *(struct iommufd_unmap *)arg;
		return 0;
	case IOMMUFD_IOAS_IOVA_RANGES:
		assert_int_equal(query->space, SPACE);
		assert_true(query->nr >= nr_ranges);
		memcpy((void *)(uintptr_t)query->ranges, ranges, nr_ranges * sizeof(ranges[0]));
		query->nr = nr_ranges;
		query->alignment = 0x1000;
		return 0;
	case VFIO_DEVICE_GET_PCI_HOT_RESET_INFO:
		info->flags = IOMMUFD_HOT_RESET_DEVICES;
		info->count = 3;
		info->devices[0] = (struct vfio_pci_dependent_device){ .group_id = 5, .bus = 1 };
		info->devices[1] = (struct vfio_pci_dependent_device){ .group_id = 0, .bus = 1 };
		info->devices[2] = (struct vfio_pci_dependent_device){ .group_id = ~0u, .bus = 2 };
		return 0;
	case VFIO_DEVICE_PCI_HOT_RESET:
		hot_reset_groups = ((struct vfio_pci_hot_reset *)arg)->count;
		return 0;
	default:
		errno = ENOTTY;
		return -1;
	}
}

static const char *name_of(unsigned long request)
{
	switch (request) {
	case IOMMUFD_IOAS_ALLOC:
		return "alloc";
	case IOMMUFD_VFIO_BIND:
		return "bind";
	case IOMMUFD_VFIO_ATTACH:
		return "attach";
	default:
		return "?";
	}
}

int ioctl(int fd, unsigned long request, ...)
{
	char link[64], path[PATH_MAX] = "";
	va_list args;
	void *arg;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	assert_true(readlink(link, path, sizeof(path) - 1) > 0);
	sprintf(calls + strlen(calls), "%s:%s ", strrchr(path, '/') + 1, name_of(request));
	if (request != fails)
		return answer(fd, request, arg);
	errno = code;
	return -1;
}

struct world {
	char root[64];
	struct sysroot sysroot;
	struct vfio_backend_iommufd iommufd;
};

static const struct pci_addr gpu = { .bus = 1 }, audio = { .bus = 1, .fn = 1 };

static void add_device(struct world *w, const char *name, const char *file)
{
	char path[160];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/class", name);
	fake_file(w->root, path, "0x030000\n");
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver", name);
	fake_link(w->root, path, "../../drivers/vfio-pci");
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group", name);
	fake_link(w->root, path, "../../../../kernel/iommu_groups/14");
	snprintf(path, sizeof(path), "/sys/kernel/iommu_groups/14/devices/%s/x", name);
	fake_file(w->root, path, "\n");
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/vfio-dev/%s/dev", name, file);
	fake_file(w->root, path, "510:3\n");
	snprintf(path, sizeof(path), "/dev/vfio/devices/%s", file);
	fake_file(w->root, path, "\n");
}

static void set_up(struct world *w)
{
	struct err err = { 0 };

	memset(w, 0, sizeof(*w));
	strcpy(w->root, "/tmp/tenon-cdevs-XXXXXX");
	assert_non_null(mkdtemp(w->root));
	fake_file(w->root, "/dev/iommu", "\n");
	add_device(w, "0000:01:00.0", "vfio3");
	add_device(w, "0000:01:00.1", "vfio4");
	assert_int_equal(sysroot_open(&w->sysroot, w->root, &err), 0);
	calls[0] = '\0';
	fails = 0;
}

static void tear_down(struct world *w)
{
	sysroot_close(&w->sysroot);
	fake_host_end(strdup(w->root));
}

static unsigned open_files(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += lseek(fd, 0, SEEK_CUR) >= 0 || errno != EBADF;
	return n;
}

static int take(struct vfio_backend *backend, struct pci_addr addr, struct vfio_opened *opened,
	struct err *err)
{
	int ret = backend->ops->open(backend, addr, opened, err);

	return ret ? ret : backend->ops->start(backend, addr, opened->dev, err);
}

static void two_devices_in_one_space(void **state)
{
	struct vfio_pci_dependent_device list[4];
	struct vfio_opened first, second;
	struct vfio_backend *backend;
	struct err err = { 0 };
	unsigned files, count;
	struct world w;

	set_up(&w);
	files = open_files();
	backend = &w.iommufd.backend;
	assert_int_equal(vfio_backend_iommufd_open(&w.iommufd, &w.sysroot, NULL, &err), 0);
	assert_int_equal(backend->ops->check(backend, gpu, &err), 0);
	assert_int_equal(take(backend, gpu, &first, &err), 0);
	assert_int_equal(take(backend, audio, &second, &err), 0);
	assert_string_equal(calls, "iommu:alloc vfio3:bind vfio3:attach vfio4:bind vfio4:attach ");
	assert_int_equal(backend->nr_iommus, 1);
	assert_int_equal(backend->iommu_users[0].fn, 0);

	/* A reset of the bus: those of ours by one group without a file, the third is another's. */
	assert_int_equal(first.dev->ops->hot_reset_info(first.dev, list, 4, &count), 0);
	assert_int_equal(count, 3);
	assert_int_equal(list[0].group_id, backend->group_ids[0]);
	assert_int_equal(list[1].group_id, backend->group_ids[0]);
	assert_true(list[2].group_id != backend->group_ids[0]);
	hot_reset_groups = 9;
	assert_int_equal(first.dev->ops->hot_reset(first.dev, backend->group_fds, 1), 0);
	assert_int_equal(hot_reset_groups, 0);

	backend->ops->close(backend);
	assert_int_equal(open_files(), files);
	tear_down(&w);
}

static void maps_and_limits(void **state)
{
	struct vfio_iommu_limits found;
	struct vfio_iommu *iommu;
	struct err err = { 0 };
	struct world w;

	set_up(&w);
	assert_int_equal(vfio_backend_iommufd_open(&w.iommufd, &w.sysroot, NULL, &err), 0);
	iommu = w.iommufd.backend.iommus[0];
	assert_int_equal(iommu->ops->map(iommu, 0x100000, &w, 0x4000, VFIO_DMA_MAP_FLAG_READ), 0);
	assert_int_equal(mapped.size, sizeof(mapped));
	assert_int_equal(mapped.flags, IOMMUFD_MAP_FIXED_IOVA | IOMMUFD_MAP_READABLE);
	assert_int_equal(mapped.space, SPACE);
	assert_int_equal(mapped.iova, 0x100000);
	assert_int_equal(mapped.length, 0x4000);
	assert_ptr_equal((void *)(uintptr_t)mapped.host, &w);
	assert_int_equal(iommu->ops->unmap(iommu, 0x100000, 0x4000), 0);
	assert_int_equal(unmapped.iova, 0x100000);
	assert_int_equal(unmapped.length, 0x4000);
	fails = IOMMUFD_IOAS_MAP;
	code = ENOMEM;
	assert_int_equal(iommu->ops->map(iommu, 0, &w, 0x1000, 3), -ENOMEM);

	nr_ranges = 2;
	ranges[0] = (struct iommufd_range){ 0, 0xfedfffff };
	ranges[1] = (struct iommufd_range){ 0xfef00000, 0x7fffffffff };
	assert_int_equal(iommu->ops->limits(iommu, &found), 0);
	assert_int_equal(found.page_sizes, 0x1000);
	assert_int_equal(found.nr_ranges, 2);
	assert_int_equal(found.ranges[0].size, 0xfee00000);
	assert_true(range_end(found.ranges[1]) == 0x8000000000);
	assert_int_equal(found.mappings_left, ~0u);
	nr_ranges = 1;
	ranges[0] = (struct iommufd_range){ 0, ~0ull };
	assert_int_equal(iommu->ops->limits(iommu, &found), 0);
	assert_true(range_contains(found.ranges[0], 0, 1ull << 63));
	w.iommufd.backend.ops->close(&w.iommufd.backend);
	tear_down(&w);
}

/* Each step that fails leaves nothing open, and says what failed on which device. */
static void failures(void **state)
{
	static const struct {
		unsigned long request;
		int code;
		const char *text;
	} cases[] = {
		{ IOMMUFD_IOAS_ALLOC, ENOMEM, "iommufd gives no address space" },
		{ IOMMUFD_VFIO_BIND, ENODEV, "0000:01:00.0: the IOMMU does not take the device" },
		{ IOMMUFD_VFIO_ATTACH, EINVAL, "0000:01:00.0: the IOMMU does not take the device" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vfio_opened opened;
		struct err err = { 0 };
		struct world w;
		unsigned files;
		int ret;

		set_up(&w);
		files = open_files();
		fails = cases[i].request;
		code = cases[i].code;
		ret = vfio_backend_iommufd_open(&w.iommufd, &w.sysroot, NULL, &err);
		if (!ret)
			ret = take(&w.iommufd.backend, gpu, &opened, &err);
		assert_int_equal(ret, -cases[i].code);
		assert_non_null(strstr(err.text, cases[i].text));
		w.iommufd.backend.ops->close(&w.iommufd.backend);
		assert_int_equal(open_files(), files);
		tear_down(&w);
	}
}

static void what_is_offered(void **state)
{
	struct err err = { 0 };
	struct world w;
	char path[128];

	set_up(&w);
	assert_true(iommufd_offered(&w.sysroot, "0000:01:00.0"));
	assert_false(iommufd_offered(&w.sysroot, "0000:02:00.0"));
	snprintf(path, sizeof(path), "%s/dev/vfio/devices/vfio3", w.root);
	assert_int_equal(unlink(path), 0);
	assert_false(iommufd_offered(&w.sysroot, "0000:01:00.0"));
	assert_int_equal(iommufd_open_device(&w.sysroot, "0000:01:00.0", &err), -ENOENT);
	assert_non_null(strstr(err.help, "CONFIG_VFIO_DEVICE_CDEV"));
	snprintf(path, sizeof(path), "%s/dev/iommu", w.root);
	assert_int_equal(unlink(path), 0);
	assert_false(iommufd_offered(&w.sysroot, "0000:01:00.1"));
	assert_int_equal(vfio_backend_iommufd_open(&w.iommufd, &w.sysroot, NULL, &err), -ENOENT);
	assert_non_null(strstr(err.help, "--iommu type1"));
	assert_string_equal(calls, "");
	tear_down(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_devices_in_one_space),
		cmocka_unit_test(maps_and_limits),
		cmocka_unit_test(failures),
		cmocka_unit_test(what_is_offered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
