// SHA-256 (FIPS 180-4) and CRC-32 of a file, read in pieces: WebCrypto can only
// hash what is in memory as a whole.
const primes = [];
for (let n = 2; primes.length < 64; n++) if (primes.every((p) => n % p)) primes.push(n);
const fraction = (x) => (x % 1) * 2 ** 32 | 0;
const K = Int32Array.from(primes, (p) => fraction(Math.cbrt(p)));
const W = new Int32Array(64);

function block(h, bytes, at) {
  for (let i = 0; i < 16; i++, at += 4) W[i] = bytes[at] << 24 | bytes[at + 1] << 16 | bytes[at + 2] << 8 | bytes[at + 3];
  for (let i = 16; i < 64; i++) {
    const x = W[i - 15], y = W[i - 2];
    W[i] = W[i - 16] + W[i - 7] + ((x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3)
      + ((y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10);
  }
  let a = h[0], b = h[1], c = h[2], d = h[3], e = h[4], f = h[5], g = h[6], k = h[7];
  for (let i = 0; i < 64; i++) {
    const s = k + ((e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7)) + (e & f ^ ~e & g) + K[i] + W[i] | 0;
    const t = ((a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10)) + (a & b ^ a & c ^ b & c) | 0;
    k = g; g = f; f = e; e = d + s | 0; d = c; c = b; b = a; a = s + t | 0;
  }
  h[0] += a; h[1] += b; h[2] += c; h[3] += d; h[4] += e; h[5] += f; h[6] += g; h[7] += k;
}

const table = Int32Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? n >>> 1 ^ 0xedb88320 : n >>> 1;
  return n;
});

function checksum(crc, bytes) {
  for (let i = 0; i < bytes.length; i++) crc = crc >>> 8 ^ table[(crc ^ bytes[i]) & 255];
  return crc;
}

export async function fingerprint(blob, progress = () => {}, signal) {
  const h = Int32Array.from(primes.slice(0, 8), (p) => fraction(Math.sqrt(p)));
  const piece = 1 << 20; // a multiple of the block
  let crc = -1;
  for (let start = 0; start <= blob.size; start += piece) {
    signal?.throwIfAborted();
    let bytes = new Uint8Array(await blob.slice(start, start + piece).arrayBuffer());
    crc = checksum(crc, bytes);
    if (bytes.length < piece) { // the last piece: 1, zeros, the length in bits
      const end = new Uint8Array((bytes.length + 72) >> 6 << 6);
      end.set(bytes);
      end[bytes.length] = 128;
      new DataView(end.buffer).setBigUint64(end.length - 8, BigInt(blob.size) * 8n);
      bytes = end;
    }
    for (let at = 0; at < bytes.length; at += 64) block(h, bytes, at);
    progress(Math.min(start + piece, blob.size));
  }
  const sha256 = Array.from(h, (n) => (n >>> 0).toString(16).padStart(8, "0")).join("");
  return { sha256, crc: ~crc >>> 0 };
}
