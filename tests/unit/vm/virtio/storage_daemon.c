// SPDX-License-Identifier: GPL-2.0-or-later
/* The command line, and the distribution's own daemon with a driver on the other side. */
#include "vm/virtio/storage_daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/virtio_blk.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/bytes.h"
#include "fake_driver.h"
#include "kept.h"
#include "unit.h"
#include "vm/block/request.h"

#define WAIT 1000 /* steps of the loop */

static const struct {
	struct storage_daemon_config config;
	const char *file, *image, *export;
} args_cases[] = {
	{ { .path = "/a/win.qcow2", .format = "qcow2", .queues = 2 },
		"driver=file,node-name=file,read-only=off,cache.direct=off,aio=threads,"
		"discard=unmap,filename=/a/win.qcow2",
		"driver=qcow2,node-name=disk,file=file,read-only=off,cache.direct=off,discard="
		"unmap",
		"type=vhost-user-blk,id=export,node-name=disk,addr.type=fd,addr.str=3,writable=on,"
		"num-queues=2" },
	{ { .path = "a,b=c,",
		  .format = "vmdk",
		  .read_only = true,
		  .direct = true,
		  .block_device = true,
		  .queues = 1 },
		"driver=host_device,node-name=file,read-only=on,cache.direct=on,aio=native,"
		"discard=unmap,filename=a,,b=c,,",
		"driver=vmdk,node-name=disk,file=file,read-only=on,cache.direct=on,discard=unmap",
		"type=vhost-user-blk,id=export,node-name=disk,addr.type=fd,addr.str=3,writable=off,"
		"num-queues=1" },
};

static void test_args(void **state)
{
	struct storage_daemon_args *args = calloc(1, sizeof(*args));

	for (size_t i = 0; i < ARRAY_SIZE(args_cases); i++) {
		assert_int_equal(storage_daemon_args(args, "qsd", &args_cases[i].config), 0);
		assert_string_equal(args->argv[0], "qsd");
		assert_string_equal(args->argv[2], args_cases[i].file);
		assert_string_equal(args->argv[4], args_cases[i].image);
		assert_string_equal(args->argv[6], args_cases[i].export);
		assert_null(args->argv[7]);
	}
	free(args);
}

static void test_args_too_long(void **state)
{
	struct storage_daemon_args *args = calloc(1, sizeof(*args));
	char *path = calloc(1, 2 * STORAGE_DAEMON_TEXT);

	memset(path, ',', 2 * STORAGE_DAEMON_TEXT - 1);
	assert_int_equal(
		storage_daemon_args(args, "qsd",
			&(struct storage_daemon_config){ .path = path, .format = "qcow2" }),
		-ENAMETOOLONG);
	free(path);
	free(args);
}

struct world {
	struct guest guest;
	struct storage_daemon daemon;
	struct virtio_pci pci;
	struct driver driver;
	struct ring ring;
	char directory[32], path[64];
	const char *format; /* NULL: qcow2 */
	bool direct, unconfined;
};

static bool run(const char *program, const char *arguments)
{
	char command[320];

	snprintf(command, sizeof(command), "%s %s >/dev/null 2>&1", program, arguments);
	return !system(command);
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	char arguments[128];

	if (!run("qemu-storage-daemon", "--version") || !run("qemu-img", "--version")) {
		free(w);
		*state = NULL;
		return 0;
	}
	strcpy(w->directory, "/tmp/tenon-unit-XXXXXX");
	assert_non_null(mkdtemp(w->directory));
	snprintf(w->path, sizeof(w->path), "%s/disk.qcow2", w->directory);
	snprintf(arguments, sizeof(arguments), "create -f qcow2 %s 16M", w->path);
	assert_true(run("qemu-img", arguments));
	guest_open(&w->guest);
	*state = w;
	return 0;
}

static void close_disk(struct world *w)
{
	virtio_pci_close(&w->pci);
	storage_daemon_close(&w->daemon);
	w->pci = (struct virtio_pci){ 0 };
}

static int teardown(void **state)
{
	struct world *w = *state;
	char command[64];

	if (!w)
		return 0;
	close_disk(w);
	guest_close(&w->guest);
	snprintf(command, sizeof(command), "-r %s", w->directory);
	assert_true(run("rm", command));
	free(w);
	return 0;
}

