"""Invented agencies and payers, and what visits are billed with."""

AGENCY_NAMES = (
    "Alderbrook Hollow", "Amber Lantern", "Applegate Row", "Bell Harbor", "Birch & Bramble", "Blue Kettle",
    "Bridgewell", "Brightmoor Lane", "Candlewick", "Cedar Thimble", "Clover Gate", "Copper Finch",
    "Dovetail Point", "Eastwind Parlor", "Elder Sparrow", "Evenhand", "Fern & Fable", "Five Porches",
    "Fox Hollow Road", "Garden Gate Lane", "Goldenrod Crossing", "Good Neighbor Hill", "Gray Heron Landing",
    "Harbor Quilt", "Hearth & Hollow", "Hickory Bend", "Honeybee Row", "Juniper Steps", "Kind Lantern",
    "Lark Meadow", "Linden Porch", "Long Table", "Maple Thimble", "Morning Kettle", "North Lantern",
    "Old Mill Porch", "Orchard Bell", "Paper Crane", "Pebble Brook Lane", "Quiet Harbor Row", "Red Mitten",
    "River Quilt", "Robin's Step", "Silver Thimble", "Slate & Ivy", "Stonebridge Parlor", "Sunday Porch",
    "Tall Clover", "Willow Kettle",
)  # fmt: skip
AGENCY_KINDS = (
    "Home Care",
    "Home Health Aides",
    "Companion Care LLC",
    "In-Home Services Inc",
    "Care at Home",
)

PAYER_NAMES = (
    "Bluestem Community Plan", "Cobalt Managed Care", "Crosskeys Long Term Plan", "Dogwood Health Partners",
    "Evergreen Senior Choice", "Fairwater Medicaid Plan", "Granite State Advantage", "Highline Care Options",
    "Keystone Meadow Plan", "Lighthouse Dual Eligible", "Northfield Alliance", "Pine Barrens Care Plan",
    "Quarry Hill Insurance", "Riverbend MLTC", "Summit Ridge Health", "Three Rivers Waiver Program",
)  # fmt: skip
CONTRACT_KINDS = ("MLTC", "Medicaid Waiver", "Private Pay", "Veterans", "Long Term Care Insurance", "Hourly")
SERVICE_CODES = ("T1019", "S5125", "S5130", "T1020", "S9122", "G0156", "T1004", "S5150", "T1005", "99509")
HOURLY_RATES = ("21.50", "22.75", "24.00", "25.32", "26.10", "27.48", "28.00", "29.96", "31.25", "34.60")
BILL_TYPES = ("Hourly", "Hourly", "Hourly", "Daily", "Visit")
DEVICE_TYPES = ("Mobile App", "Mobile App", "Mobile App", "Landline", "FOB", "Manual Entry")
MISSED_REASONS = ("Patient in hospital", "Patient refused service", "Aide did not arrive", "Family is caring")
ADDRESS_TYPES = ("Home,GPS", "GPS", "Home,Community,GPS", "Billing,GPS")
