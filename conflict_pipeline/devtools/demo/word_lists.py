"""Names of people, agencies and payers, and the values that visits are billed with; all of it invented."""

FIRST_NAMES = (
    "Aaliyah", "Adriana", "Aisha", "Alejandra", "Alexander", "Amara", "Amelia", "Ana", "Andre", "Angela",
    "Anthony", "Beatriz", "Benjamin", "Bernice", "Carmen", "Caroline", "Cecilia", "Charles", "Chidi", "Clara",
    "Cynthia", "Daniel", "David", "Deborah", "Denise", "Diego", "Dolores", "Dorothy", "Edith", "Eleanor",
    "Elena", "Elizabeth", "Emmanuel", "Esther", "Eugene", "Evelyn", "Fatima", "Fernanda", "Florence",
    "Frances", "Gabriel", "George", "Gloria", "Grace", "Harold", "Harriet", "Hassan", "Helen", "Henry",
    "Ibrahim", "Irene", "Isabel", "Ivan", "Jacqueline", "James", "Janet", "Jasmine", "Jean", "Jerome", "Joan",
    "Jose", "Joseph", "Joyce", "Juanita", "Julia", "Karen", "Keisha", "Kwame", "Latoya", "Laura", "Leonard",
    "Lidia", "Lillian", "Linda", "Lorraine", "Louise", "Lucille", "Luis", "Mabel", "Marcus", "Margaret",
    "Maria", "Marie", "Marisol", "Martha", "Mei", "Mercedes", "Michael", "Mildred", "Miriam", "Monique",
    "Nadia", "Natasha", "Nia", "Olga", "Olivia", "Oscar", "Patricia", "Paula", "Pauline", "Pedro", "Priya",
    "Rachel", "Ramona", "Raymond", "Rebecca", "Renee", "Robert", "Rosa", "Rosemarie", "Ruth", "Samuel",
    "Sandra", "Shanice", "Sharon", "Simone", "Sofia", "Stella", "Svetlana", "Sylvia", "Tamara", "Teresa",
    "Theresa", "Thomas", "Tiffany", "Valentina", "Vera", "Veronica", "Victor", "Vincent", "Virginia",
    "Walter", "Wanda", "William", "Winston", "Xiomara", "Yolanda", "Yvonne", "Zainab", "Zoya",
)  # fmt: skip

LAST_NAMES = (
    "Abraham", "Acosta", "Adams", "Adeyemi", "Aguilar", "Ahmed", "Allen", "Alvarez", "Anderson", "Baker",
    "Baptiste", "Barnes", "Bautista", "Bell", "Bennett", "Boateng", "Brooks", "Brown", "Bryant", "Cabrera",
    "Campbell", "Carter", "Castillo", "Chen", "Clarke", "Coleman", "Collins", "Cooper", "Cruz", "Davis",
    "Delgado", "Diallo", "Diaz", "Edwards", "Estrada", "Evans", "Fernandez", "Fisher", "Flores", "Foster",
    "Francis", "Garcia", "Gibson", "Gomez", "Gonzalez", "Graham", "Grant", "Green", "Griffin", "Gutierrez",
    "Hall", "Hamilton", "Harris", "Henry", "Hernandez", "Hill", "Howard", "Hughes", "Ibrahim", "Ivanova",
    "Jackson", "James", "Jean-Louis", "Jenkins", "Jimenez", "Johnson", "Jones", "Joseph", "Kaur", "Kelly",
    "Khan", "Kim", "King", "Kowalski", "Lee", "Lewis", "Li", "Lopez", "Marshall", "Martin", "Martinez",
    "Mensah", "Miller", "Mitchell", "Moore", "Morales", "Morgan", "Murphy", "Myers", "Nelson", "Nguyen",
    "Novak", "O'Brien", "O'Connor", "Okafor", "Ortiz", "Osei", "Owens", "Parker", "Patel", "Perez", "Petrov",
    "Phillips", "Pierre", "Powell", "Price", "Ramirez", "Ramos", "Reed", "Reyes", "Richardson", "Rivera",
    "Roberts", "Robinson", "Rodriguez", "Rogers", "Romero", "Rosario", "Ross", "Russell", "Sanchez",
    "Sanders", "Santos", "Scott", "Shah", "Simmons", "Singh", "Smith", "Stewart", "Sullivan", "Taylor",
    "Thomas", "Thompson", "Torres", "Turner", "Valdez", "Vargas", "Vasquez", "Walker", "Wallace", "Ward",
    "Washington", "Watson", "White", "Williams", "Wilson", "Wong", "Wood", "Wright", "Young", "Zhang",
)  # fmt: skip

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