static int open_disk(struct world *w, bool read_only, struct err *err)
{
	const struct storage_daemon_config config = { .path = w->path,
		.format = w->format ? w->format : "qcow2",
		.read_only = read_only,
		.direct = w->direct,
		.unconfined = w->unconfined,
		.backing = true,
		.queues = 2,
		.loop = &w->guest.loop };
	int ret = storage_daemon_open(&w->daemon, &config, err);

	return ret ? ret
		   : virtio_pci_open(&w->pci, &w->daemon.user.dev, &w->guest.host, GUEST_DEVFN,
			     0x010000, &w->guest.loop, err);
}

static void opened(struct world *w, bool read_only)
{
	struct err err = { 0 };

	if (!w)
		skip();
	assert_int_equal(open_disk(w, read_only, &err), 0);
	driver_open(&w->driver, &w->guest);
}

static void start(struct world *w)
{
	u64 wanted = BIT_ULL(VIRTIO_F_VERSION_1) | BIT_ULL(VIRTIO_BLK_F_FLUSH);

	assert_true(driver_negotiate(&w->driver, wanted));
	ring_open(&w->ring, &w->driver, 0, 16, 0xffff);
	driver_ok(&w->driver);
	assert_false(driver_status(&w->driver) & VIRTIO_CONFIG_S_NEEDS_RESET);
}

/* One request; returns its status. @data: a sector, or 0. */
static u8 request(struct world *w, u32 type, u64 sector, u64 data)
{
	struct virtio_blk_outhdr header = { .type = htole32(type), .sector = htole64(sector) };
	u64 head = guest_alloc(&w->guest, sizeof(header), 8);
	u64 status = guest_alloc(&w->guest, 1, 1);
	struct buf bufs[3] = { { head, sizeof(header), false } };
	unsigned nr = 1;
	u16 id;
	u32 length;

	memcpy(guest_at(&w->guest, head), &header, sizeof(header));
	*guest_at(&w->guest, status) = 0xff;
	if (data)
		bufs[nr++] = (struct buf){ data, 512, type == VIRTIO_BLK_T_IN };
	bufs[nr++] = (struct buf){ status, 1, true };
	ring_add(&w->ring, bufs, nr, false);
	ring_kick(&w->ring);
	for (unsigned n = 0; n < WAIT; n++) {
		if (ring_take(&w->ring, &id, &length))
			return *guest_at(&w->guest, status);
		usleep(2000);
	}
	fail_msg("the request does not come back");
	return 0xff;
}

/* Whether a driver has to flush what it wants to last. */
static u64 write_cache(struct world *w)
{
	return bus_read(
		&w->guest.mmio, w->driver.config + offsetof(struct virtio_blk_config, wce), 1);
}

static void test_reads_what_was_written(void **state)
{
	struct world *w = *state;
	u64 out, in;

	opened(w, false);
	assert_int_equal(bus_read(&w->guest.mmio, w->driver.config, 8), 16 * MIB / 512);
	assert_int_equal(write_cache(w), 1);
	start(w);
	out = guest_alloc(&w->guest, 512, 512);
	in = guest_alloc(&w->guest, 512, 512);
	memset(guest_at(&w->guest, out), 0x5a, 512);
	assert_int_equal(request(w, VIRTIO_BLK_T_OUT, 77, out), VIRTIO_BLK_S_OK);
	assert_int_equal(request(w, VIRTIO_BLK_T_FLUSH, 0, 0), VIRTIO_BLK_S_OK);
	assert_int_equal(request(w, VIRTIO_BLK_T_IN, 77, in), VIRTIO_BLK_S_OK);
	assert_memory_equal(guest_at(&w->guest, in), guest_at(&w->guest, out), 512);

	/* Again after a reset of the driver's, and from the file in a new process. */
	bus_write(&w->guest.mmio, w->driver.config + offsetof(struct virtio_blk_config, wce), 1, 0);
	assert_int_equal(write_cache(w), 0);
	driver_reset(&w->driver);
	assert_int_equal(write_cache(w), 1);
	start(w);
	assert_int_equal(request(w, VIRTIO_BLK_T_IN, 77, in), VIRTIO_BLK_S_OK);
	close_disk(w);
	opened(w, true);
	assert_true(driver_offered(&w->driver) & BIT_ULL(VIRTIO_BLK_F_RO));
	start(w);
	memset(guest_at(&w->guest, in), 0, 512);
	assert_int_equal(request(w, VIRTIO_BLK_T_IN, 77, in), VIRTIO_BLK_S_OK);
	assert_memory_equal(guest_at(&w->guest, in), guest_at(&w->guest, out), 512);
}

struct nbd_request {
	struct block_request request;
	struct iovec iov;
	u8 data[4096];
	int result; /* 1: none yet */
};

static void nbd_done(struct block_request *request, int result)
{
	container_of(request, struct nbd_request, request)->result = result;
}

