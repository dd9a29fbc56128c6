// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Secure Boot, and the system management mode (SMM) that protects it. All need the module efivarfs.
 * secure-boot: reports UEFI's variables SecureBoot and SetupMode, what the kernel said of it, and
 * its lockdown. variables: firmware writes a variable, whose number of starts it reports, and
 * refuses one without a signature for db. smm-locked: root changes neither the flash, nor what only
 * SMM sees, nor the registers that hide it. tseg=ADDRESS and size=BYTES of that memory
 * flash=ADDRESS of the variables edu-smm: the device reaches nothing of that memory by DMA, and the
 * memory around it. tseg=ADDRESS
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <unistd.h>

#include "edu.h"
#include "steps.h"

#define PAGE 4096

#define VARIABLES "/sys/firmware/efi/efivars"
#define GLOBAL    "8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define SECURITY  "d719b2cb-3d3a-4596-a3bc-dad00e67656f"
#define OWN       "9c2a1f7e-5b0d-4c7e-8f5a-3f6f1d2b7e10"

/* Attributes of variables: non-volatile, for the firmware's start, for the running system. */
#define KEPT          7
#define AUTHENTICATED 0x20

#define HOST_BRIDGE "0000:00:00.0"
#define SMBASE      0x9c
#define SMRAM       0x9d
#define ESMRAMC     0x9e
#define SMI_EN      0x630
#define SMI_PORT    0xb2

static void mount_variables(void)
{
	if (mount("efivarfs", VARIABLES, "efivarfs", 0, NULL) && errno != EBUSY)
		fail_errno("cannot mount efivarfs");
}

/* The first byte of a variable after its attributes; -1: there is no such variable. */
static int variable(const char *name, const char *vendor)
{
	char path[256];
	u8 bytes[5];
	int fd, n;

	snprintf(path, sizeof(path), VARIABLES "/%s-%s", name, vendor);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = read(fd, bytes, sizeof(bytes));
	close(fd);
	return n == sizeof(bytes) ? bytes[4] : -1;
}

/* Returns 0 or the error's number. */
static int set_variable(const char *name, const char *vendor, u32 attributes, u8 value)
{
	u8 bytes[5] = { attributes, attributes >> 8, attributes >> 16, attributes >> 24, value };
	char path[256];
	int fd, flags = 0, n, error;

	snprintf(path, sizeof(path), VARIABLES "/%s-%s", name, vendor);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		ioctl(fd, FS_IOC_SETFLAGS, &flags); /* it may be immutable */
		close(fd);
	}
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno;
	n = write(fd, bytes, sizeof(bytes));
	error = errno;
	close(fd);
	return n == sizeof(bytes) ? 0 : error;
}

void step_secure_boot(const struct args *args)
{
	static char log[1 << 20];
	char text[128] = "", *line;
	int n;

	mount_variables();
	mount("securityfs", "/sys/kernel/security", "securityfs", 0, NULL);
	report("secure", "%d", variable("SecureBoot", GLOBAL));
	report("setup", "%d", variable("SetupMode", GLOBAL));
	n = klogctl(3, log, sizeof(log) - 1);
	line = n > 0 ? strstr(log, "ecure boot ") : NULL;
	report("kernel", "%.*s", line ? (int)strcspn(line + 11, "\n (") : 1,
		line ? line + 11 : "-");
	read_text(text, sizeof(text), "/sys/kernel/security/lockdown");
	line = strchr(text, '[');
	report("lockdown", "%.*s", line ? (int)strcspn(line + 1, "]") : 1, line ? line + 1 : "-");
}

void step_variables(const struct args *args)
{
	int starts, error;

	mount_variables();
	starts = variable("Starts", OWN);
	error = set_variable("Starts", OWN, KEPT, starts < 0 ? 1 : starts + 1);
	if (error)
		fail("the firmware does not write a variable: %s", strerror(error));
	report("starts", "%d", variable("Starts", OWN));
	error = set_variable("db", SECURITY, KEPT | AUTHENTICATED, 0);
	if (!error)
		fail("the firmware takes a db without a signature");
	report("db", "%s", strerrorname_np(error));
}

static volatile u8 *map(u64 at)
{
	int fd = open("/dev/mem", O_RDWR | O_SYNC | O_CLOEXEC);
	void *page;

	if (fd < 0)
		fail_errno("cannot open /dev/mem");
	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)at);
	if (page == MAP_FAILED)
		fail_errno("cannot map 0x%llx", (unsigned long long)at);
	close(fd);
	return page;
}

