// SPDX-License-Identifier: GPL-2.0-or-later
/* Memory that the guest shares with a program of the host. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"
#include "vm/devices/shmem/backing.h"
#include "vm/devices/shmem/ivshmem.h"

#define DEVFN     PCI_DEVFN_OF(15, 0)
#define MEMORY    0x4000000000ull
#define REGISTERS 0xd0000000u
#define SIZE      (32 * MIB)

struct bench {
	struct bus mmio, pio;
	struct mem mem;
	struct pci_host host;
	struct shmem_backing backing;
	struct ivshmem dev;
	char path[64];
};

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct err err = { 0 };

	snprintf(b->path, sizeof(b->path), "/dev/shm/tenon-unit-%d", getpid());
	unlink(b->path);
	assert_int_equal(bus_open(&b->mmio) | bus_open(&b->pio), 0);
	assert_int_equal(mem_open(&b->mem, NULL, &err), 0);
	assert_int_equal(pci_host_init(&b->host, &b->mmio, &b->pio, &b->mem, NULL), 0);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	ivshmem_close(&b->dev);
	shmem_backing_close(&b->backing);
	assert_int_equal(b->mmio.nr_regions, 0);
	assert_int_equal(b->mem.nr_regions, 0);
	pci_host_close(&b->host);
	mem_close(&b->mem);
	bus_close(&b->mmio);
	bus_close(&b->pio);
	unlink(b->path);
	free(b);
	return 0;
}

static u32 get(struct bench *b, u16 offset, unsigned size)
{
	return pci_host_config_read(&b->host, 0, DEVFN, offset, size);
}

static void set(struct bench *b, u16 offset, unsigned size, u32 value)
{
	pci_host_config_write(&b->host, 0, DEVFN, offset, size, value);
}

static void plug(struct bench *b)
{
	struct err err = { 0 };

	assert_int_equal(shmem_backing_open(&b->backing, b->path, SIZE, &err), 0);
	assert_int_equal(ivshmem_open(&b->dev, &b->host, DEVFN, b->backing.memory, SIZE,
				 b->backing.fd, &err),
		0);
}

/* By which Windows' driver and Looking Glass know it: QEMU's ivshmem-plain. */
static void is_what_drivers_look_for(void **state)
{
	struct bench *b = *state;

	plug(b);
	assert_int_equal(get(b, PCI_VENDOR_ID, 4), 0x11101af4);
	assert_int_equal(get(b, PCI_CLASS_REVISION, 4), 0x05000001);
	assert_int_equal(get(b, PCI_SUBSYSTEM_VENDOR_ID, 4), 0x11001af4);
	assert_int_equal(get(b, PCI_INTERRUPT_PIN, 1), 0);
	assert_int_equal(get(b, PCI_STATUS, 2) & PCI_STATUS_CAP_LIST, 0);
	for (u16 bar = PCI_BASE_ADDRESS_0; bar <= PCI_BASE_ADDRESS_5; bar += 4)
		set(b, bar, 4, ~0u);
	assert_int_equal(get(b, PCI_BASE_ADDRESS_0, 4), 0xffffff00);
	assert_int_equal(get(b, PCI_BASE_ADDRESS_1, 4), 0);
	assert_int_equal(get(b, PCI_BASE_ADDRESS_2, 4), 0xfe00000c);
	assert_int_equal(get(b, PCI_BASE_ADDRESS_3, 4), 0xffffffff);
	assert_int_equal(get(b, PCI_BASE_ADDRESS_4, 4), 0);
}

