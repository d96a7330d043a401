import eu.europa.esig.dss.model.FileDocument;
import eu.europa.esig.dss.spi.DSSUtils;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import eu.europa.esig.dss.spi.x509.CommonTrustedCertificateSource;
import eu.europa.esig.dss.validation.SignedDocumentValidator;

import java.io.File;
import java.util.List;

/** Prints what EU DSS says of each signature: Validate ANCHOR SIGNATURE[:DOCUMENT]... */
public final class Validate {
    public static void main(String[] args) throws Exception {
        CommonTrustedCertificateSource anchors = new CommonTrustedCertificateSource();
        anchors.addCertificate(DSSUtils.loadCertificate(new File(args[0])));
        for (int i = 1; i < args.length; i++) {
            String[] pair = args[i].split(":", 2);
            CommonCertificateVerifier verifier = new CommonCertificateVerifier();
            verifier.setTrustedCertSources(anchors);
            verifier.setAIASource(null);
            SignedDocumentValidator validator = SignedDocumentValidator.fromDocument(new FileDocument(pair[0]));
            validator.setCertificateVerifier(verifier);
            if (pair.length > 1) {
                validator.setDetachedContents(List.of(new FileDocument(pair[1])));
            }
            var reports = validator.validateDocument();
            var simple = reports.getSimpleReport();
            StringBuilder line = new StringBuilder("ANSWER " + args[i]);
            for (String id : simple.getSignatureIdList()) {
                line.append(' ').append(simple.getIndication(id)).append('/').append(simple.getSubIndication(id))
                    .append('/').append(simple.getSignatureFormat(id));
            }
            for (var stamp : reports.getDiagnosticData().getTimestampList()) {
                line.append(stamp.isMessageImprintDataIntact() && stamp.isSignatureIntact() ? " stamp" : " broken-stamp");
            }
            System.out.println(line);
        }
    }
}
