"""Common first and last names; every person of the sample is a random combination."""

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