/* Programs and erases as firmware does, and asks for the status. */
static void attack_flash(u64 at)
{
	static const u8 commands[][2] = { { 0x10, 0x00 }, { 0x40, 0x00 }, { 0x20, 0xd0 },
		{ 0x50, 0x70 }, { 0x90, 0x98 } };
	volatile u8 *flash = map(at);
	u8 before[64];

	for (unsigned i = 0; i < sizeof(before); i++)
		before[i] = flash[i];
	if (memcmp(before + 40, "_FVH", 4))
		fail("there are no variables at 0x%llx", (unsigned long long)at);
	for (unsigned c = 0; c < ARRAY_SIZE(commands); c++) {
		flash[16] = commands[c][0];
		flash[16] = commands[c][1];
		for (unsigned i = 0; i < sizeof(before); i++)
			if (flash[i] != before[i])
				fail("byte %u of the flash is 0x%02x after the command 0x%02x", i,
					flash[i], commands[c][0]);
	}
}

static void attack_memory(u64 at)
{
	volatile u8 *page = map(at);

	for (unsigned round = 0; round < 2; round++)
		for (unsigned i = 0; i < PAGE; i += 61) {
			if (page[i] != 0xff)
				fail("0x%llx reads 0x%02x", (unsigned long long)at + i, page[i]);
			page[i] = (u8)round;
		}
}

static u8 config_read(const struct pci *pci, unsigned offset)
{
	u8 value;

	if (pread(pci->config, &value, 1, offset) != 1)
		fail_errno("cannot read config space");
	return value;
}

static void attack_registers(void)
{
	static const u8 offsets[] = { SMBASE, SMRAM, ESMRAMC };
	u8 before[ARRAY_SIZE(offsets)], after;
	u32 smi;
	struct pci pci;

	pci_open_address(&pci, HOST_BRIDGE);
	for (unsigned i = 0; i < ARRAY_SIZE(offsets); i++)
		before[i] = config_read(&pci, offsets[i]);
	for (unsigned value = 0; value < 256; value++)
		for (unsigned i = 0; i < ARRAY_SIZE(offsets); i++) {
			u8 byte = value;

			if (pwrite(pci.config, &byte, 1, offsets[i]) != 1)
				fail_errno("cannot write config space");
			after = config_read(&pci, offsets[i]);
			/* D_CLS of SMRAM can be set, and does nothing. */
			if ((after ^ before[i]) & (offsets[i] == SMRAM ? 0xdf : 0xff))
				fail("register 0x%02x is 0x%02x, not 0x%02x", offsets[i], after,
					before[i]);
		}
	report("smbase", "0x%02x", before[0]);
	report("smram", "0x%02x", before[1]);
	report("esmramc", "0x%02x", before[2]);
	if (iopl(3))
		fail_errno("cannot access ports");
	smi = inl(SMI_EN);
	outl(smi & ~1u, SMI_EN);
	if (inl(SMI_EN) != smi)
		fail("SMIs can be turned off: 0x%x became 0x%x", smi, inl(SMI_EN));
	report("smi", "0x%x", smi & 0x21);
	/* What no handler of the firmware knows. */
	for (unsigned value = 0x10; value < 0x20; value++)
		outb(value, SMI_PORT);
}

void step_smm_locked(const struct args *args)
{
	u64 tseg = args_number(args, "tseg", 0), size = args_number(args, "size", 16 * MIB);
	u64 flash = args_number(args, "flash", 0xffc00000);

	attack_registers();
	attack_memory(tseg);
	attack_memory(tseg + size - PAGE);
	attack_memory(0x30000);
	attack_flash(flash);
	mount_variables();
	if (set_variable("Starts", OWN, KEPT, 1))
		fail("the firmware does not write variables any more");
}

void step_edu_smm(const struct args *args)
{
	u64 tseg = args_number(args, "tseg", 0);
	struct edu edu;

	edu_open(&edu, args);
	edu_transfer(&edu, tseg, EDU_BUFFER, 64, 0);
	edu_transfer(&edu, EDU_BUFFER, tseg, 64, EDU_DMA_READ);
	edu_transfer(&edu, tseg - PAGE, EDU_BUFFER, 64, 0);
	report("pci", "%s", edu.pci.address);
}
