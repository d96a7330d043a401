package xmlsec

// X509Certificates are the DER certificates in KeyInfo's X509Data: hints from
// whoever made the document. It is nil when there are none or when one is not
// base64.
func (s *Signature) X509Certificates() [][]byte {
	if s.KeyInfo == nil {
		return nil
	}
	var list [][]byte
	for _, data := range s.KeyInfo.All(NSDSig, "X509Data") {
		for _, c := range data.All(NSDSig, "X509Certificate") {
			der, err := base64Text(c)
			if err != nil {
				return nil
			}
			list = append(list, der)
		}
	}
	return list
}
