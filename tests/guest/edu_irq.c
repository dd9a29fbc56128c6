// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * edu-msi: the device's MSIs arrive once each, at the CPU that they are for.
 *   count=N   for each CPU (200)
 * No driver takes part: the MSI is given a vector whose handler in Linux for x86 does nothing but
 * count, that of posted interrupts (row PIN of /proc/interrupts).
 *
 * edu-intx: the device's interrupt line, through uio_pci_generic, which masks the function
 * (Interrupt Disable) when the line is up; unmasking it while the line is still up has to give
 * another interrupt, and after the acknowledgement none.
 *   count=N   (200)
 */
#include <dirent.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edu.h"
#include "interrupts.h"
#include "steps.h"

#define MSI_ADDRESS 0xfee00000u
#define VECTOR      0xf2
#define ROW         "PIN"
#define DEADLINE_MS 5000
#define QUIET_MS    50
#define MAX_CPUS    64

/* The local APIC's number of each online CPU, from /proc/cpuinfo; how many there are. */
static unsigned apic_ids(u32 *ids)
{
	static char text[MAX_CPUS * 2048];
	const char *at = text;
	unsigned count = 0;

	if (read_text(text, sizeof(text), "/proc/cpuinfo") < 0)
		fail_errno("cannot read /proc/cpuinfo");
	while ((at = strstr(at, "\napicid")) && count < MAX_CPUS) {
		at = strchr(at, ':');
		if (!at)
			break;
		ids[count++] = strtoul(at + 1, NULL, 10);
	}
	return count;
}

static void msi_set(const struct pci *pci, unsigned cap, u32 apic)
{
	u16 flags = pci_read16(pci, cap + PCI_MSI_FLAGS) &
		    ~(PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_QSIZE);
	bool wide = flags & PCI_MSI_FLAGS_64BIT;

	pci_write16(pci, cap + PCI_MSI_FLAGS, flags);
	pci_write32(pci, cap + PCI_MSI_ADDRESS_LO, MSI_ADDRESS | apic << 12);
	if (wide)
		pci_write32(pci, cap + PCI_MSI_ADDRESS_HI, 0);
	pci_write16(pci, cap + (wide ? PCI_MSI_DATA_64 : PCI_MSI_DATA_32), VECTOR);
	pci_write16(pci, cap + PCI_MSI_FLAGS, flags | PCI_MSI_FLAGS_ENABLE);
}

static void msi_off(const struct pci *pci, unsigned cap)
{
	u16 flags = pci_read16(pci, cap + PCI_MSI_FLAGS);

	pci_write16(pci, cap + PCI_MSI_FLAGS, flags & ~PCI_MSI_FLAGS_ENABLE);
}

static u64 arrived(unsigned cpu)
{
	struct interrupts now;

	interrupts_read(&now);
	return interrupts_of(&now, ROW, cpu);
}

static u64 arrived_anywhere(void)
{
	struct interrupts now;

	interrupts_read(&now);
	return interrupts_total(&now, ROW);
}

/* Raises @count interrupts, each after the one before has come to @cpu. */
static void msi_send(const struct edu *edu, unsigned cpu, u64 count)
{
	u64 start = arrived(cpu);

	for (u64 n = 1; n <= count; n++) {
		u64 end = now_ms() + DEADLINE_MS;

		edu_write(edu, EDU_RAISE, n);
		if (edu_read(edu, EDU_IRQ) != n)
			fail("interrupt %llu does not show in the status", (unsigned long long)n);
		while (arrived(cpu) < start + n)
			if (now_ms() > end)
				fail("MSI %llu of %llu did not come to CPU %u",
					(unsigned long long)n, (unsigned long long)count, cpu);
		edu_write(edu, EDU_ACK, n);
	}
}

static void check_total(u64 start, u64 sent, const char *when)
{
	u64 came;

	sleep_ms(QUIET_MS);
	came = arrived_anywhere() - start;
	if (came != sent)
		fail("%llu MSIs came where %llu were raised, %s", (unsigned long long)came,
			(unsigned long long)sent, when);
}

static void msi_disabled(const struct edu *edu, unsigned cap)
{
	msi_off(&edu->pci, cap);
	edu_write(edu, EDU_RAISE, 1);
	edu_write(edu, EDU_ACK, 1);
}

