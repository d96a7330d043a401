package kyc

import "eidgate/internal/fault"

// What the service refuses. Codes are stable.
var (
	ErrKey           = fault.New("kyc.key", "the API key is not known", "Send a key made by \"eidgate keys new\" as a bearer token.")
	ErrKeyRevoked    = fault.New("kyc.key-revoked", "the API key was revoked", "Use another key of the company; the operator makes one by \"eidgate keys new --client\".")
	ErrUnknownKey    = fault.New("kyc.unknown-key", "there is no API key of that identifier", "\"eidgate keys list\" shows the identifiers, which begin with ak_.")
	ErrUnknownClient = fault.New("kyc.unknown-client", "there is no client of that identifier", "\"eidgate keys list\" shows the identifiers, which begin with cl_.")
	ErrClientName    = fault.New("kyc.client-name", "a client's name must have 1 to 100 characters without control characters", "Give the company's name as persons shall read it.")
	ErrUnknown       = fault.New("kyc.unknown", "there is no such session or attestation", "Check the identifier and the API key.")
	ErrErased        = fault.New("kyc.erased", "what the session verified was erased", "Ask the customer for a new verification.")
	ErrPersonKey     = fault.New("kyc.person-key", "what sessions verified is encrypted with a key that is not here", "Put back the file kyc-persons.keys of the secrets folder; under another key nobody can read what was verified before.")
	ErrPersonDamaged = fault.New("kyc.person-damaged", "what a session verified cannot be decrypted", "The row was changed or moved; look for who wrote to the database.")
	ErrPerson        = fault.New("kyc.person", "another person logged in since the page was shown", "Look at the page again and decide there.")
	ErrCardEnded     = fault.New("kyc.card-ended", "the certificate of the person's card has ended since", "Ask the customer for a new verification.")
	ErrPurpose       = fault.New("kyc.purpose", "the purpose must have 3 to 300 characters and no personal code", "Say in a sentence for what the customer's data is needed.")
	ErrClaims        = fault.New("kyc.claims", "the requested claims are not ones the service can verify", "Ask for some of given_name, family_name, birthdate, personal_administrative_number, issuing_country, age_equal_or_over.NN.")
	ErrAssurance     = fault.New("kyc.assurance", "the level of assurance must be low, substantial or high", "")
	ErrReturnURL     = fault.New("kyc.return-url", "the return address is not one of the client's, or holds a personal code", "Use an https address of an origin given with \"eidgate keys new --return\".")
	ErrReference     = fault.New("kyc.reference", "the client reference must have at most 200 printable characters and no personal code", "")
	ErrState         = fault.New("kyc.state", "the session is in another state", "Look at the session's status.")
	ErrExpired       = fault.New("kyc.expired", "the session has expired", "Ask the company for a new link.")
	ErrBrowser       = fault.New("kyc.browser", "the page was opened in another browser", "Go on in the browser that opened it, or ask the company for a new link.")
	ErrLogin         = fault.New("kyc.login", "the login cannot be used for a verification", "Log in with a card.")
	ErrTooLow        = fault.New("kyc.assurance-too-low", "the card's level of assurance is lower than the company asks for", "Use another card.")
	ErrNotGranted    = fault.New("kyc.not-granted", "the person did not grant this claim", "Ask only for claims of the session's result.")
	ErrUnavailable   = fault.New("kyc.claim-unavailable", "the card does not prove this claim", "")
	ErrLifetime      = fault.New("kyc.lifetime", "an attestation lives from 1 minute to 400 days", "")
	ErrHolderKey     = fault.New("kyc.holder-key", "the holder's key is not an EC key on P-256", "Give the public key as a JWK.")
	ErrRetry         = fault.New("api.idempotency-mismatch", "the idempotency key was used for something else", "Use a new key for a new request.")
	ErrListFull      = fault.New("kyc.list-full", "the status list has no free place", "")
)
