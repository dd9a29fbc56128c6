// SPDX-License-Identifier: GPL-2.0-or-later
/* Keyboard and mouse of the i8042, for machines that have one. */
DefinitionBlock ("i8042.aml", "SSDT", 2, "OEMID ", "OEMTABLE", 1)
{
	External (\_SB.PCI0.LPC, DeviceObj)

	Scope (\_SB.PCI0.LPC)
	{
		Device (KBD)
		{
			Name (_HID, EisaId ("PNP0303"))
			Name (_CRS, ResourceTemplate ()
			{
				IO (Decode16, 0x60, 0x60, 1, 1)
				IO (Decode16, 0x64, 0x64, 1, 1)
				IRQNoFlags () { 1 }
			})
		}

		Device (MOU)
		{
			Name (_HID, EisaId ("PNP0F13"))
			Name (_CRS, ResourceTemplate ()
			{
				IRQNoFlags () { 12 }
			})
		}
	}
}
