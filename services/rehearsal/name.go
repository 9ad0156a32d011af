package rehearsal

import (
	"math/rand/v2"
	"slices"
	"strings"

	"raceday/services/rules/race"
)

// people are the names of those who run for a country.
type people struct {
	country string
	// percent of the field that runs for it.
	percent int
	// script is one alphabet's names; a country may have several.
	scripts []script
}

// script holds given names by sex and family names, whose ending may depend on the sex.
type script struct {
	men, women   []string
	family       []string
	womensEnding string
}

var kazakhLatin = script{
	men: []string{
		"Alikhan", "Alisher", "Arman", "Askar", "Azamat", "Bauyrzhan", "Bekzat", "Daniyar", "Darkhan", "Daulet", "Dias", "Erlan",
		"Galym", "Ilyas", "Kairat", "Madi", "Marat", "Nurlan", "Olzhas", "Rustem", "Samat", "Sanzhar", "Timur", "Yerzhan", "Zhandos",
	},
	women: []string{
		"Aigerim", "Aida", "Ainur", "Aizhan", "Akbota", "Aliya", "Assel", "Balzhan", "Botagoz", "Dana", "Dinara", "Gaukhar",
		"Gulnara", "Indira", "Kamila", "Kamshat", "Laura", "Madina", "Moldir", "Nazym", "Saltanat", "Saule", "Togzhan", "Zarina",
	},
	family: []string{
		"Abenov", "Abdrakhmanov", "Akhmetov", "Alimbekov", "Baimukhanov", "Bekov", "Dosmukhamedov", "Dzhaksybekov", "Ermekov",
		"Iskakov", "Ibraev", "Kaliev", "Kenzhebekov", "Mukhametov", "Nurgaliev", "Nurpeisov", "Omarov", "Ospanov", "Rakhimov",
		"Sadykov", "Sagindykov", "Satpaev", "Seitkaliev", "Suleimenov", "Tleubaev", "Tulegenov", "Utegenov", "Zhaksylykov", "Zhumabaev",
	},
	womensEnding: "a",
}

var kazakhCyrillic = script{
	men: []string{
		"Абай", "Асхат", "Бақытжан", "Дәурен", "Ерасыл", "Ержан", "Жандос", "Қайрат", "Мирас", "Нұржан", "Өмір", "Санжар",
	},
	women: []string{
		"Айгерім", "Айым", "Әсем", "Балжан", "Гүлнұр", "Дана", "Жанар", "Зере", "Мөлдір", "Нұрай", "Сәуле", "Томирис",
	},
	family: []string{
		"Әбдіқадыр", "Әлімжан", "Байтұрсын", "Бекжан", "Досжан", "Ерғали", "Жұмабай", "Қасым", "Құрманбек", "Мұқан",
		"Нұрғали", "Оспан", "Сейдахмет", "Төлеген",
	},
}

var russianLatin = script{
	men: []string{
		"Aleksei", "Andrei", "Anton", "Artem", "Denis", "Dmitrii", "Evgenii", "Igor", "Ilya", "Ivan", "Kirill", "Maksim", "Mikhail",
		"Nikolai", "Oleg", "Pavel", "Roman", "Sergei", "Viktor", "Vladimir",
	},
	women: []string{
		"Aleksandra", "Alina", "Anastasia", "Anna", "Daria", "Ekaterina", "Elena", "Irina", "Ksenia", "Maria", "Marina", "Natalia",
		"Oksana", "Olga", "Polina", "Svetlana", "Tatiana", "Vera", "Viktoria", "Yulia",
	},
	family: []string{
		"Andreev", "Belov", "Efimov", "Fedorov", "Gavrilov", "Gorbunov", "Ivanov", "Kim", "Kiselev", "Kovalev", "Kuznetsov", "Lebedev",
		"Makarov", "Morozov", "Nikitin", "Orlov", "Pavlov", "Petrov", "Popov", "Romanov", "Sidorov", "Smirnov", "Sokolov", "Titov",
		"Vasiliev", "Volkov", "Zaitsev",
	},
	womensEnding: "a",
}

