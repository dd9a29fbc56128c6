/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The process that is a machine's TPM: swtpm, with the state in a directory, which a lock keeps
 * from a second machine.
 *
 * The process opens this directory and nothing else of the host's (kernel/confine.h); if root
 * starts it, it is the user whose directory that is, or nobody for one that is made here. It writes
 * the state to a new file that takes the old one's place, so the state is whole whenever the
 * process or the machine is killed. The process ends with the machine, kill -9 included.
 *
 * The machine's thread opens and closes this.
 */
#ifndef VM_TPM_SWTPM_H
#define VM_TPM_SWTPM_H

#include "base/child.h"

struct swtpm_config {
	/* Of the state, for this user alone (0700). Made if it is missing; its parent is there. */
	const char *directory;
	struct loop *loop;
};

struct swtpm {
	struct child child;
	char *path;
	int directory;
	uid_t uid; /* the directory's owner, who the process is if root starts it */
	gid_t gid;
	int lock;
	int ctrl, data; /* the control channel and the data channel; -1: not open */
	bool established;
};

/*
 * Starts the process and resets its TPM. Returns -ENOENT if swtpm is not installed, -EBUSY if the
 * state is another machine's, -ENOSPC, or -EINVAL if swtpm refuses the state, which is left as it
 * is.
 */
int swtpm_open(struct swtpm *swtpm, const struct swtpm_config *config, struct err *err);
/* Nobody may use the channels any more. Safe on a zeroed struct. */
void swtpm_close(struct swtpm *swtpm);

/* Kills a process that does not answer. On the loop's thread. */
void swtpm_kill(struct swtpm *swtpm);
/* Says why a TPM may be in failure mode, which it has told the guest. Any thread. */
void swtpm_say_failure(const struct swtpm *swtpm);

#endif
