/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The process between this one and a helper program (base/child.h): the helper's parent, and the
 * first process of the helper's PID namespace if it has one. It has the right to signal the helper
 * whoever that becomes, and nothing else: no file, no other capability, no input but this:
 *
 * - a byte of enum keeper_order on its socket;
 * - the end of the socket, because the machine's process has ended, however it ended. Then the
 *   helper gets SIGTERM, and SIGCONT, because it may be stopped; and after its time SIGKILL.
 *
 * When the helper has ended, the keeper writes its wait status to the socket, an int, and ends. If
 * the keeper is killed, the kernel kills the helper: all of its namespace, or by the parent-death
 * signal.
 */
#ifndef BASE_KEEPER_H
#define BASE_KEEPER_H

#include <sys/types.h>

enum keeper_order {
	KEEPER_TERM = 't', /* SIGTERM for the helper */
	KEEPER_KILL = 'k', /* SIGKILL for the helper and its process group */
};

/* A child process that this one makes like fork(). @namespaces: flags of clone(2). */
pid_t keeper_fork(unsigned long namespaces);

/*
 * What the keeper does, after keeper_fork() has made the helper. @socket: SOCK_SEQPACKET.
 * @patience: ms from the socket's end to SIGKILL. Async-signal-safe.
 */
void __attribute__((noreturn)) keeper_run(int socket, pid_t helper, unsigned patience);

#endif
