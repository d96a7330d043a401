import com.sun.management.OperatingSystemMXBean;
import java.io.BufferedReader;
import java.io.File;
import java.io.FileInputStream;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import org.digidoc4j.Configuration;
import org.digidoc4j.Container;
import org.digidoc4j.ContainerBuilder;
import org.digidoc4j.ContainerOpener;
import org.digidoc4j.ContainerValidationResult;
import org.digidoc4j.DigestAlgorithm;
import org.digidoc4j.Signature;
import org.digidoc4j.SignatureBuilder;
import org.digidoc4j.SignatureProfile;
import org.digidoc4j.impl.asic.tsl.TSLCertificateSourceImpl;
import org.digidoc4j.signers.PKCS12SignatureToken;

/**
 * Lets digidoc4j sign and judge containers. Arguments: time-stamp URL, OCSP URL, certificates of
 * the trusted services. Each line of standard input is a command, its parts separated by tabs:
 *
 *   validate FILE
 *   sign PROFILE P12 PASSWORD OUT FILE...
 *   extend PROFILE FILE OUT
 *   repeat COUNT FILE
 *
 * Each answer is one line: "ok" or "no" or "error", then details. Those of repeat, which validates a
 * file so often, are the nanoseconds of processor time that the whole process used for it.
 */
public final class Judge {
  private final Configuration configuration = new Configuration(Configuration.Mode.TEST);

  private Judge(String[] args) throws Exception {
    // An own list instead of the European one: no network but the services here.
    TSLCertificateSourceImpl trusted = new TSLCertificateSourceImpl();
    configuration.setTSL(trusted);
    CertificateFactory factory = CertificateFactory.getInstance("X.509");
    for (int i = 2; i < args.length; i++) {
      try (FileInputStream in = new FileInputStream(args[i])) {
        trusted.addTSLCertificate((X509Certificate) factory.generateCertificate(in));
      }
    }
    configuration.setPreferAiaOcsp(false);
    configuration.setTspSource(args[0]);
    configuration.setTspSourceForArchiveTimestamps(args[0]);
    configuration.setOcspSource(args[1]);
  }

  public static void main(String[] args) throws Exception {
    Judge judge = new Judge(args);
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String answer;
      try {
        answer = judge.answer(line.split("\t"));
      } catch (Exception | Error e) {
        answer = "error\t" + e;
      }
      System.out.println("ANSWER\t" + answer.replace('\n', ' '));
      System.out.flush();
    }
    System.exit(0); // its thread pools would keep the process alive
  }

  private String answer(String[] command) throws Exception {
    switch (command[0]) {
      case "validate":
        return validate(command[1]);
      case "sign":
        return sign(command);
      case "extend":
        Container container = ContainerOpener.open(command[2], configuration);
        container.extendSignatureProfile(SignatureProfile.valueOf(command[1]));
        container.saveAsFile(command[3]);
        return "ok";
      case "repeat":
        return repeat(Integer.parseInt(command[1]), command[2]);
      default:
        return "error\tunknown command";
    }
  }

  /** An unsigned file is "valid" and an indication can be better than the verdict: both are asked. */
  private String validate(String file) {
    Container container = ContainerOpener.open(file, configuration);
    ContainerValidationResult result = container.validate();
    List<String> details = new ArrayList<>();
    for (String id : result.getSignatureIdList()) {
      details.add(result.getIndication(id) + " " + result.getSubIndication(id));
    }
    if (!"PADES".equals(container.getType())) {
      container.getSignatures().forEach(s -> details.add("profile " + s.getProfile()));
    }
    result.getErrors().forEach(e -> details.add("error: " + e.getMessage()));
    result.getContainerErrors().forEach(e -> details.add("container error: " + e.getMessage()));
    result.getWarnings().forEach(e -> details.add("warning: " + e.getMessage()));
    boolean good = result.isValid() && !result.getSignatureIdList().isEmpty();
    return (good ? "ok" : "no") + "\t" + String.join("; ", details);
  }

  private String repeat(int count, String file) {
    OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    long start = system.getProcessCpuTime();
    for (int i = 0; i < count; i++) {
      String answer = validate(file);
      if (!answer.startsWith("ok")) {
        return answer;
      }
    }
    return "ok\t" + (system.getProcessCpuTime() - start);
  }

  private String sign(String[] command) {
    ContainerBuilder builder = ContainerBuilder.aContainer(Container.DocumentType.ASICE).withConfiguration(configuration);
    for (int i = 5; i < command.length; i++) {
      builder.withDataFile(new File(command[i]).getPath(), "text/plain");
    }
    Container container = builder.build();
    Signature signature = SignatureBuilder.aSignature(container)
        .withSignatureToken(new PKCS12SignatureToken(command[2], command[3].toCharArray()))
        .withSignatureProfile(SignatureProfile.valueOf(command[1]))
        .withSignatureDigestAlgorithm(DigestAlgorithm.SHA384)
        .withCity("Тарту").withRoles("Õppejõud")
        .invokeSigning();
    container.addSignature(signature);
    container.saveAsFile(command[4]);
    return "ok";
  }
}
