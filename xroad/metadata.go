package xroad

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
)

func parseTarget(target string) (*url.URL, error) { return url.ParseRequestURI(target) }

// isMetaService tells the services that every subsystem has (pr-mrest).
func isMetaService(code string) bool { return code == codeListMethods || code == codeAllowedMethods }

// methodList is the answer of listMethods and allowedMethods (pr-mrest §4).
type methodList struct {
	Service []methodEntry `json:"service"`
}

type methodEntry struct {
	MemberClass   string          `json:"member_class"`
	MemberCode    string          `json:"member_code"`
	ObjectType    string          `json:"object_type"`
	ServiceCode   string          `json:"service_code"`
	ServiceType   string          `json:"service_type"`
	SubsystemCode string          `json:"subsystem_code"`
	Instance      string          `json:"xroad_instance"`
	Endpoints     []endpointEntry `json:"endpoint_list"`
}

type endpointEntry struct {
	Method string `json:"method"`
	Path   string `json:"path"`
}

// metadata answers listMethods with every REST service of a subsystem and
// allowedMethods with those the client has a right to.
func (x *incoming) metadata() (*response, *spool, *Fault) {
	var client *ClientID
	if x.request.service.Code == codeAllowedMethods {
		client = &x.request.client
	}
	text, err := json.Marshal(x.gateway.in.methods(x.request.service.Provider, client))
	if err != nil {
		return nil, nil, newFault(atProvider, codeInternal, "The list could not be made").because(err)
	}
	body, err := newSpool(bytes.NewReader(text), int64(len(text)), int64(len(text)), x.gateway.o.TempDir)
	if err != nil {
		return nil, nil, newFault(atProvider, codeInternal, "The list could not be made").because(err)
	}
	return &response{http.StatusOK, "OK", []header{{"Content-Type", typeJSON}}}, body, nil
}

// methods lists the services of a subsystem, for one client or for nobody.
func (in *Instance) methods(of ClientID, client *ClientID) methodList {
	list := methodList{Service: []methodEntry{}}
	sub := in.subsystems[of]
	for _, code := range sub.order {
		s := sub.services[code]
		endpoints, whole := s.declared(client)
		if s.kind == kindSOAP || client != nil && !whole && len(endpoints) == 0 {
			continue
		}
		e := methodEntry{
			MemberClass: of.Class, MemberCode: of.Code, ObjectType: "SERVICE", ServiceCode: code, ServiceType: s.kind,
			SubsystemCode: of.Subsystem, Instance: of.Instance, Endpoints: []endpointEntry{},
		}
		for _, p := range endpoints {
			e.Endpoints = append(e.Endpoints, endpointEntry{p.method, string(p.path)})
		}
		list.Service = append(list.Service, e)
	}
	return list
}
