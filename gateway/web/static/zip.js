// A ZIP archive of stored entries (APPNOTE 4.3) that refers to its files
// instead of holding them. Without ZIP64 it ends below 4 GiB.
export const limit = 2 ** 32 - 2 ** 20;

// le writes numbers, each after its size in bytes, the lowest byte first.
function le(...fields) {
  const out = [];
  for (let i = 0; i < fields.length; i += 2) for (let k = 0; k < fields[i]; k++) out.push(Math.floor(fields[i + 1] / 256 ** k) & 255);
  return Uint8Array.from(out);
}

// entries: {name, blob, crc}
export function archive(entries, type) {
  const parts = [], directory = [];
  let at = 0;
  for (const { name, blob, crc } of entries) {
    const label = new TextEncoder().encode(name);
    // version 2.0, UTF-8 names, stored, 1980-01-01, CRC-32, both sizes, name, no extra
    const about = le(2, 20, 2, 2048, 2, 0, 2, 0, 2, 33, 4, crc, 4, blob.size, 4, blob.size, 2, label.length, 2, 0);
    parts.push(le(4, 0x04034b50), about, label, blob);
    directory.push(le(4, 0x02014b50, 2, 20), about, le(2, 0, 2, 0, 2, 0, 4, 0, 4, at), label);
    at += 30 + label.length + blob.size;
  }
  const size = new Blob(directory).size, n = entries.length;
  if (at + size > limit + 2 ** 19) throw new RangeError("zip");
  parts.push(...directory, le(4, 0x06054b50, 2, 0, 2, 0, 2, n, 2, n, 4, size, 4, at, 2, 0));
  return new Blob(parts, { type });
}
