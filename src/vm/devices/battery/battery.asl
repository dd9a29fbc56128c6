// SPDX-License-Identifier: GPL-2.0-or-later
/* A control method battery that is always full (ACPI 6.4, 10.2). */
DefinitionBlock ("battery.aml", "SSDT", 2, "OEMID ", "OEMTABLE", 1)
{
	Scope (\_SB)
	{
		Device (BAT0)
		{
			Name (_HID, EisaId ("PNP0C0A"))
			Name (_UID, 0)

			Method (_STA)
			{
				Return (0x1F) // present
			}

			Method (_BIF)
			{
				Return (Package ()
				{
					1,     // capacities are in mAh, rates in mA
					6000,  // design capacity
					6000,  // capacity of the last full charge
					1,     // rechargeable
					14800, // design voltage, mV
					600,   // capacity of the warning
					300,   // capacity of the low state
					60,    // granularity from low to warning
					60,    // granularity from warning to full
					"",    // model
					"",    // serial number
					"LION",
					""     // OEM
				})
			}

			Method (_BST)
			{
				Return (Package ()
				{
					0,    // neither charging nor discharging
					0,    // rate
					6000, // remaining capacity
					14800 // voltage, mV
				})
			}
		}
	}
}