static void the_memory_is_the_file(void **state)
{
	struct bench *b = *state;
	const struct mem_view *view = &b->mem.views[FLAT_VIEW_NORMAL];
	int fd;

	plug(b);
	set(b, PCI_BASE_ADDRESS_0, 4, REGISTERS);
	set(b, PCI_BASE_ADDRESS_2, 4, (u32)MEMORY);
	set(b, PCI_BASE_ADDRESS_3, 4, MEMORY >> 32);
	set(b, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	assert_int_equal(view->nr_segments, 1);
	assert_true(view->segments[0].range.start == MEMORY);
	assert_true(view->segments[0].range.size == SIZE);
	assert_int_equal(view->segments[0].region->kind, MEM_DEVICE);
	/* A card may write its picture there. */
	assert_true(view->segments[0].region->peer);
	strcpy(mem_segment_host(&view->segments[0]), "from the guest");
	fd = open(b->path, O_RDWR);
	assert_true(fd >= 0);

	char text[16] = "";

	assert_int_equal(pread(fd, text, 15, 0), 15);
	assert_string_equal(text, "from the guest");
	assert_int_equal(pwrite(fd, "host", 4, SIZE - 4), 4);
	assert_memory_equal((char *)mem_segment_host(&view->segments[0]) + SIZE - 4, "host", 4);
	/* Another program cuts the file: this one does not touch what is gone. */
	assert_int_equal(ftruncate(fd, 0), 0);
	close(fd);
	assert_true(bus_read(&b->mmio, MEMORY, 4) == ~0u);
	bus_write(&b->mmio, MEMORY, 4, 0);
	for (u32 at = 0; at < 16; at += 4) {
		bus_write(&b->mmio, REGISTERS + at, 4, ~0u);
		assert_int_equal(bus_read(&b->mmio, REGISTERS + at, 4), 0);
	}
}

static void a_file_is_made_or_kept(void **state)
{
	struct bench *b = *state;
	struct err err = { 0 };
	struct stat st;

	assert_int_equal(shmem_backing_open(&b->backing, b->path, SIZE, &err), 0);
	shmem_backing_close(&b->backing);
	assert_int_equal(stat(b->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	assert_true(st.st_size == SIZE);
	/* One that is there keeps its mode, and is as long as the guest needs. */
	assert_int_equal(chmod(b->path, 0606), 0);
	assert_int_equal(shmem_backing_open(&b->backing, b->path, 2 * SIZE, &err), 0);
	shmem_backing_close(&b->backing);
	assert_int_equal(stat(b->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0606);
	assert_true(st.st_size == 2 * SIZE);
	assert_int_equal(shmem_backing_open(&b->backing, b->path, SIZE, &err), -EEXIST);
	assert_non_null(strstr(err.help, "ask for its size"));
}

static void what_is_no_shared_memory_is_refused(void **state)
{
	static const char *const bad[] = { "/tmp/x", "/dev/shm", "/dev/shm/", "/dev/shm/a/b",
		"/dev/shm/..", "/dev/shm/.x", "/dev/kvmfr", "/dev/kvmfrx", "/dev/kvmfr0x", "kvmfr0",
		"/dev/shm/../../etc/passwd", "/dev/sda" };
	struct bench *b = *state;
	struct err err = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(shmem_check_path(bad[i], &err), -EINVAL);
	assert_int_equal(shmem_check_path("/dev/shm/looking-glass", &err), 0);
	assert_int_equal(shmem_check_path("/dev/kvmfr12", &err), 0);
	/* QEMU would make a file of that name in /dev. */
	assert_int_equal(shmem_backing_open(&b->backing, "/dev/kvmfr987", SIZE, &err), -ENOENT);
	assert_non_null(strstr(err.help, "modprobe kvmfr static_size_mb=32"));
	assert_int_equal(access("/dev/kvmfr987", F_OK), -1);
	assert_int_equal(symlink("/etc/hostname", b->path), 0);
	assert_int_equal(shmem_backing_open(&b->backing, b->path, SIZE, &err), -ELOOP);
	unlink(b->path);
	assert_int_equal(mkfifo(b->path, 0600), 0);
	assert_int_equal(shmem_backing_open(&b->backing, b->path, SIZE, &err), -EINVAL);
}

static void sizes_of_pictures(void **state)
{
	static const struct {
		u64 width, height, size;
	} cases[] = {
		{ 1920, 1080, 32 * MIB },
		{ 2560, 1440, 64 * MIB },
		{ 3840, 2160, 128 * MIB },
		{ 5120, 2880, 256 * MIB },
		{ 0, 0, 0 },
		{ 1920, 0, 0 },
		{ UINT64_MAX, 1080, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_true(shmem_size_for(cases[i].width, cases[i].height) == cases[i].size);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(is_what_drivers_look_for, setup, teardown),
		cmocka_unit_test_setup_teardown(the_memory_is_the_file, setup, teardown),
		cmocka_unit_test_setup_teardown(a_file_is_made_or_kept, setup, teardown),
		cmocka_unit_test_setup_teardown(
			what_is_no_shared_memory_is_refused, setup, teardown),
		cmocka_unit_test(sizes_of_pictures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