static int nbd_ask(
	struct block_queue *queue, enum block_kind kind, u64 offset, struct nbd_request *r)
{
	r->result = 1;
	r->iov = (struct iovec){ r->data, sizeof(r->data) };
	r->request = (struct block_request){ .queue = queue,
		.kind = kind,
		.offset = offset,
		.left = kind == BLOCK_FLUSH ? 0 : sizeof(r->data),
		.data = &r->iov,
		.nr_data = 1,
		.done = nbd_done };
	assert_int_equal(block_request_start(&r->request), 0);
	for (unsigned n = 0; r->result == 1 && n < WAIT; n++)
		block_io_wait(&queue->io, true);
	return r->result;
}

static void open_nbd(struct world *w, struct block_file *file, struct block_queue *queues)
{
	const struct storage_daemon_config config = {
		.path = w->path, .format = "qcow2", .connections = 2, .loop = &w->guest.loop
	};
	struct err err = { 0 };

	if (storage_daemon_open(&w->daemon, &config, &err))
		fail_msg("%s\n%s", err.text, err.help);
	nbd_file(&w->daemon.nbd, file);
	assert_int_equal(file->size, 16 * MIB);
	for (unsigned i = 0; i < 2; i++) {
		block_queue_init(&queues[i], "the disk", file, 4);
		queues[i].io.wake = eventfd(0, EFD_NONBLOCK);
		assert_int_equal(block_io_open(&queues[i].io), 0);
	}
}

static void close_nbd(struct world *w, struct block_queue *queues)
{
	for (unsigned i = 0; i < 2; i++) {
		block_io_close(&queues[i].io);
		close(queues[i].io.wake);
	}
	storage_daemon_close(&w->daemon);
}

/* The same image for a device of this process, on two connections; a daemon that is killed. */
static void test_nbd(void **state)
{
	static const u8 zeroes[4096];
	struct world *w = *state;
	struct block_queue queues[2];
	struct block_file file;
	struct nbd_request out, in;

	if (!w)
		skip();
	signal(SIGPIPE, SIG_IGN); /* as the machine does */
	open_nbd(w, &file, queues);
	memset(out.data, 0x77, sizeof(out.data));
	assert_int_equal(nbd_ask(&queues[0], BLOCK_WRITE, 8 * KIB, &out), 0);
	assert_int_equal(nbd_ask(&queues[0], BLOCK_WRITE, MIB, &out), 0);
	assert_int_equal(nbd_ask(&queues[1], BLOCK_WRITE_ZEROES, MIB, &in), 0);
	assert_int_equal(nbd_ask(&queues[1], BLOCK_FLUSH, 0, &in), 0);
	close_nbd(w, queues);

	open_nbd(w, &file, queues);
	assert_int_equal(nbd_ask(&queues[1], BLOCK_READ, 8 * KIB, &in), 0);
	assert_memory_equal(in.data, out.data, sizeof(in.data));
	assert_int_equal(nbd_ask(&queues[0], BLOCK_READ, MIB, &in), 0);
	assert_memory_equal(in.data, zeroes, sizeof(in.data));
	kill(kept_by(w->daemon.child.pid), SIGKILL);
	assert_int_equal(nbd_ask(&queues[0], BLOCK_READ, 8 * KIB, &in), -EIO);
	assert_int_equal(nbd_ask(&queues[1], BLOCK_WRITE, 8 * KIB, &out), -EIO);
	close_nbd(w, queues);
}

static void make(struct world *w, const char *options, const char *name)
{
	char arguments[256];

	snprintf(arguments, sizeof(arguments), "create %s %s/%s 16M", options, w->directory, name);
	assert_true(run("qemu-img", arguments));
	snprintf(w->path, sizeof(w->path), "%s/%s", w->directory, name);
	snprintf(arguments, sizeof(arguments), "600 %s/*", w->directory);
	assert_true(run("chmod", arguments));
}

/* A sector is written, and is there in a new process. */
static void check_disk(struct world *w)
{
	u64 out, in;

	opened(w, false);
	start(w);
	out = guest_alloc(&w->guest, 512, 512);
	in = guest_alloc(&w->guest, 512, 512);
	memset(guest_at(&w->guest, out), 0x3c, 512);
	assert_int_equal(request(w, VIRTIO_BLK_T_OUT, 5, out), VIRTIO_BLK_S_OK);
	assert_int_equal(request(w, VIRTIO_BLK_T_FLUSH, 0, 0), VIRTIO_BLK_S_OK);
	close_disk(w);
	opened(w, true);
	start(w);
	assert_int_equal(request(w, VIRTIO_BLK_T_IN, 5, in), VIRTIO_BLK_S_OK);
	assert_memory_equal(guest_at(&w->guest, in), guest_at(&w->guest, out), 512);
	close_disk(w);
}

