// SPDX-License-Identifier: GPL-2.0-or-later
/* The table TPM2, revision 4: TCG ACPI Specification 1.2, section 7.3. */
#include "vm/boot/acpi/tables.h"

#define REVISION     4
#define CLIENT       0
#define START_BY_CRB 7
#define CONTROL_AREA 0xfed40040 /* vm/tpm/crb.h: CRB_CTRL_REQ */

void table_tpm2(struct blob *out, const struct acpi_config *config)
{
	size_t start = table_begin(out, config, "TPM2", REVISION);

	blob_le(out, 2, CLIENT);
	blob_zero(out, 2);
	blob_le(out, 8, CONTROL_AREA);
	blob_le(out, 4, START_BY_CRB);
	blob_zero(out, 12); /* parameters of the start method: none */
	blob_le(out, 4, ACPI_TPM_LOG_SIZE);
	blob_le(out, 8, 0); /* the log's address: TPM2_LOG */
	table_end(out, start);
}