void step_edu_msi(const struct args *args)
{
	u64 count = args_number(args, "count", 200), start, sent = 0;
	struct interrupts now;
	u32 ids[MAX_CPUS] = { 0 };
	unsigned cap, cpus = apic_ids(ids);
	struct edu edu;
	u16 command;

	interrupts_read(&now);
	if (!interrupts_known(&now, ROW))
		fail("this kernel does not count posted interrupts");
	edu_open(&edu, args);
	cap = pci_capability(&edu.pci, PCI_CAP_ID_MSI);
	if (!cap)
		fail("%s has no MSI capability", edu.pci.address);
	/* The line would come up instead while MSI is off. */
	command = pci_read16(&edu.pci, PCI_COMMAND);
	pci_write16(&edu.pci, PCI_COMMAND, command | PCI_COMMAND_INTX_DISABLE);
	start = arrived_anywhere();
	for (unsigned cpu = 0; cpu < cpus; cpu++, sent += count) {
		msi_set(&edu.pci, cap, ids[cpu]);
		msi_send(&edu, cpu, count);
	}
	check_total(start, sent, "with MSI enabled");
	msi_disabled(&edu, cap);
	check_total(start, sent, "with MSI disabled");
	msi_set(&edu.pci, cap, ids[0]);
	msi_send(&edu, 0, 1);
	check_total(start, ++sent, "after it was enabled again");
	msi_off(&edu.pci, cap);
	report("pci", "%s", edu.pci.address);
	report("cpus", "%u", cpus);
	report("raised", "%llu", (unsigned long long)sent);
	report("received", "%llu", (unsigned long long)(arrived_anywhere() - start));
}

static int uio_open(const struct pci *pci)
{
	char path[128];
	struct dirent *entry;
	DIR *directory;
	int fd = -1;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/uio", pci->address);
	directory = opendir(path);
	while (directory && fd < 0 && (entry = readdir(directory)))
		if (!strncmp(entry->d_name, "uio", 3)) {
			snprintf(path, sizeof(path), "/dev/%.16s", entry->d_name);
			fd = open(path, O_RDWR | O_CLOEXEC);
		}
	if (fd < 0)
		fail_errno("%s: cannot open its UIO device", pci->address);
	return fd;
}

/* The number of interrupts that UIO saw, after at least one more; false if @ms pass before. */
static bool uio_wait(int uio, int ms, u32 *total)
{
	struct pollfd in = { .fd = uio, .events = POLLIN };

	if (poll(&in, 1, ms) <= 0)
		return false;
	if (read(uio, total, sizeof(*total)) != sizeof(*total))
		fail_errno("cannot read the UIO device");
	return true;
}

static void line_unmask(const struct pci *pci)
{
	u16 command = pci_read16(pci, PCI_COMMAND);

	if (!(command & PCI_COMMAND_INTX_DISABLE))
		fail("the handler did not mask the function: command 0x%04x", command);
	pci_write16(pci, PCI_COMMAND, command & ~PCI_COMMAND_INTX_DISABLE);
}

static void expect(int uio, u32 *total, const char *what, u64 n)
{
	u32 before = *total;

	if (!uio_wait(uio, DEADLINE_MS, total))
		fail("no interrupt %s, time %llu", what, (unsigned long long)n);
	if (*total != before + 1)
		fail("%u interrupts instead of one %s, time %llu", *total - before, what,
			(unsigned long long)n);
}

void step_edu_intx(const struct args *args)
{
	u64 count = args_number(args, "count", 200);
	struct edu edu;
	u32 total = 0;
	unsigned cap;
	int uio;

	edu_open(&edu, args);
	cap = pci_capability(&edu.pci, PCI_CAP_ID_MSI);
	if (cap)
		msi_off(&edu.pci, cap);
	edu_write(&edu, EDU_ACK, ~0u);
	pci_bind(&edu.pci, "uio_pci_generic");
	uio = uio_open(&edu.pci);
	pci_write16(&edu.pci, PCI_COMMAND,
		pci_read16(&edu.pci, PCI_COMMAND) & ~PCI_COMMAND_INTX_DISABLE);
	if (uio_wait(uio, QUIET_MS, &total))
		fail("an interrupt came before any was raised");
	for (u64 n = 1; n <= count; n++) {
		edu_write(&edu, EDU_RAISE, n);
		expect(uio, &total, "after the line was raised", n);
		if (!(pci_read16(&edu.pci, PCI_STATUS) & PCI_STATUS_INTERRUPT))
			fail("the status register does not show the interrupt");
		line_unmask(&edu.pci);
		expect(uio, &total, "from the line that stayed up", n);
		edu_write(&edu, EDU_ACK, n);
		line_unmask(&edu.pci);
	}
	if (uio_wait(uio, QUIET_MS, &total))
		fail("an interrupt came after all were acknowledged");
	report("raised", "%llu", (unsigned long long)count);
	report("received", "%u", total);
	pci_report(edu.pci.address);
}
