package main

import "strings"

// texts are what dialogs say in one language. Those with %s or %d are filled
// in by fmt.
type texts struct {
	login, sign, certificate                  purpose
	website, letters, mixed                   string
	code, codeRule                            string
	tries, lastTry, lastTryQuestion           string
	wrong, format                             string
	onPad, onOwn                              string
	cancel, again, use, next, proceed, closed string
	chooseTitle, choose                       string
	waitTitle                                 string
	noService, noReader, noCard, mute         string
	unsupported, removed, busy, other, failed string
	noModule, unseen, crashed                 string
	expired, expires                          string // with a date
	triesAtLeast                              string
	blocked, pukBlocked, notActivated         string
	cards                                     map[string]string // names of kinds of cards; the others keep their own
}

// purpose is what the site wants.
type purpose struct{ title, wish, ok string }

func english() *texts {
	return &texts{
		login:       purpose{"Log in to a website", "wants you to log in. It will learn your name and personal code.", "Log in"},
		sign:        purpose{"Sign for a website", "wants your signature. It is as binding as one on paper.", "Sign"},
		certificate: purpose{"Certificate for a website", "wants to read your signing certificate, as sites do before you sign. It will learn your name and personal code.", "Allow"},

		website: "The website", letters: "(%s in letters: look closely)",
		mixed: "(Its name mixes alphabets: it may imitate another site.)",
		code:  "Control code: %s", codeRule: "If the website shows a control code, it must be this one.",
		tries: "%s: %d of %d tries left.", lastTry: "%s: this is the LAST try. A wrong code blocks it.",
		lastTryQuestion: "Only one try is left for %s. A wrong code blocks it. Do you want to use the last try?",
		wrong:           "Wrong %s.", format: "%s has %d to %d digits. Nothing was sent to the card.",
		onPad: "Enter %s on the card reader's keypad.", onOwn: "Enter %s in the window of the card's own software.",
		cancel: "Cancel", again: "Try again", use: "Use this card", next: "Next card", proceed: "Continue", closed: "Close",
		chooseTitle: "Choose a card", choose: "Several cards are inserted. Use this one?",
		waitTitle:   "Card needed",
		noService:   "The smart card service does not answer. Install and start pcscd.",
		noReader:    "No card reader was found. Plug one in.",
		noCard:      "Insert your card into the reader.",
		mute:        "The card does not answer. Take it out and insert it again, chip first.",
		unsupported: "This card is not supported. Insert your eID card.",
		removed:     "The card was taken out. Insert it again; nothing was signed.",
		busy:        "Another program is using the card. Close it or wait.",
		other:       "This is not the card whose certificate you gave to the website. Insert the right one.",
		failed:      "The card could not be used. Take it out and insert it again.",
		noModule:    "This card (%s) needs the software of its maker. Install it, then try again.",
		unseen:      "The software of the card's maker does not see the card. Take it out and insert it again.",
		crashed:     "The software of the card's maker crashed; nothing was signed.",
		expired:     "The certificate expired on %s.",
		expires:     "The certificate expires on %s.",

		triesAtLeast: "%s: at least %d tries left.",
		blocked:      "%[1]s is blocked after too many wrong entries. Unblock it with the PUK: eid pin unblock %[1]s.",
		pukBlocked:   "The PUK is blocked. Only the card's issuer can help.",

		notActivated: "%[1]s must be changed before it is used for the first time: eid pin change %[1]s.",
	}
}

