// Judges an SD-JWT VC with an independent library: node verify.mjs ROOT.pem
// ATTESTATION [TLS-CA.pem | offline]. The certificate path is judged by Node's
// own X.509. Prints the claims, or says why not and exits with 1.
import { readFileSync } from 'node:fs';
import { verify, X509Certificate } from 'node:crypto';
import { get } from 'node:https';
import { digest, generateSalt } from '@sd-jwt/crypto-nodejs';
import { SDJwtVcInstance } from '@sd-jwt/sd-jwt-vc';

const [rootFile, file, ca] = process.argv.slice(2);
const root = new X509Certificate(readFileSync(rootFile));
const text = readFileSync(file, 'utf8').trim();

// The signing certificate of a JWT, once its path to the root holds.
function signer(jwt) {
  const header = JSON.parse(Buffer.from(jwt.split('.')[0], 'base64url'));
  const chain = header.x5c.map((der) => new X509Certificate(Buffer.from(der, 'base64')));
  for (const [i, certificate] of chain.entries()) {
    const issuer = chain[i + 1] ?? root;
    const now = new Date();
    if (!certificate.verify(issuer.publicKey) || new Date(certificate.validFrom) > now || new Date(certificate.validTo) < now) {
      throw new Error('the certificate path does not end at the root');
    }
  }
  return chain[0];
}

function fetchText(url) {
  return new Promise((resolve, reject) => {
    get(url, { ca: readFileSync(ca), headers: { accept: 'application/statuslist+jwt' } }, (response) => {
      let body = '';
      response.on('data', (part) => { body += part; });
      response.on('end', () => (response.statusCode === 200 ? resolve(body) : reject(new Error(`status ${response.statusCode}`))));
    }).on('error', reject);
  });
}

const offline = !ca || ca === 'offline';
const judge = (jwt) => {
  const key = signer(jwt).publicKey;
  return async (data, signature) =>
    verify('sha256', Buffer.from(data), { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'));
};
let listed;
const instance = new SDJwtVcInstance({
  hasher: digest,
  hashAlg: 'sha-256',
  saltGenerator: generateSalt,
  signAlg: 'ES256',
  verifier: judge(text),
  statusListFetcher: async (uri) => { listed = await fetchText(uri); return listed; },
  statusVerifier: async (data, signature) => judge(listed)(data, signature),
  statusValidator: async (status) => { if (status !== 0) throw new Error('the attestation was revoked'); },
});

try {
  const given = offline ? withoutStatus(instance) : instance;
  const { payload } = await given.verify(text);
  const host = new URL(payload.iss).hostname;
  const leaf = signer(text);
  if (leaf.checkHost(host) === undefined && leaf.checkIP(host) === undefined) {
    throw new Error('the issuer is not the host in the certificate');
  }
  console.log(JSON.stringify(payload));
} catch (error) {
  console.error(String(error.message ?? error));
  process.exit(1);
}

// Offline, the status is not asked for: the library would fetch it.
function withoutStatus(vc) {
  vc.userConfig.statusListFetcher = async () => { throw new Error('offline'); };
  vc.verifyStatus = async () => {};
  return vc;
}
