package audit

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"time"

	"eidgate/certs"
)

// usage is one row of findUsage, by the data tracker's query API 2.1.0.
type usage struct {
	Time           time.Time `json:"logtime"`
	Action         string    `json:"action"`
	ReceiverCode   string    `json:"receiverCode"`
	ReceiverName   string    `json:"receiverName,omitempty"`
	ReceiverSystem string    `json:"receiverSystem"`
}

type usages struct {
	Total  int     `json:"totalUsages"`
	Usages []usage `json:"usages"`
}

// UsageHandler serves the data tracker's query API 2.1.0 (findUsage,
// usagePeriod, heartbeat) to the state portal. It trusts the X-Road headers of
// its request: mount it behind an exchange that checks who calls, never on a
// public listener. A findUsage for somebody else than the caller is answered
// when the exchange let the caller in (representation is the portal's affair).
func (e *Events) UsageHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v2/findUsage", e.findUsage)
	mux.HandleFunc("GET /v2/usagePeriod", e.usagePeriod)
	mux.HandleFunc("GET /v2/heartbeat", e.heartbeat)
	return mux
}

func (e *Events) findUsage(w http.ResponseWriter, r *http.Request) {
	person, filter, err := usageQuery(r)
	if err != nil {
		answer(w, http.StatusBadRequest, map[string]string{"message": err.Error()})
		return
	}
	entries, total, err := e.OfPerson(r.Context(), person, filter)
	if err != nil {
		answer(w, http.StatusInternalServerError, map[string]string{"message": "the events cannot be read now"})
		return
	}
	found := usages{Total: total, Usages: make([]usage, 0, len(entries))}
	for i := range entries {
		found.Usages = append(found.Usages, usageOf(&entries[i]))
	}
	answer(w, http.StatusOK, found)
}

func usageOf(entry *Entry) usage {
	action := cmp.Or(entry.Purpose, entry.Action)
	if entry.Kind == Review { // its purpose is a case number, which says nothing alone
		action = "Inspection of the record of accesses: " + action
	}
	return usage{
		Time:           entry.At,
		Action:         action,
		ReceiverCode:   cmp.Or(entry.Actor.Organisation, "-"),
		ReceiverName:   entry.Actor.OrganisationName,
		ReceiverSystem: cmp.Or(entry.Actor.System, entry.Service, "-"),
	}
}

// personCode is a country and a national code, as X-Road-UserId writes them.
var personCode = regexp.MustCompile(`^[A-Z]{2}[0-9A-Za-z-]{3,32}$`)

// usageQuery reads the parameters; its errors never repeat their values.
func usageQuery(r *http.Request) (certs.Identifier, Filter, error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return certs.Identifier{}, Filter{}, errors.New("the query is not URL-encoded")
	}
	for _, values := range query {
		if len(values) > 1 { // of two codes a proxy may have judged the other
			return certs.Identifier{}, Filter{}, errors.New("a parameter stands there twice")
		}
	}
	if len(r.Header.Values("X-Road-UserId")) > 1 {
		return certs.Identifier{}, Filter{}, errors.New("the header X-Road-UserId stands there twice")
	}
	code := query.Get("userCode")
	if !personCode.MatchString(code) {
		return certs.Identifier{}, Filter{}, errors.New("userCode is not a country and a personal code")
	}
	if !personCode.MatchString(r.Header.Get("X-Road-UserId")) {
		return certs.Identifier{}, Filter{}, errors.New("the header X-Road-UserId is missing or not a country and a personal code")
	}
	filter := Filter{Limit: MaxLimit, Released: true, ByOthers: true}
	for _, period := range []struct {
		name string
		into *time.Time
	}{{"periodStart", &filter.From}, {"periodEnd", &filter.To}} {
		if text := query.Get(period.name); text != "" {
			if *period.into, err = time.Parse(time.RFC3339, text); err != nil {
				return certs.Identifier{}, Filter{}, fmt.Errorf("%s is not a time of RFC 3339", period.name)
			}
		}
	}
	for _, number := range []struct {
		name string
		into *int
	}{{"offset", &filter.Offset}, {"limit", &filter.Limit}} {
		if text := query.Get(number.name); text != "" {
			n, err := strconv.ParseInt(text, 10, 32)
			if err != nil || n < 0 {
				return certs.Identifier{}, Filter{}, fmt.Errorf("%s is not a number from 0", number.name)
			}
			*number.into = int(n)
		}
	}
	if filter.Limit == 0 {
		filter.Limit = MaxLimit
	}
	return certs.NewIdentifier("PNO" + code[:2] + "-" + code[2:]), filter, nil
}

func (e *Events) usagePeriod(w http.ResponseWriter, r *http.Request) {
	var first int64
	err := e.options.Database.QueryRowContext(r.Context(),
		`SELECT COALESCE(MIN(at), $1) FROM audit_event`, e.options.Now().UnixMicro()).Scan(&first)
	if err != nil {
		answer(w, http.StatusInternalServerError, map[string]string{"message": "the events cannot be read now"})
		return
	}
	answer(w, http.StatusOK, map[string]time.Time{"periodStart": time.UnixMicro(first).UTC()})
}

func (e *Events) heartbeat(w http.ResponseWriter, r *http.Request) {
	var one int
	if err := e.options.Database.QueryRowContext(r.Context(), `SELECT 1`).Scan(&one); err != nil {
		answer(w, http.StatusOK, map[string]string{"status": "FAIL", "message": "the database does not answer"})
		return
	}
	answer(w, http.StatusOK, map[string]string{"status": "OK", "message": "events can be read"})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client went away
}
