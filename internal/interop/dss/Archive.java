import eu.europa.esig.dss.asic.cades.ASiCWithCAdESSignatureParameters;
import eu.europa.esig.dss.asic.cades.signature.ASiCWithCAdESService;
import eu.europa.esig.dss.enumerations.ASiCContainerType;
import eu.europa.esig.dss.enumerations.DigestAlgorithm;
import eu.europa.esig.dss.enumerations.SignatureLevel;
import eu.europa.esig.dss.model.DSSDocument;
import eu.europa.esig.dss.model.FileDocument;
import eu.europa.esig.dss.service.http.commons.OCSPDataLoader;
import eu.europa.esig.dss.service.http.commons.TimestampDataLoader;
import eu.europa.esig.dss.service.ocsp.OnlineOCSPSource;
import eu.europa.esig.dss.service.tsp.OnlineTSPSource;
import eu.europa.esig.dss.spi.DSSUtils;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import eu.europa.esig.dss.spi.x509.CommonTrustedCertificateSource;
import eu.europa.esig.dss.token.Pkcs12SignatureToken;

import java.io.File;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;

/**
 * Signs files into ASiC-E with CAdES at level LTA, or renews such a container:
 * Archive TSA ANCHOR OUT renew CONTAINER, or Archive TSA ANCHOR OUT P12 FILE...
 */
public final class Archive {
    public static void main(String[] args) throws Exception {
        CommonTrustedCertificateSource anchors = new CommonTrustedCertificateSource();
        anchors.addCertificate(DSSUtils.loadCertificate(new File(args[1])));
        CommonCertificateVerifier verifier = new CommonCertificateVerifier();
        verifier.setTrustedCertSources(anchors);
        verifier.setAIASource(null);
        verifier.setOcspSource(new OnlineOCSPSource(new OCSPDataLoader()));
        OnlineTSPSource tsa = new OnlineTSPSource(args[0]);
        tsa.setDataLoader(new TimestampDataLoader());
        ASiCWithCAdESService service = new ASiCWithCAdESService(verifier);
        service.setTspSource(tsa);

        ASiCWithCAdESSignatureParameters parameters = new ASiCWithCAdESSignatureParameters();
        parameters.aSiC().setContainerType(ASiCContainerType.ASiC_E);
        parameters.setSignatureLevel(SignatureLevel.CAdES_BASELINE_LTA);
        parameters.setDigestAlgorithm(DigestAlgorithm.SHA256);
        DSSDocument out;
        if (args[3].equals("renew")) {
            out = service.extendDocument(new FileDocument(args[4]), parameters);
        } else {
            List<DSSDocument> files = new ArrayList<>();
            for (int i = 4; i < args.length; i++) {
                files.add(new FileDocument(args[i]));
            }
            try (var token = new Pkcs12SignatureToken(args[3], new KeyStore.PasswordProtection("secret".toCharArray()))) {
                var key = token.getKeys().get(0);
                parameters.setSigningCertificate(key.getCertificate());
                parameters.setCertificateChain(key.getCertificateChain());
                var data = service.getDataToSign(files, parameters);
                out = service.signDocument(files, parameters, token.sign(data, DigestAlgorithm.SHA256, key));
            }
        }
        out.save(args[2]);
        System.out.println("SAVED " + args[2]);
    }
}