func estonian() *texts {
	return &texts{
		login:       purpose{"Veebilehele sisselogimine", "soovib, et logiksite sisse. Ta saab teada teie nime ja isikukoodi.", "Logi sisse"},
		sign:        purpose{"Allkiri veebilehele", "soovib teie allkirja. See on omakäelise allkirjaga võrdne.", "Allkirjasta"},
		certificate: purpose{"Sertifikaat veebilehele", "soovib lugeda teie allkirjastamissertifikaati, nagu enne allkirjastamist tavaks on. Ta saab teada teie nime ja isikukoodi.", "Luba"},

		website: "Veebileht", letters: "(tähtedega %s: vaadake hoolega)",
		mixed: "(Nimes on segamini eri tähestikke: see võib jäljendada teist lehte.)",
		code:  "Kontrollkood: %s", codeRule: "Kui veebileht näitab kontrollkoodi, peab see olema sama.",
		tries: "%s: alles %d katset %d-st.", lastTry: "%s: see on VIIMANE katse. Vale kood blokeerib selle.",
		lastTryQuestion: "%s: alles on ainult üks katse. Vale kood blokeerib selle. Kas soovite viimast katset kasutada?",
		wrong:           "Vale %s.", format: "%s on %d kuni %d numbrit. Kaardile ei saadetud midagi.",
		onPad: "Sisestage %s kaardilugeja klaviatuurilt.", onOwn: "Sisestage %s kaardi oma tarkvara aknas.",
		cancel: "Loobu", again: "Proovi uuesti", use: "Kasuta seda", next: "Järgmine kaart", proceed: "Jätka", closed: "Sulge",
		chooseTitle: "Valige kaart", choose: "Lugejates on mitu kaarti. Kas kasutada seda?",
		waitTitle:   "Vaja on kaarti",
		noService:   "Kiipkaarditeenus ei vasta. Paigaldage ja käivitage pcscd.",
		noReader:    "Kaardilugejat ei leitud. Ühendage lugeja.",
		noCard:      "Sisestage kaart lugejasse.",
		mute:        "Kaart ei vasta. Võtke see välja ja sisestage uuesti, kiip ees.",
		unsupported: "Seda kaarti ei toetata. Sisestage oma ID-kaart.",
		removed:     "Kaart võeti välja. Sisestage see uuesti; midagi ei allkirjastatud.",
		busy:        "Kaarti kasutab teine programm. Sulgege see või oodake.",
		other:       "See ei ole kaart, mille sertifikaadi te veebilehele andsite. Sisestage õige kaart.",
		failed:      "Kaarti ei saanud kasutada. Võtke see välja ja sisestage uuesti.",
		noModule:    "See kaart (%s) vajab oma tootja tarkvara. Paigaldage see ja proovige uuesti.",
		unseen:      "Kaardi tootja tarkvara ei näe kaarti. Võtke kaart välja ja sisestage uuesti.",
		crashed:     "Kaardi tootja tarkvara lakkas töötamast; midagi ei allkirjastatud.",
		expired:     "Sertifikaat aegus %s.",
		expires:     "Sertifikaat aegub %s.",

		triesAtLeast: "%s: alles vähemalt %d katset.",
		blocked:      "%[1]s on pärast valesid sisestusi blokeeritud. Avage see PUK-koodiga: eid pin unblock %[1]s.",
		pukBlocked:   "PUK-kood on blokeeritud. Aidata saab ainult kaardi väljaandja.",

		notActivated: "%[1]s tuleb enne esimest kasutamist muuta: eid pin change %[1]s.",
		cards: map[string]string{
			"esteid2018": "Eesti ID-kaart (2018)", "esteid2025": "Eesti ID-kaart (2025)",
			"fineid3": "Soome ID-kaart (3)", "fineid4": "Soome ID-kaart (4)", "lateid2": "Läti ID-kaart (2)",
			"liteid": "Leedu ID-kaart", "hrveid": "Horvaatia ID-kaart", "beleid": "Belgia ID-kaart",
			"czeeid": "Tšehhi ID-kaart", "luxeid": "Luksemburgi ID-kaart", "luxtrust": "LuxTrusti kaart",
		},
	}
}

// textsFor chooses the language: that of the first wish that is known, else
// English. A wish is a language tag ("et", "et-EE") or a locale ("et_EE.UTF-8").
func textsFor(wishes ...string) *texts {
	for _, wish := range wishes {
		language, _, _ := strings.Cut(strings.ToLower(wish), "-")
		language, _, _ = strings.Cut(language, "_")
		switch language {
		case "et":
			return estonian()
		case "en":
			return english()
		}
	}
	return english()
}
