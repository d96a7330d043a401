package api

import (
	"encoding/base64"
	"encoding/hex"

	"eidgate/gateway/api/gen"
	"eidgate/gateway/signing"
	"eidgate/sign"
)

func answer(s *signing.Signature) gen.SignatureJSONResponse {
	return gen.SignatureJSONResponse{Body: signature(s)}
}

// signature shows a signature as the document has it.
func signature(s *signing.Signature) gen.Signature {
	out := gen.Signature{
		Id: s.ID, Format: gen.Format(s.Format), Mode: gen.Mode(s.Mode), Level: gen.Level(sign.LevelLT.String()),
		State: gen.State(s.State), CreatedAt: s.Created, ExpiresAt: s.Expires, Files: []gen.File{},
	}
	for _, f := range s.Files {
		file := gen.File{Number: int32(f.Number), Name: f.Name, MediaType: f.MediaType, Size: f.Size, Received: f.Received}
		if f.SHA256 != nil {
			sum := hex.EncodeToString(f.SHA256)
			file.Sha256 = &sum
		}
		out.Files = append(out.Files, file)
	}
	if t := s.ToSign; t != nil {
		out.ToSign = &gen.ToSign{
			Hash: base64.StdEncoding.EncodeToString(t.Digest), HashFunction: gen.HashFunction(t.Hash), ControlCode: t.ControlCode(),
			Certificate: base64.StdEncoding.EncodeToString(t.Certificate), SigningTime: t.Time,
			Signer: gen.Signer{Name: t.Signer.FullName(), Country: t.Signer.Country},
		}
	}
	if r := s.Result; r != nil {
		out.Result = &gen.Result{Name: r.Name, MediaType: r.MediaType, Level: gen.Level(r.Level.String()), SignedAt: &r.Proven}
		if r.Size > 0 {
			out.Result.Size = &r.Size
		}
	}
	return out
}