/* The daemon gets all files of an image: those behind it, its data, and its pieces. */
static void test_files_behind(void **state)
{
	struct world *w = *state;
	char options[192];

	if (!w)
		skip();
	make(w, "-f raw", "last.raw");
	make(w, "-f qcow2 -b last.raw -F raw", "middle.qcow2");
	make(w, "-f qcow2 -b middle.qcow2 -F qcow2", "top.qcow2");
	check_disk(w);
	w->direct = true;
	check_disk(w);
	w->direct = false;
	w->unconfined = true;
	check_disk(w);
	w->unconfined = false;
	snprintf(options, sizeof(options), "-f qcow2 -o data_file=%s/data.raw,data_file_raw=on",
		w->directory);
	make(w, options, "with-data.qcow2");
	check_disk(w);
	w->format = "vmdk";
	make(w, "-f vmdk -o subformat=twoGbMaxExtentFlat", "pieces.vmdk");
	check_disk(w);
}

static void status_line(pid_t pid, const char *key, char *text, size_t size)
{
	char path[32], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "r");
	assert_non_null(f);
	*text = '\0';
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, key, strlen(key)))
			snprintf(text, size, "%s", line + strlen(key));
	fclose(f);
}

/* The daemon is nobody, with no capability and a filter, and the image is open for its owner only.
 */
static void test_rights(void **state)
{
	struct world *w = *state;
	char text[256];

	if (!w || geteuid())
		skip();
	opened(w, false);
	status_line(kept_by(w->daemon.child.pid), "Uid:", text, sizeof(text));
	assert_string_equal(text, "\t65534\t65534\t65534\t65534\n");
	status_line(kept_by(w->daemon.child.pid), "CapPrm:", text, sizeof(text));
	assert_string_equal(text, "\t0000000000000000\n");
	status_line(kept_by(w->daemon.child.pid), "CapBnd:", text, sizeof(text));
	assert_string_equal(text, "\t0000000000000000\n");
	status_line(kept_by(w->daemon.child.pid), "Seccomp:", text, sizeof(text));
	assert_string_equal(text, "\t2\n");
	status_line(kept_by(w->daemon.child.pid), "NSpid:", text, sizeof(text));
	assert_non_null(strstr(text, "\t2\n"));
}

static void test_locked(void **state)
{
	struct world *w = *state;
	struct storage_daemon second;
	struct err err = { 0 };

	opened(w, false);

	const struct storage_daemon_config config = {
		.path = w->path, .format = "qcow2", .queues = 1, .loop = &w->guest.loop
	};

	assert_true(storage_daemon_open(&second, &config, &err) < 0);
	assert_non_null(strstr(err.text, "another process uses the image"));
	assert_non_null(strstr(err.help, "lock"));
	assert_non_null(strstr(err.text, w->path));
}

static void test_not_that_format(void **state)
{
	struct world *w = *state;
	struct err err = { 0 };
	FILE *f;

	if (!w)
		skip();
	f = fopen(w->path, "w");
	fputs("text", f);
	fclose(f);
	assert_true(open_disk(w, false, &err) < 0);
	assert_non_null(strstr(err.text, "qcow2"));
}

/* The device breaks, and nothing hangs: not the driver's reset, not the end. */
static void test_daemon_dies(void **state)
{
	struct world *w = *state;

	opened(w, false);
	start(w);
	kill(kept_by(w->daemon.child.pid), SIGKILL);
	for (unsigned n = 0; n < WAIT; n++) {
		guest_step(&w->guest);
		if (driver_status(&w->driver) & VIRTIO_CONFIG_S_NEEDS_RESET)
			break;
		usleep(2000);
	}
	assert_true(driver_status(&w->driver) & VIRTIO_CONFIG_S_NEEDS_RESET);
	driver_reset(&w->driver);
	assert_int_equal(driver_status(&w->driver), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_args),
		cmocka_unit_test(test_args_too_long),
		cmocka_unit_test_setup_teardown(test_reads_what_was_written, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nbd, setup, teardown),
		cmocka_unit_test_setup_teardown(test_files_behind, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rights, setup, teardown),
		cmocka_unit_test_setup_teardown(test_locked, setup, teardown),
		cmocka_unit_test_setup_teardown(test_not_that_format, setup, teardown),
		cmocka_unit_test_setup_teardown(test_daemon_dies, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