var russianCyrillic = script{
	men:          []string{"Алексей", "Андрей", "Артём", "Дмитрий", "Евгений", "Игорь", "Кирилл", "Максим", "Павел", "Сергей"},
	women:        []string{"Алина", "Анна", "Екатерина", "Елена", "Ирина", "Мария", "Наталья", "Ольга", "Светлана", "Юлия"},
	family:       []string{"Белов", "Волков", "Ефимов", "Захаров", "Киселёв", "Лебедев", "Морозов", "Орлов", "Соколов", "Титов"},
	womensEnding: "а",
}

var western = script{
	men:    []string{"Ben", "Daniel", "Erik", "Felix", "Jack", "Jonas", "Lukas", "Marc", "Oliver", "Paul", "Simon", "Thomas"},
	women:  []string{"Alice", "Anna", "Clara", "Emma", "Hannah", "Julia", "Laura", "Lena", "Marie", "Nora", "Sophie", "Sarah"},
	family: []string{"Baker", "Fischer", "Hansen", "Keller", "Martin", "Miller", "Novak", "Schmidt", "Taylor", "Weber", "Wilson", "Young"},
}

var eastAfrican = script{
	men:    []string{"Abel", "Amos", "Dickson", "Edwin", "Elijah", "Kiprop", "Robert", "Tadese"},
	women:  []string{"Agnes", "Alemitu", "Faith", "Joyce", "Mercy", "Sharon", "Tigist", "Viola"},
	family: []string{"Bekele", "Cheruiyot", "Kemboi", "Kiplagat", "Koech", "Langat", "Rotich", "Tesfaye"},
}

var peoples = []people{
	{"KAZ", 86, []script{kazakhLatin, kazakhLatin, russianLatin, kazakhCyrillic, russianCyrillic}},
	{"RUS", 5, []script{russianLatin, russianCyrillic}},
	{"KGZ", 3, []script{kazakhLatin}},
	{"UZB", 2, []script{kazakhLatin, russianLatin}},
	{"GER", 1, []script{western}},
	{"GBR", 1, []script{western}},
	{"USA", 1, []script{western}},
	{"KEN", 1, []script{eastAfrican}},
}

// surnameEndings are those that women's names add to, where their script has an ending for it.
var surnameEndings = []string{"ov", "ev", "in", "ов", "ев", "ёв"}

// drawPeople draws by percent.
func drawPeople(rng *rand.Rand) people {
	at := rng.IntN(100)
	for _, p := range peoples {
		if at -= p.percent; at < 0 {
			return p
		}
	}
	return peoples[0]
}

// drawName returns a given and a family name.
func (p people) drawName(rng *rand.Rand, sex race.Sex) string {
	s := pick(rng, p.scripts)
	given, family := pick(rng, s.men), pick(rng, s.family)
	if sex == race.Female {
		given = pick(rng, s.women)
		if slices.ContainsFunc(surnameEndings, func(ending string) bool { return strings.HasSuffix(family, ending) }) {
			family += s.womensEnding
		}
	}
	return given + " " + family
}

func pick[T any](rng *rand.Rand, from []T) T { return from[rng.IntN(len(from))] }

var clubs = []string{
	"", "", "", "", "", "Almaty Runners", "Astana Run Club", "Medeu Trail", "Kok-Tobe Joggers", "Burabay Striders",
	"Turan University", "Shymkent Pace", "Karaganda Miners", "Zhetysu Athletics", "Steppe Wolves",
}

var teamNames = []string{
	"Alatau", "Altyn Adam", "Apple City", "Baiterek", "Barys", "Big Almaty Lake", "Charyn", "Kaindy", "Khan Tengri", "Kolsai",
	"Medeu", "Nomads", "Samal", "Shymbulak", "Silk Road", "Steppe Eagles", "Sunkar", "Talgar", "Tulpar", "Zhuldyz",
}

var teamCategories = []string{"Open", "Corporate", "Student"}
